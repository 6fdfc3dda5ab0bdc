//! Table `probe_hours`: how the parts of the installation have been, hour by hour, for 90 days.

use crate::domain::time::{DAY_MS, HOUR_MS};
use crate::domain::uptime::FailedHour;
use crate::ports::{Db, DbError};
use crate::store::value::Statement;

/// Counts a probe of each part, and forgets what is older than 90 days. A probe that was counted before is not counted again.
///
/// # Errors
/// As [`Db::batch`].
pub async fn record(db: &dyn Db, parts: &[(&'static str, bool)], probed_ms: i64) -> Result<(), DbError> {
    let hour = probed_ms - probed_ms.rem_euclid(HOUR_MS);
    let mut statements: Vec<_> = parts
        .iter()
        .map(|(part, ok)| {
            let failure = if *ok { None } else { Some(probed_ms) };
            let values = [
                hour.into(),
                (*part).into(),
                i64::from(*ok).into(),
                i64::from(!ok).into(),
                failure.into(),
                probed_ms.into(),
            ];
            Statement::new(RECORD, values)
        })
        .collect();
    statements.push(Statement::new(FORGET, [(hour - KEPT_MS).into()]));
    db.batch(statements).await.map(drop)
}

/// Probes of one part on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// The part.
    pub part: String,
    /// Days since 1970-01-01, in UTC.
    pub day: i64,
    /// `(answered, not answered)` on the whole day, as far as it is recorded.
    pub all: (i64, i64),
    /// The same of that day within each of the windows asked for.
    pub windows: [(i64, i64); 4],
}

/// Counts of all that is recorded, by day, and of each day what is later than each of these times. One query reads the table
/// once: it holds three months, and each of its rows is paid for.
///
/// # Errors
/// As [`Db::query`].
pub async fn counts(db: &dyn Db, since_ms: [i64; 4]) -> Result<Vec<Counts>, DbError> {
    let [a, b, c, d] = since_ms;
    let rows = db.query(Statement::new(COUNTS, [a.into(), b.into(), c.into(), d.into()])).await?;
    rows.iter()
        .map(|row| {
            let pair = |ok, failed| Ok::<_, DbError>((row.integer(ok)?, row.integer(failed)?));
            let windows =
                [pair("ok1", "failed1")?, pair("ok2", "failed2")?, pair("ok3", "failed3")?, pair("ok4", "failed4")?];
            let all = pair("ok_all", "failed_all")?;
            Ok(Counts { part: row.text("part")?, day: row.integer("day")?, all, windows })
        })
        .collect()
}

/// The latest probe of each part since a time: `(part, when, answered)`.
///
/// # Errors
/// As [`Db::query`].
pub async fn latest(db: &dyn Db, since_ms: i64) -> Result<Vec<(String, i64, bool)>, DbError> {
    let rows = db.query(Statement::new(LATEST, [since_ms.into()])).await?;
    let mut latest: Vec<(String, i64, bool)> = Vec::new();
    for row in &rows {
        let (part, at, ok) = (row.text("part")?, row.integer("last_probe")?, row.integer("last_ok")? == 1);
        // Newest first: what is there already is later.
        if !latest.iter().any(|(known, _, _)| *known == part) {
            latest.push((part, at, ok));
        }
    }
    Ok(latest)
}

/// Hours with failures since a time, the newest 500.
///
/// # Errors
/// As [`Db::query`].
pub async fn failed_hours(db: &dyn Db, since_ms: i64) -> Result<Vec<FailedHour>, DbError> {
    let rows = db.query(Statement::new(FAILED_HOURS, [since_ms.into()])).await?;
    rows.iter()
        .map(|row| {
            Ok(FailedHour {
                part: row.text("part")?,
                first_failure: row.integer("first_failure")?,
                last_failure: row.integer("last_failure")?,
            })
        })
        .collect()
}

const KEPT_MS: i64 = 90 * DAY_MS;

const RECORD: &str = "\
    INSERT INTO probe_hours (hour, part, ok, failed, first_failure, last_failure, last_probe, last_ok) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?3) \
    ON CONFLICT (hour, part) DO UPDATE SET \
        ok = ok + excluded.ok, \
        failed = failed + excluded.failed, \
        first_failure = coalesce(first_failure, excluded.first_failure), \
        last_failure = coalesce(excluded.last_failure, last_failure), \
        last_probe = excluded.last_probe, \
        last_ok = excluded.last_ok \
    WHERE excluded.last_probe > last_probe";
const FORGET: &str = "DELETE FROM probe_hours WHERE hour < ?1";
// A day has 86,400,000 ms, and both are whole numbers here: the column is one, and the other is no parameter, which D1 would
// hand over as REAL.
const COUNTS: &str = "\
    SELECT part, hour / 86400000 AS day, sum(ok) AS ok_all, sum(failed) AS failed_all, \
        sum(CASE WHEN hour >= ?1 THEN ok ELSE 0 END) AS ok1, sum(CASE WHEN hour >= ?1 THEN failed ELSE 0 END) AS failed1, \
        sum(CASE WHEN hour >= ?2 THEN ok ELSE 0 END) AS ok2, sum(CASE WHEN hour >= ?2 THEN failed ELSE 0 END) AS failed2, \
        sum(CASE WHEN hour >= ?3 THEN ok ELSE 0 END) AS ok3, sum(CASE WHEN hour >= ?3 THEN failed ELSE 0 END) AS failed3, \
        sum(CASE WHEN hour >= ?4 THEN ok ELSE 0 END) AS ok4, sum(CASE WHEN hour >= ?4 THEN failed ELSE 0 END) AS failed4 \
    FROM probe_hours GROUP BY part, day";
const LATEST: &str = "SELECT part, last_probe, last_ok FROM probe_hours WHERE hour >= ?1 ORDER BY hour DESC";
const FAILED_HOURS: &str = "\
    SELECT part, first_failure, last_failure FROM probe_hours \
    WHERE failed > 0 AND hour >= ?1 ORDER BY hour DESC LIMIT 500";
