//! The ledger on real SQLite and the breakers in memory, by the very rules and statements that the Durable Objects run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use edgekeep::domain::budget::{Look, Reserve, Reserved, Settle, Settled, Spending};
use edgekeep::domain::circuit::{Circuit, Passage, Rules};
use edgekeep::ports::{Budget, Circuits, Clock, DbError, PortError};
use edgekeep::store::ledger;

use super::clock::TestClock;
use super::faults::Faults;
use super::sqlite_db::SqliteDb;

/// The ledger: a database of its own, as the object has one.
pub struct MemoryBudget {
    clock: Arc<TestClock>,
    pub sqlite: SqliteDb,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

impl MemoryBudget {
    /// A ledger on which nothing was spent.
    pub fn at(clock: Arc<TestClock>) -> Self {
        let sqlite = SqliteDb::empty();
        ledger::create(&sqlite).expect("the tables of the ledger");
        Self { clock, sqlite, faults: Faults::none() }
    }
}

fn failed(error: DbError) -> PortError {
    PortError::Failed(format!("{error:?}"))
}

#[async_trait]
impl Budget for MemoryBudget {
    async fn reserve(&self, asked: &Reserve) -> Result<Reserved, PortError> {
        self.faults.pass(|| ledger::reserve(&self.sqlite, asked, self.clock.now_ms()).map_err(failed)).await
    }

    async fn settle(&self, asked: &Settle) -> Result<Settled, PortError> {
        self.faults.pass(|| ledger::settle(&self.sqlite, asked, self.clock.now_ms()).map_err(failed)).await
    }

    async fn spending(&self, asked: &Look) -> Result<Spending, PortError> {
        self.faults.pass(|| ledger::spending(&self.sqlite, asked, self.clock.now_ms()).map_err(failed)).await
    }
}

/// Breakers in memory: one circuit per name, as there is one object per name.
pub struct MemoryCircuits {
    clock: Arc<TestClock>,
    circuits: Mutex<HashMap<String, Circuit>>,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

impl MemoryCircuits {
    /// Every circuit closed.
    pub fn at(clock: Arc<TestClock>) -> Self {
        Self { clock, circuits: Mutex::default(), faults: Faults::none() }
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Circuit) -> T) -> T {
        act(self.circuits.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default())
    }
}

#[async_trait]
impl Circuits for MemoryCircuits {
    async fn admit(&self, name: &str, rules: &Rules) -> Result<Passage, PortError> {
        let now_ms = self.clock.now_ms();
        self.faults.pass(|| Ok(self.with(name, |circuit| circuit.admit(rules, now_ms)))).await
    }

    async fn report(&self, name: &str, rules: &Rules, ok: bool) -> Result<(), PortError> {
        let now_ms = self.clock.now_ms();
        self.faults
            .pass(|| {
                self.with(name, |circuit| circuit.report(rules, now_ms, ok));
                Ok(())
            })
            .await
    }
}
