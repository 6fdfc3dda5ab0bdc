//! Edgekeep: accounts, AI-text detection and exact limits in one Cloudflare Worker.

pub mod config;
pub mod detector;
pub mod domain;
pub mod ports;
pub mod store;
