//! The object of one account: the state of its throttle, in one row of its SQLite. An alarm deletes it when nothing in it
//! counts any more.
#![expect(missing_docs, reason = "the attribute adds a constructor and methods for the runtime, without documentation")]

use std::panic::RefUnwindSafe;

use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, Result, SqlStorage, durable_object};

use super::{BEGIN, SUCCEED, WITHDRAW};
use crate::domain::throttle::State;
use crate::platform::wire::Attempt;
use crate::platform::{clock, objects};

/// The object of one account.
#[durable_object(alarm)]
pub struct ThrottleObject {
    state: worker::State,
    env: Env,
}

/// Nothing of it is in memory.
impl RefUnwindSafe for ThrottleObject {}

impl DurableObject for ThrottleObject {
    fn new(state: worker::State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        objects::answer_call(self.who(), request, || (), |request| self.work(request)).await
    }

    async fn alarm(&self) -> Result<Response> {
        objects::run_alarm(self.who(), || (), self.clean_up()).await
    }
}

impl ThrottleObject {
    fn who(&self) -> (&'static str, &Env) {
        ("ThrottleObject", &self.env)
    }

    async fn work(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        let attempt: Attempt = objects::read(&mut request).await?;
        match path.as_str() {
            BEGIN => {
                let wait = self.change(&attempt, |state, now_ms| state.begin(&attempt.rules, &attempt.address, now_ms));
                objects::answer(&wait.await?)
            }
            SUCCEED => {
                let done =
                    self.change(&attempt, |state, now_ms| state.succeed(&attempt.rules, &attempt.address, now_ms));
                objects::answer(&done.await?)
            }
            WITHDRAW => {
                let done = self.change(&attempt, |state, _| state.withdraw(&attempt.rules, &attempt.address));
                objects::answer(&done.await?)
            }
            _ => objects::no_such_path(),
        }
    }

    async fn clean_up(&self) -> Result<Response> {
        let now_ms = clock::now_ms();
        match row(&self.state.storage().sql())? {
            Some(row) if row.obsolete_ms > now_ms => self.arm(row.obsolete_ms - now_ms).await?,
            _ => self.state.storage().delete_all().await?,
        }
        Response::empty()
    }

    async fn change<T>(&self, attempt: &Attempt, change: impl FnOnce(&mut State, i64) -> T) -> Result<T> {
        let now_ms = clock::now_ms();
        // From here to the setting of the alarm there is no await.
        let sql = self.state.storage().sql();
        let row = row(&sql)?;
        let before: State = row.as_ref().map(|row| serde_json::from_str(&row.state)).transpose()?.unwrap_or_default();
        let mut state = before.clone();
        let result = change(&mut state, now_ms);
        if state != before {
            let obsolete_ms = state.obsolete_ms(&attempt.rules);
            sql.exec(UPSERT, vec![serde_json::to_string(&state)?.into(), obsolete_ms.into()])?;
            if row.is_none() {
                self.arm(obsolete_ms - now_ms).await?;
            }
        }
        Ok(result)
    }

    async fn arm(&self, in_ms: i64) -> Result<()> {
        self.state.storage().set_alarm(in_ms.max(1)).await
    }
}

#[derive(Deserialize)]
struct Row {
    state: String,
    obsolete_ms: i64,
}

fn row(sql: &SqlStorage) -> Result<Option<Row>> {
    sql.exec(CREATE, None)?;
    Ok(sql.exec(SELECT, None)?.to_array::<Row>()?.into_iter().next())
}

/// One row, while there is one an alarm is set.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS throttle (\
    id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL, obsolete_ms INTEGER NOT NULL) STRICT";
const SELECT: &str = "SELECT state, obsolete_ms FROM throttle";
const UPSERT: &str = "INSERT INTO throttle (id, state, obsolete_ms) VALUES (1, ?1, ?2) \
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, obsolete_ms = excluded.obsolete_ms";
