//! Waits after failed log-ins: one Durable Object per account, its state one row.
//!
//! Exact for the reasons given in [`super::objects`]. An alarm deletes the object when nothing in it counts any more.

use async_trait::async_trait;
use serde::Deserialize;
use worker::send::SendFuture;
use worker::{DurableObject, Env, ObjectNamespace, Request, Response, Result, SqlStorage, durable_object};

use super::clock;
use super::objects::{self, Objects};
use super::wire::Attempt;
use crate::domain::throttle::{Rules, State, Wait};
use crate::ports::{PortError, Throttle};

/// The throttles of an installation.
pub struct Throttles {
    objects: Objects,
    rules: Rules,
}

impl Throttles {
    /// Throttles under these rules that must answer within so many milliseconds.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, rules: Rules, deadline_ms: u64) -> Self {
        Self { objects: Objects::new(namespace, deadline_ms), rules }
    }

    fn attempt(&self, address: &str) -> Attempt {
        Attempt { rules: self.rules, address: address.to_owned() }
    }
}

#[async_trait]
impl Throttle for Throttles {
    async fn begin(&self, account: &str, address: &str) -> std::result::Result<Wait, PortError> {
        SendFuture::new(async { self.objects.tell(account, BEGIN, &self.attempt(address)).await }).await
    }

    async fn succeed(&self, account: &str, address: &str) -> std::result::Result<(), PortError> {
        SendFuture::new(async { self.objects.tell(account, SUCCEED, &self.attempt(address)).await }).await
    }
}

/// The object of one account.
#[durable_object(alarm)]
pub struct ThrottleObject {
    state: worker::State,
}

impl DurableObject for ThrottleObject {
    fn new(state: worker::State, _: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        let attempt: Attempt = objects::read(&mut request).await?;
        match path.as_str() {
            BEGIN => {
                let wait = self.change(&attempt, |state, now_ms| state.begin(&attempt.rules, &attempt.address, now_ms));
                objects::answer(&wait.await?)
            }
            SUCCEED => {
                let done = self.change(&attempt, |state, now_ms| state.succeed(&attempt.rules, &attempt.address, now_ms));
                objects::answer(&done.await?)
            }
            _ => objects::no_such_path(),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        let now_ms = clock::now_ms();
        match row(&self.state.storage().sql())? {
            Some(row) if row.obsolete_ms > now_ms => self.arm(row.obsolete_ms - now_ms).await?,
            _ => self.state.storage().delete_all().await?,
        }
        Response::empty()
    }
}

impl ThrottleObject {
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

const BEGIN: &str = "/begin";
const SUCCEED: &str = "/succeed";

/// One row, while there is one an alarm is set.
const CREATE: &str = "CREATE TABLE IF NOT EXISTS throttle (\
    id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL, obsolete_ms INTEGER NOT NULL) STRICT";
const SELECT: &str = "SELECT state, obsolete_ms FROM throttle";
const UPSERT: &str = "INSERT INTO throttle (id, state, obsolete_ms) VALUES (1, ?1, ?2) \
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, obsolete_ms = excluded.obsolete_ms";
