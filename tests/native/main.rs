//! The whole Worker natively: the real router, rules, SQL and migrations over ports in memory that fail on command.
//!
//! One binary, so that it links once. One file per noun; a test's name is a sentence, and starts with the number of the
//! advisory case that it guards against where there is one (`s9_...`).
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly, and its name is its documentation"
)]

mod accounts;
mod architecture;
mod backup;
mod backup_budget;
mod batch;
mod bodies;
mod cookies;
mod cron;
mod deletion;
mod detect;
mod double;
mod examples;
mod fairness;
mod files;
mod golden;
mod health;
mod hostile;
mod ledger;
mod limits;
mod manners;
mod misconfigured;
mod openapi;
mod operator;
mod outages;
mod pages;
mod panics;
mod parity;
mod plans;
mod profile;
mod races;
mod refresh;
mod routes;
mod second_opinion;
mod sentry;
mod sessions;
mod status;
mod support;
mod throttle;
mod tokens;
mod usage;
