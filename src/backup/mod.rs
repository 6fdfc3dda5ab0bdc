//! Backups: all of D1 as SQL text in R2, restored before it counts.
//!
//! A run is a sequence of steps ([`engine`]), each of a few calls to the world. After each step all that a run knows of
//! itself is in its journal, so that another process takes it up where it was. What must hold:
//! - the dump is of one instant, whatever is written meanwhile ([`capture`]);
//! - memory is bounded by a page, never by a table or a file ([`page`]);
//! - the manifest is written last, and only where there is none: without it there is no backup ([`manifest`]);
//! - `verified.json` is written only after a scratch database has loaded the dump and is the same ([`verify`]).

pub mod age;
mod bound;
pub mod budget;
pub mod capture;
pub mod catalog;
mod columns;
pub mod digest;
pub mod dump;
pub mod engine;
pub mod literal;
pub mod manifest;
pub mod page;
pub mod ports;
pub mod retention;
pub mod schema;
pub mod sql;
pub mod state;
pub mod upload;
pub mod verify;
pub mod writer;
