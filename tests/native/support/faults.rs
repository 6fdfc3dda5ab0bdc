//! Faults on command: the n-th call of a port fails, hangs, or does its work and loses the answer.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What happens to one call.
#[derive(Debug, Clone)]
pub enum Fault<E> {
    /// Nothing is done and the call fails.
    Fail(E),
    /// The work is done, but the caller is told that it failed: a lost answer.
    Lose(E),
    /// The call never ends.
    Hang,
}

/// The plan of a port: which of its calls go wrong, and how many there have been.
#[derive(Debug)]
pub struct Faults<E>(Mutex<Plan<E>>);

#[derive(Debug)]
struct Plan<E> {
    calls: u64,
    at: HashMap<u64, Fault<E>>,
    always: Option<Fault<E>>,
}

impl<E: Clone> Faults<E> {
    /// A port on which nothing goes wrong.
    pub fn none() -> Self {
        Self(Mutex::new(Plan { calls: 0, at: HashMap::new(), always: None }))
    }

    /// Lets the `n`-th call from now on go wrong, counted from 1.
    pub fn on(&self, n: u64, fault: Fault<E>) {
        let mut plan = self.plan();
        let call = plan.calls + n;
        plan.at.insert(call, fault);
    }

    /// The `n`-th call from now on fails.
    pub fn fail_on(&self, n: u64, error: E) {
        self.on(n, Fault::Fail(error));
    }

    /// Every call goes wrong until [`Faults::heal`].
    pub fn always(&self, fault: Fault<E>) {
        self.plan().always = Some(fault);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        let mut plan = self.plan();
        plan.always = None;
        plan.at.clear();
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    /// Runs the work of one call, or what the plan has in store for it. Gives way to other tasks first, as a call over the
    /// network does, so that requests joined in a test interleave at every port.
    pub async fn pass<T>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        tokio::task::yield_now().await;
        match self.next() {
            None => work(),
            Some(Fault::Fail(error)) => Err(error),
            Some(Fault::Lose(error)) => work().and(Err(error)),
            Some(Fault::Hang) => pending().await,
        }
    }

    fn next(&self) -> Option<Fault<E>> {
        let mut plan = self.plan();
        plan.calls += 1;
        let call = plan.calls;
        plan.at.remove(&call).or_else(|| plan.always.clone())
    }

    fn plan(&self) -> MutexGuard<'_, Plan<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
