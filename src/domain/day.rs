//! Days in UTC, counted from 1970-01-01.

use chrono::{Days, NaiveDate};

use crate::domain::time::DAY_MS;

/// The day of a moment, counted from 1970-01-01.
#[must_use]
pub fn day_of(now_ms: i64) -> i64 {
    now_ms.div_euclid(DAY_MS)
}

/// When a day begins, ms.
#[must_use]
pub fn start_ms(day: i64) -> i64 {
    day.saturating_mul(DAY_MS)
}

/// `2026-01-02`.
#[must_use]
pub fn day_text(day: i64) -> String {
    date(day).unwrap_or_default().to_string()
}

/// `None` beyond the years that a calendar has.
pub(super) fn date(day: i64) -> Option<NaiveDate> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let days = Days::new(day.unsigned_abs());
    if day < 0 { epoch.checked_sub_days(days) } else { epoch.checked_add_days(days) }
}

/// The day that a date is.
pub(super) fn number(date: NaiveDate) -> Option<i64> {
    Some(date.signed_duration_since(NaiveDate::from_ymd_opt(1970, 1, 1)?).num_days())
}
