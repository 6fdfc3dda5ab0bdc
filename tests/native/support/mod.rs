//! What the tests stand on: one whole installation in memory, whose every port can fail on command, and a client for it.

pub mod client;
pub mod clock;
#[path = "../../../src/platform/d1_message.rs"]
pub mod d1_message;
pub mod entropy;
pub mod faults;
pub mod hashers;
pub mod limits;
pub mod log;
pub mod objects;
pub mod sqlite_db;
pub mod world;

pub use client::Answer;
pub use world::World;
