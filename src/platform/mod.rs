//! Where the ports meet the runtime: D1, Durable Objects, R2, the console, the clock. Besides `lib.rs` the only folder
//! that names `worker` or `js_sys`, and it knows no rules: what a limit or a hash is stands in `domain/` and `hashing.rs`.
//!
//! The parts that only compute are built natively too, so that their tests run there.

pub mod d1_message;
pub mod d1_text;
pub mod line;
pub mod wire;

#[cfg(target_arch = "wasm32")]
pub mod background;
#[cfg(target_arch = "wasm32")]
pub mod backups;
#[cfg(target_arch = "wasm32")]
pub mod budget;
#[cfg(target_arch = "wasm32")]
pub mod circuit;
#[cfg(target_arch = "wasm32")]
pub mod clock;
#[cfg(target_arch = "wasm32")]
pub mod d1;
#[cfg(target_arch = "wasm32")]
pub mod deadline;
#[cfg(target_arch = "wasm32")]
pub mod drill;
#[cfg(target_arch = "wasm32")]
pub mod eager;
#[cfg(target_arch = "wasm32")]
mod edge;
#[cfg(target_arch = "wasm32")]
pub mod entropy;
#[cfg(target_arch = "wasm32")]
pub mod hasher;
#[cfg(target_arch = "wasm32")]
pub mod installation;
#[cfg(target_arch = "wasm32")]
pub mod limiter;
#[cfg(target_arch = "wasm32")]
pub mod log;
#[cfg(target_arch = "wasm32")]
mod objects;
#[cfg(target_arch = "wasm32")]
pub mod outbound;
#[cfg(target_arch = "wasm32")]
pub mod r2;
#[cfg(target_arch = "wasm32")]
pub mod request;
#[cfg(target_arch = "wasm32")]
pub mod throttle;
