//! All SQL: one file per table, typed rows. Knows no HTTP.
//!
//! Statements are constants and values are bound. Races are decided here, by one conditional statement or one batch:
//! nothing is checked first and written later.

pub mod cron_runs;
pub mod ledger;
pub mod probe;
pub mod probe_hours;
pub mod refresh_tokens;
pub mod sessions;
pub mod usage;
pub mod users;
pub mod value;
