//! Edgekeep: accounts, AI-text detection and exact limits in one Cloudflare Worker.

pub mod app;
pub mod config;
pub mod cron;
pub mod detector;
pub mod domain;
pub mod error;
pub mod hashing;
pub mod http;
pub mod ports;
pub mod routes;
pub mod store;
