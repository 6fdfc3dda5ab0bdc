//! The object of one breaker: its state, in one row of its SQLite. A circuit that is closed and has seen no failure is no
//! row at all, and writes nothing.
#![expect(missing_docs, reason = "the attribute adds a constructor and methods for the runtime, without documentation")]

use std::panic::RefUnwindSafe;

use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, Result, SqlStorage, State, durable_object};

use super::{ADMIT, REPORT};
use crate::domain::circuit::{Circuit, Rules};
use crate::platform::wire::Outcome;
use crate::platform::{clock, objects};

/// The object of one breaker.
#[durable_object(fetch)]
pub struct CircuitObject {
    sql: SqlStorage,
    env: Env,
}

/// Nothing of it is in memory.
impl RefUnwindSafe for CircuitObject {}

impl DurableObject for CircuitObject {
    fn new(state: State, env: Env) -> Self {
        Self { sql: state.storage().sql(), env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        objects::answer_call(("CircuitObject", &self.env), request, || (), |request| self.work(request)).await
    }
}

impl CircuitObject {
    async fn work(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        let body = request.text().await?;
        match path.as_str() {
            ADMIT => {
                let rules: Rules = serde_json::from_str(&body)?;
                objects::answer(&self.change(|circuit, now_ms| circuit.admit(&rules, now_ms))?)
            }
            REPORT => {
                let Outcome { rules, ok } = serde_json::from_str(&body)?;
                objects::answer(&self.change(|circuit, now_ms| circuit.report(&rules, now_ms, ok))?)
            }
            _ => objects::no_such_path(),
        }
    }

    /// No await from reading the state to having written it.
    fn change<T>(&self, change: impl FnOnce(&mut Circuit, i64) -> T) -> Result<T> {
        #[derive(Deserialize)]
        struct Row {
            state: String,
        }
        self.sql.exec(CREATE, None)?;
        let row = self.sql.exec(SELECT, None)?.to_array::<Row>()?.into_iter().next();
        let before: Circuit = row.map(|row| serde_json::from_str(&row.state)).transpose()?.unwrap_or_default();
        let mut circuit = before.clone();
        let result = change(&mut circuit, clock::now_ms());
        if circuit != before {
            self.sql.exec(UPSERT, vec![serde_json::to_string(&circuit)?.into()])?;
        }
        Ok(result)
    }
}

const CREATE: &str =
    "CREATE TABLE IF NOT EXISTS circuit (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL) STRICT";
const SELECT: &str = "SELECT state FROM circuit";
const UPSERT: &str =
    "INSERT INTO circuit (id, state) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET state = excluded.state";
