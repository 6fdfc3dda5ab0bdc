//! The time of the runtime. It stands still while code computes, and moves on with each answer from outside.

use std::time::Duration;

use async_trait::async_trait;
use worker::Delay;
use worker::send::SendFuture;

use crate::ports::Clock;

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        now_ms()
    }

    async fn sleep(&self, milliseconds: u32) {
        SendFuture::new(Delay::from(Duration::from_millis(milliseconds.into()))).await;
    }
}

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
    {
        js_sys::Date::now() as i64
    }
}
