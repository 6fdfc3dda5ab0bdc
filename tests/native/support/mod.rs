//! What the tests stand on: one whole installation in memory, whose every port can fail on command, and a client for it.

pub mod age;
pub mod background;
pub mod backups;
pub mod budget;
pub mod client;
pub mod clock;
pub mod drill;
pub mod entropy;
pub mod faults;
pub mod golden;
pub mod hashers;
pub mod limits;
pub mod log;
pub mod objects;
pub mod outbound;
pub mod pages;
pub mod sqlite_db;
pub mod world;

pub use client::Answer;
pub use world::World;
