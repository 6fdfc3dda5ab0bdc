//! Table `usage`: how many texts were judged, by account and day. A day is counted from 1970-01-01, in UTC.

use serde::Serialize;

use crate::ports::{Db, DbError};
use crate::store::value::{Row, Statement};

/// The detections of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayUsage {
    /// The day.
    pub day: i64,
    /// Texts judged.
    pub detections: i64,
    /// Accounts that sent any.
    pub accounts: i64,
}

/// Texts of one account on one day, to be added to those there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The day.
    pub day: i64,
    /// The account.
    pub user_id: String,
    /// How many, at least one.
    pub detections: u32,
}

/// Counts texts, all in one statement; those of an account that is gone are gone with it.
///
/// # Errors
/// As [`Db::execute`].
pub async fn count(db: &dyn Db, counts: &[Count]) -> Result<(), DbError> {
    let counts = serde_json::to_string(counts).map_err(|error| DbError::Other(error.to_string()))?;
    db.execute(Statement::new(COUNT, [counts.into()])).await.map(drop)
}

/// What an account used on the [`DAYS`] days up to `last_day`; days without use are missing.
///
/// # Errors
/// As [`Db::query`].
pub async fn of_account(db: &dyn Db, user_id: &str, last_day: i64) -> Result<Vec<DayUsage>, DbError> {
    let rows = db.query(Statement::new(OF_ACCOUNT, [last_day.into(), user_id.into()])).await?;
    rows.iter().map(day).collect()
}

/// What all accounts used on the [`DAYS`] days up to `last_day`.
///
/// # Errors
/// As [`Db::query`].
pub async fn of_all(db: &dyn Db, last_day: i64) -> Result<Vec<DayUsage>, DbError> {
    let rows = db.query(Statement::new(OF_ALL, [last_day.into()])).await?;
    rows.iter().map(day).collect()
}

/// Forgets the days before `day`.
///
/// # Errors
/// As [`Db::execute`].
pub async fn delete_before(db: &dyn Db, day: i64) -> Result<u64, DbError> {
    Ok(db.execute(Statement::new(DELETE_BEFORE, [day.into()])).await?.changes)
}

fn day(row: &Row) -> Result<DayUsage, DbError> {
    Ok(DayUsage {
        day: row.integer("day")?,
        detections: row.integer("detections")?,
        accounts: row.integer("accounts")?,
    })
}

/// Days that are shown.
pub const DAYS: i64 = 30;

/// The last thirty days one by one: each is found by the primary key, where a range of days would read all accounts'.
macro_rules! thirty_days {
    () => {
        "(?1, ?1-1, ?1-2, ?1-3, ?1-4, ?1-5, ?1-6, ?1-7, ?1-8, ?1-9, ?1-10, ?1-11, ?1-12, ?1-13, ?1-14, ?1-15, ?1-16, \
         ?1-17, ?1-18, ?1-19, ?1-20, ?1-21, ?1-22, ?1-23, ?1-24, ?1-25, ?1-26, ?1-27, ?1-28, ?1-29)"
    };
}

const COUNT: &str = "INSERT INTO usage (day, user_id, detections) \
    SELECT value ->> 'day', users.id, value ->> 'detections' FROM json_each(?1) \
    JOIN users ON users.id = value ->> 'user_id' WHERE true \
    ON CONFLICT (day, user_id) DO UPDATE SET detections = detections + excluded.detections";
const OF_ACCOUNT: &str =
    concat!("SELECT day, detections, 1 AS accounts FROM usage WHERE user_id = ?2 AND day IN ", thirty_days!());
const OF_ALL: &str = concat!(
    "SELECT day, sum(detections) AS detections, count(*) AS accounts FROM usage WHERE day IN ",
    thirty_days!(),
    " GROUP BY day"
);
const DELETE_BEFORE: &str = "DELETE FROM usage WHERE day < ?1";
