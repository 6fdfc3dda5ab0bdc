//! Deadlines: nothing outside the isolate is waited for without end.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use worker::Delay;

/// The time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

/// Waits for `work`, at most so many milliseconds. The timer goes with whichever is dropped last, so that a quick answer
/// leaves no timer behind to keep the request alive. Work that is late is dropped; what it started may still happen.
///
/// # Errors
/// [`Elapsed`] when the time was up first.
pub async fn within<T>(milliseconds: u64, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    let limit = Delay::from(Duration::from_millis(milliseconds));
    match select(pin!(work), pin!(limit)).await {
        Either::Left((answer, _)) => Ok(answer),
        Either::Right(_) => Err(Elapsed),
    }
}
