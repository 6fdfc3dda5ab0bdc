//! SQL in D1.
//!
//! Statements and answers cross into JavaScript as one text each ([`super::d1_text`]). What must hold: every call ends
//! within its deadline, only reads are retried and only when D1 says that it was not at home, and D1's messages are
//! understood in [`super::d1_message`] and nowhere else.

use std::time::Duration;

use async_trait::async_trait;
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;
use worker::{D1Database, Delay};

use super::deadline::within;
use super::{d1_message, d1_text, edge};
use crate::ports::{Db, DbError, Outcome};
use crate::store::value::{Row, Statement};

/// A D1 database, asked under a deadline.
pub struct D1 {
    database: JsValue,
    deadline_ms: u64,
}

impl D1 {
    /// A database that must answer within so many milliseconds, retries included.
    #[must_use]
    pub fn new(database: D1Database, deadline_ms: u64) -> Self {
        Self { database: database.into(), deadline_ms }
    }

    async fn read(&self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        let values = d1_text::values(&statement.values)?;
        let mut waits = BACKOFF_MS.iter();
        loop {
            let answer = settled(edge::query(&self.database, &statement.sql, &values)).await;
            match (answer, waits.next()) {
                (Err(DbError::Unavailable(_)), Some(wait)) => Delay::from(Duration::from_millis(*wait)).await,
                (answer, _) => return rows(&answer?),
            }
        }
    }

    async fn write(&self, statements: &[Statement]) -> Result<Vec<Outcome>, DbError> {
        let statements = d1_text::statements(statements)?;
        d1_text::outcomes(&text(&settled(edge::batch(&self.database, &statements)).await?)?)
    }
}

#[async_trait]
impl Db for D1 {
    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        SendFuture::new(async {
            within(self.deadline_ms, self.read(&statement)).await.unwrap_or(Err(DbError::Timeout))
        })
        .await
    }

    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, DbError> {
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        SendFuture::new(async {
            within(self.deadline_ms, self.write(&statements)).await.unwrap_or(Err(DbError::Timeout))
        })
        .await
    }

    async fn bookmark(&self) -> Option<String> {
        SendFuture::new(async {
            let asked = JsFuture::from(edge::bookmark(&self.database));
            within(self.deadline_ms, asked).await.ok()?.ok()?.as_string()
        })
        .await
    }
}

async fn settled(promise: Promise) -> Result<JsValue, DbError> {
    JsFuture::from(promise).await.map_err(|error| d1_message::classify(&edge::message(&error)))
}

fn text(answer: &JsValue) -> Result<String, DbError> {
    edge::text(answer).ok_or_else(|| DbError::Other("D1 gave no text".into()))
}

/// Rows from what `query` of `edge.js` gave.
pub(super) fn rows(answer: &JsValue) -> Result<Vec<Row>, DbError> {
    match answer.dyn_ref::<Array>() {
        Some(apart) => d1_text::rows_and_text(&text(&apart.get(0))?, text(&apart.get(1))?),
        None => d1_text::rows(&text(answer)?),
    }
}

/// Two more tries of a read: resets of D1 are over within a fraction of a second, or not soon.
const BACKOFF_MS: [u64; 2] = [30, 120];
