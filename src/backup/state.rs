//! All that a run has to know of itself to be taken up again by another process: one JSON text in the journal.

use serde::{Deserialize, Serialize};

use super::age::Sealer;
use super::digest::Digest;
use super::manifest::{Consistency, Extent, Sequence};
use super::page::Cursor;
use super::schema::Schema;

/// One run, from its beginning to the day when the next one begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Id of the backup that it makes.
    pub id: String,
    /// For what it is made. A slot has one run.
    pub slot: String,
    /// When it began, ms since 1970.
    pub started_ms: i64,
    /// Where it is.
    pub phase: Phase,
    /// Failures in a row.
    pub failures: u32,
    /// How often the dump was begun anew.
    pub restarts: u32,
    /// What the last failure was.
    pub problem: Option<String>,
    /// What is dumped.
    pub source: Option<Snapshot>,
    /// Each table's rows so far, in the order of the schema.
    pub tables: Vec<Count>,
    /// Where in the table of that place the next page begins; in the verification likewise.
    pub table: usize,
    /// See [`Run::table`].
    pub cursor: Cursor,
    /// Bytes of the SQL text so far.
    #[serde(default)]
    pub sql_bytes: u64,
    /// Sizes of the gzip members so far.
    pub members: Vec<u64>,
    /// Bytes in the journal that wait to be uploaded.
    pub waiting: u64,
    /// Encryption, when there is a public key.
    pub sealer: Option<Sealer>,
    /// Id of the upload.
    pub upload: Option<String>,
    /// Its parts with their tags.
    pub parts: Vec<(Extent, String)>,
    /// The object so far; in the verification, what has been read of it.
    pub object: Digest,
    /// When it was complete, RFC 3339.
    pub completed_at: Option<String>,
    /// The whole object.
    pub stored: Option<Extent>,
    /// What SQLite said of the restored database.
    pub integrity: Option<String>,
    /// In the verification: members or parts read back.
    pub loaded: usize,
    /// In the verification: parts whose digest was right.
    pub checked: usize,
    /// In the verification: what has been read of the next part.
    pub part: Digest,
    /// Rows of the newest backup before this one that has been restored.
    #[serde(default)]
    pub rows_before: Option<u64>,
    /// In the verification: each table's rows as restored.
    pub compared: Vec<Count>,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing has been read yet.
    Begin,
    /// Tables are read.
    Rows,
    /// All rows are read: the schema must still be the same.
    End,
    /// Captures are taken away.
    Release,
    /// The rest is uploaded.
    Upload,
    /// The object is there, the manifest is not.
    Commit,
    /// The backup is there and is loaded into the scratch database.
    Load,
    /// What was loaded is compared.
    Compare,
    /// The backup is attested.
    Attest,
    /// Older backups go.
    Prune,
    /// All is done.
    Done,
    /// It failed for good and is cleaned up after.
    Failed,
}

impl Phase {
    /// Nothing more happens in it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// What a dump is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The schema.
    pub schema: Schema,
    /// The instant, ms since 1970.
    pub at_ms: i64,
    /// How it holds.
    pub consistency: Consistency,
    /// The schema with the captures in it, as a digest: it must still be so at the end.
    pub fingerprint: String,
    /// Where automatic row ids stand.
    pub sequences: Vec<Sequence>,
    /// Migrations applied.
    pub migrations: Vec<String>,
    /// Mark for Time Travel.
    pub bookmark: Option<String>,
}

/// Rows of a table and their digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub rows: u64,
    /// Over what [`super::manifest::TableEntry::sha256`] says.
    pub digest: Digest,
}

impl Run {
    /// A run that has done nothing yet.
    #[must_use]
    pub fn new(id: String, slot: String, now_ms: i64) -> Self {
        Self {
            id,
            slot,
            started_ms: now_ms,
            phase: Phase::Begin,
            failures: 0,
            restarts: 0,
            problem: None,
            source: None,
            tables: Vec::new(),
            table: 0,
            cursor: Cursor::default(),
            sql_bytes: 0,
            members: Vec::new(),
            waiting: 0,
            sealer: None,
            upload: None,
            parts: Vec::new(),
            object: Digest::default(),
            completed_at: None,
            stored: None,
            integrity: None,
            loaded: 0,
            checked: 0,
            part: Digest::default(),
            rows_before: None,
            compared: Vec::new(),
        }
    }

    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// It has less than half of the rows of the backup before.
    #[must_use]
    pub fn has_shrunk(&self) -> bool {
        self.rows_before.is_some_and(|before| self.rows() < before / 2)
    }

    /// The same run at its beginning: what it had read is worth nothing.
    #[must_use]
    pub fn anew(&self) -> Self {
        let run = Self::new(self.id.clone(), self.slot.clone(), self.started_ms);
        Self { restarts: self.restarts + 1, problem: self.problem.clone(), ..run }
    }
}
