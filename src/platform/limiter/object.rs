//! The object of one key: the times of its admitted calls, in its SQLite.
//!
//! The log in memory is what the rows say, or it is thrown away. A refused call writes nothing; an admitted one writes as
//! many rows as it counts for, in one statement. Rows are deleted by an alarm, which is set when none is and never per call,
//! since each setting is billed.
#![expect(missing_docs, reason = "the attribute adds a constructor and methods for the runtime, without documentation")]

use std::cell::{Cell, RefCell};
use std::panic::RefUnwindSafe;

use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, Result, SqlStorage, State, durable_object};

use super::{PING, TAKE};
use crate::domain::quota::{Decision, Policy, SlidingLog};
use crate::platform::wire::Take;
use crate::platform::{clock, objects};

/// The object of one key.
#[durable_object(alarm)]
pub struct LimiterObject {
    state: State,
    env: Env,
    /// What the rows say; `None` before they were read, and after a failure.
    log: RefCell<Option<SlidingLog>>,
    /// An alarm is set.
    armed: Cell<bool>,
}

/// What it holds in memory is forgotten after a panic, and read anew.
impl RefUnwindSafe for LimiterObject {}

impl DurableObject for LimiterObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, log: RefCell::new(None), armed: Cell::new(false) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        objects::answer_call(self.who(), request, || self.forget(), |request| self.work(request)).await
    }

    async fn alarm(&self) -> Result<Response> {
        objects::run_alarm(self.who(), || self.forget(), self.clean_up()).await
    }
}

impl LimiterObject {
    fn who(&self) -> (&'static str, &Env) {
        ("LimiterObject", &self.env)
    }

    fn forget(&self) {
        self.log.replace(None);
        self.armed.set(false);
    }

    async fn work(&self, mut request: Request) -> Result<Response> {
        match request.path().as_str() {
            TAKE => {
                let asked: Take = objects::read(&mut request).await?;
                let policy = Policy::parse(&asked.policy).map_err(|problem| problem.to_string())?;
                objects::answer(&self.take(&policy, asked.cost).await?)
            }
            PING => objects::answer(&()),
            _ => objects::no_such_path(),
        }
    }

    /// Deletes what counts no more; when nothing is left, the object with it.
    async fn clean_up(&self) -> Result<Response> {
        let sql = self.state.storage().sql();
        let now_ms = clock::now_ms();
        create(&sql)?;
        self.log.replace(None);
        self.armed.set(false);
        sql.exec(DELETE_OBSOLETE, vec![now_ms.into()])?;
        match newest_end(&sql)? {
            Some(end_ms) => self.arm(end_ms - now_ms).await?,
            None => self.state.storage().delete_all().await?,
        }
        Response::empty()
    }

    async fn take(&self, policy: &Policy, cost: u32) -> Result<Decision> {
        // From here to the end of `admit` there is no await.
        let decision = self.admit(policy, cost).inspect_err(|_| {
            self.log.replace(None);
        })?;
        if decision.admitted && !self.armed.get() {
            // Reached without an await since the row was written, so both commit together.
            self.arm(policy.longest_ms()).await?;
        }
        Ok(decision)
    }

    fn admit(&self, policy: &Policy, cost: u32) -> Result<Decision> {
        let sql = self.state.storage().sql();
        let now_ms = clock::now_ms();
        let mut slot = self.log.borrow_mut();
        let log = match slot.as_mut() {
            Some(log) => log,
            None => {
                let (log, armed) = load(&sql, now_ms)?;
                self.armed.set(armed);
                slot.insert(log)
            }
        };
        let decision = log.take(policy, now_ms, cost);
        if let (true, Some(at)) = (decision.admitted, log.newest()) {
            sql.exec(INSERT, vec![at.into(), (at + policy.longest_ms()).into(), i64::from(cost).into()])?;
        }
        Ok(decision)
    }

    async fn arm(&self, in_ms: i64) -> Result<()> {
        self.armed.set(true);
        let set = self.state.storage().set_alarm(in_ms.max(1)).await;
        if set.is_err() {
            self.armed.set(false);
        }
        set
    }
}

#[derive(Deserialize)]
struct Hit {
    at: i64,
    end: i64,
}

/// The log, and whether the alarm that must be there is: one that is a minute late was lost and has to be set again.
fn load(sql: &SqlStorage, now_ms: i64) -> Result<(SlidingLog, bool)> {
    create(sql)?;
    let hits = sql.exec(SELECT, None)?.to_array::<Hit>()?;
    let is_due = hits.iter().map(|hit| hit.end).max().is_some_and(|end| end + LATE_MS < now_ms);
    let armed = !hits.is_empty() && !is_due;
    Ok((SlidingLog::load(hits.into_iter().map(|hit| hit.at).collect()), armed))
}

fn create(sql: &SqlStorage) -> Result<()> {
    sql.exec(CREATE, None).map(|_| ())
}

fn newest_end(sql: &SqlStorage) -> Result<Option<i64>> {
    #[derive(Deserialize)]
    struct Newest {
        end: Option<i64>,
    }
    Ok(sql.exec(NEWEST_END, None)?.to_array::<Newest>()?.into_iter().find_map(|newest| newest.end))
}

const LATE_MS: i64 = 60_000;

/// One row per admitted call: when it was, and from when on it counts in no window of its policy.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS hits (at INTEGER NOT NULL, end INTEGER NOT NULL) STRICT";
const SELECT: &str = "SELECT at, end FROM hits";
const INSERT: &str = "\
    INSERT INTO hits (at, end) \
    WITH RECURSIVE calls (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM calls WHERE n < ?3) \
    SELECT ?1, ?2 FROM calls WHERE n <= ?3";
const DELETE_OBSOLETE: &str = "DELETE FROM hits WHERE end <= ?1";
const NEWEST_END: &str = "SELECT max(end) AS end FROM hits";
