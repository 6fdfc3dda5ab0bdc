//! The memory of a run, in the SQLite of its object. Nothing in here waits: what is written together is there together.

use async_trait::async_trait;
use wasm_bindgen::JsValue;

use crate::backup::ports::{Journal, Waiting};
use crate::platform::{d1_text, edge};
use crate::ports::PortError;

/// The journal in an object's storage.
pub struct ObjectJournal {
    storage: JsValue,
}

impl ObjectJournal {
    pub fn new(storage: JsValue) -> Self {
        Self { storage }
    }
}

#[async_trait]
impl Journal for ObjectJournal {
    async fn load(&self) -> Result<Option<String>, PortError> {
        let there = rows(&self.storage, "SELECT name FROM sqlite_schema WHERE name = 'run'")?;
        if there.is_empty() {
            return Ok(None);
        }
        let found = rows(&self.storage, "SELECT text FROM run")?;
        found.first().map(|row| row.text("text")).transpose().map_err(|error| PortError::Failed(format!("{error:?}")))
    }

    async fn commit(&self, run: &str, waiting: Waiting) -> Result<(), PortError> {
        let (mode, bytes, count) = match &waiting {
            Waiting::Keep => ("keep", &[][..], 0),
            Waiting::Append(bytes) => ("append", bytes.as_slice(), 0),
            Waiting::Drop(count) => ("drop", &[][..], *count),
            Waiting::Clear => ("clear", &[][..], 0),
        };
        #[expect(clippy::cast_precision_loss, reason = "a few million bytes")]
        edge::journal_commit(&self.storage, run, mode, bytes, count as f64).map_err(failed)
    }

    async fn peek(&self, from: u64, bytes: u64) -> Result<Vec<u8>, PortError> {
        #[expect(clippy::cast_precision_loss, reason = "a few million bytes")]
        let found = edge::journal_peek(&self.storage, from as f64, bytes as f64);
        found.map(|bytes| edge::bytes(&bytes)).map_err(failed)
    }
}

/// Rows of one statement in an object's SQLite.
pub(super) fn rows(storage: &JsValue, sql: &str) -> Result<Vec<crate::store::value::Row>, PortError> {
    let given = edge::sql_rows(storage, sql).map_err(failed)?;
    let text = edge::text(&given).ok_or_else(|| PortError::Failed("object: no text".into()))?;
    d1_text::rows(&text).map_err(|error| PortError::Failed(format!("{error:?}")))
}

fn failed(error: JsValue) -> PortError {
    PortError::Failed(format!("object: {}", edge::message(&error)))
}
