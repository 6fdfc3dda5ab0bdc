//! Restoring a backup to see whether it can be: the second half of a run.
//!
//! What is not encrypted is read back from the bucket, member by member, and loaded. What is encrypted can't be read back
//! here: its members went into the scratch database as they were made, and from the bucket the cipher's digests are checked.
//! Either way every byte in the bucket has been read again, and what was loaded is compared row by row, by digest.

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::dump::{PAGES, counted, large};
use super::engine::{Engine, Stop};
use super::manifest::Sequence;
use super::page::{self, Cursor, Page, Source};
use super::ports::Waiting;
use super::schema::{self, Schema, Table};
use super::state::{Count, Phase, Run};
use super::{capture, upload};
use crate::ports::Db;
use crate::store::value::Statement;

impl Engine<'_> {
    /// Reads the object back, a piece at a time, and loads what can be loaded.
    pub(super) async fn load_back(&self, run: &mut Run) -> Result<(), Stop> {
        let manifest = upload::manifest(run).ok_or_else(Stop::lost)?;
        let object = &manifest.object;
        let read = run.object.bytes();
        if read >= object.extent.bytes {
            if run.object.hex() != object.extent.sha256 {
                return Err(Stop::Never("verification: the object in the bucket is not what was put there".into()));
            }
            run.phase = Phase::Compare;
            run.cursor = Cursor::default();
            run.table = 0;
            run.compared = vec![Count::default(); run.tables.len()];
            return self.commit(run, Waiting::Keep).await;
        }
        let sizes = match object.encryption {
            None => object.members.clone(),
            Some(_) => object.parts.iter().map(|part| part.bytes).collect(),
        };
        let size = sizes.get(run.loaded).copied().ok_or_else(Stop::lost)?;
        let bytes = self.objects.read(&object.key, Some((read, size))).await?;
        let bytes = bytes.ok_or_else(|| Stop::Never("verification: the object is gone".into()))?;
        if bytes.len() as u64 != size {
            return Err(Stop::Never("verification: the object is shorter than it was".into()));
        }
        self.check_parts(run, &bytes)?;
        run.object.update(&bytes);
        if object.encryption.is_none() {
            self.scratch.load(&run.id, run.loaded as u64, bytes).await?;
        }
        run.loaded += 1;
        self.commit(run, Waiting::Keep).await
    }

    /// Holds bytes of the object against the digests of the parts that they belong to.
    fn check_parts(&self, run: &mut Run, mut bytes: &[u8]) -> Result<(), Stop> {
        while !bytes.is_empty() {
            let (part, _) = run.parts.get(run.checked).ok_or_else(Stop::lost)?;
            let left = usize::try_from(part.bytes - run.part.bytes()).unwrap_or(usize::MAX);
            let (own, rest) = bytes.split_at(bytes.len().min(left));
            run.part.update(own);
            bytes = rest;
            if run.part.bytes() == part.bytes {
                if run.part.hex() != part.sha256 {
                    let number = run.checked + 1;
                    return Err(Stop::Never(format!(
                        "verification: part {number} in the bucket is not what was put there"
                    )));
                }
                run.part = Digest::default();
                run.checked += 1;
            }
        }
        Ok(())
    }

    /// Compares the scratch database with what was dumped, a few pages at a time. It counts by itself: its rows stay there.
    pub(super) async fn compare(&self, run: &mut Run) -> Result<(), Stop> {
        let source = run.source.clone().ok_or_else(Stop::lost)?;
        if run.table == 0 && run.cursor == Cursor::default() {
            compare_schema(self.scratch, &source.schema, &source.sequences).await?;
        }
        for _ in 0..PAGES {
            let Some(table) = source.schema.tables.get(run.table) else {
                run.integrity = Some(check(self.scratch).await?);
                run.phase = Phase::Attest;
                break;
            };
            let count = run.compared.get_mut(run.table).ok_or_else(Stop::lost)?;
            let asked = Counting {
                table: table.clone(),
                cursor: run.cursor.clone(),
                count: std::mem::take(count),
                page_bytes: self.settings.page_bytes / SMALLER,
                done: false,
            };
            let found = self.scratch.count(asked).await?;
            *count = found.count;
            if !found.done {
                run.cursor = found.cursor;
                break;
            }
            let wanted = run.tables.get(run.table).ok_or_else(Stop::lost)?;
            if wanted != count {
                return Err(Stop::Never(format!(
                    "verification: table {} has {} rows restored and {} dumped, or they differ",
                    table.name, count.rows, wanted.rows
                )));
            }
            run.table += 1;
            run.cursor = Cursor::default();
        }
        self.commit(run, Waiting::Keep).await
    }
}

