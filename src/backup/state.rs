//! All that a run has to know of itself to be taken up again by another process: one JSON text in the journal.

use std::collections::HashMap;

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
    /// Each table of the newest backup before this one that has been restored, with its rows.
    #[serde(default)]
    pub before: Vec<(String, u64)>,
    /// In the verification: each table's rows as restored.
    pub compared: Vec<Count>,
    /// The latest slots before this one that have had their backup.
    #[serde(default)]
    pub had: Vec<String>,
}

/// What becomes of a slot that asks for its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It has its run, or has had it.
    Had,
    /// Its run may begin.
    Now,
    /// Another run goes on.
    Later,
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
            before: Vec::new(),
            compared: Vec::new(),
            had: Vec::new(),
        }
    }

    /// The run that comes after this one: it knows which slots have had theirs.
    #[must_use]
    pub fn followed_by(self, next: Self) -> Self {
        let mut had = self.had;
        if self.phase == Phase::Done && !self.slot.starts_with(BY_HAND) {
            had.push(self.slot);
            had.drain(..had.len().saturating_sub(SLOTS));
        }
        Self { had, ..next }
    }

    /// Whether a slot may have a run, beside or after this one. A run that failed makes room in its slot for another.
    #[must_use]
    pub fn turn(&self, slot: &str) -> Turn {
        if self.had.iter().any(|had| had == slot) || self.slot == slot && self.phase != Phase::Failed {
            Turn::Had
        } else if self.phase.is_over() {
            Turn::Now
        } else {
            Turn::Later
        }
    }

    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// What fell to half of the rows of the backup before, or below: a table, or all of them together. In words.
    ///
    /// Small tables come and go; of one that had fewer than 100 rows only the loss of all, of 20 or more, is told.
    #[must_use]
    pub fn shrunken(&self) -> Vec<String> {
        let tables = self.source.iter().flat_map(|source| &source.schema.tables).map(|table| table.name.as_str());
        let rows: HashMap<_, _> = tables.zip(self.tables.iter().map(|table| table.rows)).collect();
        let told =
            |what: &str, rows: u64, before: u64| format!("{what} {rows} rows, and {before} in the backup before");
        let mut found = Vec::new();
        let before: u64 = self.before.iter().map(|(_, rows)| rows).sum();
        if before > 0 && halved(self.rows(), before) {
            found.push(told("all tables have", self.rows(), before));
        }
        for (table, before) in &self.before {
            let rows = rows.get(table.as_str()).copied().unwrap_or(0);
            if halved(rows, *before) && *before >= if rows == 0 { SOME } else { MANY } {
                found.push(told(&format!("table {table} has"), rows, *before));
            }
        }
        found
    }

    /// The same run at its beginning: what it had read is worth nothing.
    #[must_use]
    pub fn anew(&self) -> Self {
        let run = Self::new(self.id.clone(), self.slot.clone(), self.started_ms);
        Self { restarts: self.restarts + 1, problem: self.problem.clone(), had: self.had.clone(), ..run }
    }
}

fn halved(rows: u64, before: u64) -> bool {
    rows.saturating_mul(2) <= before
}

/// Slots of runs that nobody scheduled begin so.
pub const BY_HAND: &str = "by hand ";
/// Slots that are remembered: a cron that comes again comes within days.
const SLOTS: usize = 10;
/// Rows of a table whose loss by half is no accident of small numbers.
const MANY: u64 = 100;
/// Rows that a table does not lose all of by the way.
const SOME: u64 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn run(slot: &str, phase: Phase) -> Run {
        Run { phase, ..Run::new("id".into(), slot.into(), 0) }
    }

    #[test]
    fn a_slot_has_one_run_whatever_runs_came_in_between() {
        let day = run("2026-01-01", Phase::Done);
        let by_hand = day.followed_by(run("by hand 2026-01-01T05:00:00Z", Phase::Done));
        assert_eq!(by_hand.turn("2026-01-01"), Turn::Had);
        assert_eq!(by_hand.turn("2026-01-02"), Turn::Now);
        let next = by_hand.followed_by(run("2026-01-02", Phase::Rows));
        assert_eq!(next.had, ["2026-01-01"], "what was made by hand was nobody's slot");
        assert_eq!(next.anew().had, ["2026-01-01"]);
    }

    #[test]
    fn a_slot_waits_for_another_run_and_gets_a_second_one_only_after_a_failure() {
        assert_eq!(run("a", Phase::Rows).turn("b"), Turn::Later);
        assert_eq!(run("a", Phase::Rows).turn("a"), Turn::Had);
        assert_eq!(run("a", Phase::Failed).turn("a"), Turn::Now);
        let after = run("a", Phase::Failed).followed_by(run("b", Phase::Done));
        assert_eq!(after.turn("a"), Turn::Now);
    }

    #[test]
    fn remembers_a_number_of_slots_and_no_more() {
        let mut last = run("0", Phase::Done);
        for day in 1..40 {
            last = last.followed_by(run(&day.to_string(), Phase::Done));
        }
        assert_eq!(last.had.len(), SLOTS);
        assert_eq!((last.turn("38"), last.turn("1")), (Turn::Had, Turn::Now));
    }
}
