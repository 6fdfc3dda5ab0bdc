//! Table `cron_runs`: what was scheduled and how it went.

use crate::ports::{Db, DbError};
use crate::store::value::{Row, Statement};

/// Writes down that a run began.
///
/// # Errors
/// As [`Db::execute`].
pub async fn begin(db: &dyn Db, id: &str, cron: &str, scheduled_at: i64, now_ms: i64) -> Result<(), DbError> {
    let values = [id.into(), cron.into(), scheduled_at.into(), now_ms.into()];
    db.execute(Statement::new(BEGIN, values)).await.map(drop)
}

/// Writes down how a run ended: `detail` says what it did, or what went wrong.
///
/// # Errors
/// As [`Db::execute`].
pub async fn finish(db: &dyn Db, id: &str, milliseconds: i64, ok: bool, detail: &str) -> Result<(), DbError> {
    let outcome = if ok { "ok" } else { "error" };
    let values = [id.into(), milliseconds.into(), outcome.into(), detail.into()];
    db.execute(Statement::new(FINISH, values)).await.map(drop)
}

/// One scheduled run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronRun {
    /// Its cron expression.
    pub cron: String,
    /// When it was due, ms.
    pub scheduled_at: i64,
    /// When it began, ms.
    pub started_at: i64,
    /// How long it took; `None` for one that never came to its end, or is not there yet.
    pub milliseconds: Option<i64>,
    /// `ok` or `error`, `None` as above.
    pub outcome: Option<String>,
    /// What it did, or what went wrong.
    pub detail: Option<String>,
}

/// The latest runs, newest first.
///
/// # Errors
/// As [`Db::query`].
pub async fn latest(db: &dyn Db, count: u32) -> Result<Vec<CronRun>, DbError> {
    let rows = db.query(Statement::new(LATEST, [i64::from(count).into()])).await?;
    let run = |row: &Row| {
        Ok(CronRun {
            cron: row.text("cron")?,
            scheduled_at: row.integer("scheduled_at")?,
            started_at: row.integer("started_at")?,
            milliseconds: row.optional_integer("milliseconds")?,
            outcome: row.optional_text("outcome")?,
            detail: row.optional_text("detail")?,
        })
    };
    rows.iter().map(run).collect()
}

/// When the first run began of which is known, ms; `None` when there has been none.
///
/// # Errors
/// As [`Db::query`].
pub async fn first(db: &dyn Db) -> Result<Option<i64>, DbError> {
    let rows = db.query(Statement::new(FIRST, [])).await?;
    rows.first().map_or(Ok(None), |row| row.optional_integer("started_at"))
}

/// Forgets the runs that began before `before_ms`, the oldest first, at most `most` of them, and says how many.
///
/// # Errors
/// As [`Db::execute`].
pub async fn delete_before(db: &dyn Db, before_ms: i64, most: u32) -> Result<u64, DbError> {
    let values = [before_ms.into(), i64::from(most).into()];
    Ok(db.execute(Statement::new(DELETE_BEFORE, values)).await?.rows.len() as u64)
}

const BEGIN: &str = "INSERT INTO cron_runs (id, cron, scheduled_at, started_at) VALUES (?1, ?2, ?3, ?4)";
const FINISH: &str = "UPDATE cron_runs SET milliseconds = ?2, outcome = ?3, detail = ?4 WHERE id = ?1";
const LATEST: &str = "SELECT cron, scheduled_at, started_at, milliseconds, outcome, detail FROM cron_runs
    ORDER BY started_at DESC LIMIT CAST(?1 AS INTEGER)";
const FIRST: &str = "SELECT min(started_at) AS started_at FROM cron_runs";
// D1's count of changes includes what triggers do while a backup runs.
const DELETE_BEFORE: &str = "DELETE FROM cron_runs WHERE id IN (
    SELECT id FROM cron_runs WHERE started_at < ?1 ORDER BY started_at LIMIT CAST(?2 AS INTEGER)) RETURNING id";