/// A table whose rows are being counted and digested, a few pages at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counting {
    /// Which one.
    pub table: Table,
    /// Where the next page begins.
    pub cursor: Cursor,
    /// What was counted up to there.
    pub count: Count,
    /// About how many bytes a page has.
    pub page_bytes: u32,
    /// All rows have been counted.
    pub done: bool,
}

/// Counts the rows of the next few pages.
///
/// # Errors
/// When the database does not answer, or not in a form that can be read.
pub async fn count(db: &dyn Db, asked: Counting) -> Result<Counting, Stop> {
    let Counting { table, mut cursor, mut count, page_bytes, mut done } = asked;
    for _ in 0..PAGES * SMALLER {
        let rows = db.query(page::query(&table, Source::Now, &cursor, page_bytes)).await?;
        match page::read(&table, &cursor, &rows)? {
            Page::Again if cursor.exact => return Err(Stop::lost()),
            Page::Again => cursor.exact = true,
            Page::Large(key) => {
                large(db, &table, Source::Now, &key, &mut count).await?;
                cursor.after = Some(key);
                break;
            }
            Page::Rows { lines, next, more, rows } => {
                count = counted(count, &lines);
                if !more {
                    done = true;
                    break;
                }
                cursor = Cursor { after: next, rows, exact: false };
            }
        }
    }
    Ok(Counting { table, cursor, count, page_bytes, done })
}

async fn compare_schema<D: Db + ?Sized>(scratch: &D, wanted: &Schema, sequences: &[Sequence]) -> Result<(), Stop> {
    let mut batch = schema::statements();
    if wanted.sequences {
        batch.push(capture::sequences());
    }
    let outcomes = scratch.batch(batch).await?;
    if schema::from_outcomes(&outcomes)?.hash != wanted.hash {
        return Err(Stop::Never("verification: the restored schema is another".into()));
    }
    let mut found = Vec::new();
    if wanted.sequences {
        for row in outcomes.last().map_or(&[][..], |outcome| &outcome.rows) {
            found.push(Sequence { table: row.text("name")?, seq: row.text("seq")? });
        }
    }
    if found == sequences { Ok(()) } else { Err(Stop::Never("verification: automatic row ids stand elsewhere".into())) }
}

/// What SQLite itself says: D1 and Durable Objects allow the quick check, which leaves out comparing indexes with tables.
async fn check<D: Db + ?Sized>(scratch: &D) -> Result<String, Stop> {
    let rows = scratch.query(Statement::new("PRAGMA quick_check(1)", [])).await?;
    let said = rows.first().map(|row| row.text("quick_check")).transpose()?.unwrap_or_default();
    if said != "ok" {
        return Err(Stop::Never("verification: the restored database is damaged".into()));
    }
    let broken = scratch.query(Statement::new("SELECT count(*) AS broken FROM pragma_foreign_key_check", [])).await?;
    match broken.first().map(|row| row.integer("broken")).transpose()? {
        Some(0) => Ok("quick_check ok, foreign_key_check ok".into()),
        broken => Ok(format!("quick_check ok, foreign_key_check {}", broken.unwrap_or(-1))),
    }
}

/// The scratch database lies where it is counted: there a page costs no journey, and small ones leave less behind.
const SMALLER: u32 = 4;
