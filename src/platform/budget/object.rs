//! The object of the installation's ledger: its SQLite, and nothing in memory.
#![expect(missing_docs, reason = "the attribute adds a constructor and methods for the runtime, without documentation")]

use std::panic::RefUnwindSafe;

use worker::{DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State, durable_object};

use super::{RESERVE, SETTLE, SPENDING};
use crate::platform::d1_text::Line;
use crate::platform::{clock, objects};
use crate::ports::DbError;
use crate::store::ledger::{self, Sql};
use crate::store::value::{Row, Statement, Value};

/// The object of the installation's ledger.
#[durable_object(fetch)]
pub struct BudgetObject {
    sql: SqlStorage,
    env: Env,
}

/// Nothing of it is in memory.
impl RefUnwindSafe for BudgetObject {}

impl DurableObject for BudgetObject {
    fn new(state: State, env: Env) -> Self {
        Self { sql: state.storage().sql(), env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        objects::answer_call(("BudgetObject", &self.env), request, || (), |request| self.work(request)).await
    }
}

impl BudgetObject {
    async fn work(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        let body = request.text().await?;
        // From here to the answer there is no await.
        let now_ms = clock::now_ms();
        let book = Book(&self.sql);
        ledger::create(&book).map_err(said)?;
        match path.as_str() {
            RESERVE => objects::answer(&ledger::reserve(&book, &serde_json::from_str(&body)?, now_ms).map_err(said)?),
            SETTLE => objects::answer(&ledger::settle(&book, &serde_json::from_str(&body)?, now_ms).map_err(said)?),
            SPENDING => objects::answer(&ledger::spending(&book, &serde_json::from_str(&body)?, now_ms).map_err(said)?),
            _ => objects::no_such_path(),
        }
    }
}

struct Book<'a>(&'a SqlStorage);

impl Sql for Book<'_> {
    fn run(&self, statement: Statement) -> std::result::Result<Vec<Row>, DbError> {
        let values = statement.values.into_iter().map(bound).collect();
        let cursor = self.0.exec(&statement.sql, Some(values)).map_err(|error| DbError::Other(error.to_string()))?;
        let lines = cursor.to_array::<Line>().map_err(|error| DbError::Shape(error.to_string()))?;
        Ok(lines.into_iter().map(|line| line.0).collect())
    }
}

fn bound(value: Value) -> SqlStorageValue {
    match value {
        Value::Null => SqlStorageValue::Null,
        Value::Integer(number) => SqlStorageValue::Integer(number),
        Value::Real(number) => SqlStorageValue::Float(number),
        Value::Text(text) => SqlStorageValue::String(text),
        Value::Blob(bytes) => SqlStorageValue::Blob(bytes),
    }
}

fn said(error: DbError) -> worker::Error {
    worker::Error::RustError(format!("ledger: {error:?}"))
}
