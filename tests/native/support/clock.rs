//! Time that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use edgekeep::ports::Clock;

/// A clock that a test sets.
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Stands at 2026-01-02T03:04:05.678Z.
    pub fn fixed() -> Self {
        Self(AtomicI64::new(START_MS))
    }

    /// Moves; backwards too.
    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Lets everything else go on for a good while and then is over: whatever can answer has answered by then, and what
    /// hangs has not. Virtual time passes, real time does not.
    async fn sleep(&self, milliseconds: u32) {
        let end = self.now_ms() + i64::from(milliseconds);
        for _ in 0..PATIENCE {
            tokio::task::yield_now().await;
        }
        self.0.fetch_max(end, Ordering::SeqCst);
    }
}

/// 2026-01-02T03:04:05.678Z.
pub const START_MS: i64 = 1_767_323_045_678;
const PATIENCE: u32 = 100;
