//! HTTP: wire structs and handlers, one file per noun, around one pipeline.
//!
//! A request goes through [`serve()`]: request id and trace, configuration, preflight, the router, the headers that every
//! answer carries, one log line. Between the router and a handler stands [`route`]: who may call, the body, the limit, in
//! that order. Knows no SQL and no runtime.

pub mod access_log;
pub mod accounts;
mod attempt;
pub mod backups;
pub mod batch;
pub mod bearer;
pub mod body;
pub mod call;
pub mod cookie;
pub mod cors;
pub mod cron_runs;
pub mod debug;
pub mod deletion;
pub mod detect;
pub mod fields;
pub mod grant;
pub mod headers;
pub mod health;
pub mod limits;
#[cfg(not(target_arch = "wasm32"))]
pub mod openapi;
mod pages;
pub mod problem;
pub mod profile;
pub mod refresh;
pub mod reply;
pub mod route;
pub mod second_opinion;
mod serve;
pub mod sessions;
pub mod status;
pub mod upload;
pub mod usage;

pub use serve::{misconfigured, serve};
