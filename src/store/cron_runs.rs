//! Table `cron_runs`: what was scheduled and how it went.

use crate::ports::{Db, DbError};
use crate::store::value::Statement;

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

/// Forgets the runs that began before `before_ms`.
///
/// # Errors
/// As [`Db::execute`].
pub async fn delete_before(db: &dyn Db, before_ms: i64) -> Result<u64, DbError> {
    Ok(db.execute(Statement::new(DELETE_BEFORE, [before_ms.into()])).await?.changes)
}

const BEGIN: &str = "INSERT INTO cron_runs (id, cron, scheduled_at, started_at) VALUES (?1, ?2, ?3, ?4)";
const FINISH: &str = "UPDATE cron_runs SET milliseconds = ?2, outcome = ?3, detail = ?4 WHERE id = ?1";
const DELETE_BEFORE: &str = "DELETE FROM cron_runs WHERE started_at < ?1";
