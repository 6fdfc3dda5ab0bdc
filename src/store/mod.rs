//! All SQL: one file per table, typed rows. Knows no HTTP.

pub mod value;
