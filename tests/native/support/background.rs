//! Background work that a test lets run when it wants to.

use std::sync::{Mutex, PoisonError};

use edgekeep::ports::Background;
use futures_util::future::BoxFuture;

/// Keeps the work until [`TestBackground::settle`]; the client of the tests calls it after each answer.
#[derive(Default)]
pub struct TestBackground(Mutex<Vec<BoxFuture<'static, ()>>>);

impl TestBackground {
    /// Runs all work there is, and what that work begins.
    pub async fn settle(&self) {
        loop {
            let work = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match work {
                Some(work) => work.await,
                None => return,
            }
        }
    }
}

impl Background for TestBackground {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(work);
    }

    /// After the answer, like all the rest: no test waits.
    fn spawn_after(&self, _: u32, work: BoxFuture<'static, ()>) {
        self.spawn(work);
    }
}
