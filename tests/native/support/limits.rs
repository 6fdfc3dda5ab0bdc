//! Limits and waits in memory, by the very rules that the Durable Objects run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use edgekeep::domain::quota::{Decision, Policy, SlidingLog};
use edgekeep::domain::throttle::{Rules, State, Wait};
use edgekeep::ports::{Clock, LimitKey, Limiter, PortError, Throttle};

use super::clock::TestClock;
use super::faults::Faults;

/// Exact limits in memory: one log per key, as there is one object per key.
pub struct MemoryLimiter {
    clock: Arc<TestClock>,
    logs: Mutex<HashMap<LimitKey, SlidingLog>>,
    asked: Mutex<Vec<LimitKey>>,
    /// Its plan of faults; `ping` counts too.
    pub faults: Faults<PortError>,
}

impl MemoryLimiter {
    /// Limits without a call so far.
    pub fn at(clock: Arc<TestClock>) -> Self {
        Self { clock, logs: Mutex::default(), asked: Mutex::default(), faults: Faults::none() }
    }

    /// Every key that was asked for, in order.
    pub fn asked(&self) -> Vec<LimitKey> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Limiter for MemoryLimiter {
    async fn take(&self, key: &LimitKey, policy: &Policy, cost: u32) -> Result<Decision, PortError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
        let take = || {
            let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(logs.entry(key.clone()).or_default().take(policy, self.clock.now_ms(), cost))
        };
        self.faults.pass(take).await
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.faults.pass(|| Ok(())).await
    }
}

/// Waits in memory: one state per account, as there is one object per account.
pub struct MemoryThrottle {
    clock: Arc<TestClock>,
    rules: Rules,
    states: Mutex<HashMap<String, State>>,
    asked: Mutex<Vec<(String, String)>>,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

impl MemoryThrottle {
    /// No failure so far.
    pub fn at(clock: Arc<TestClock>, rules: Rules) -> Self {
        Self { clock, rules, states: Mutex::default(), asked: Mutex::default(), faults: Faults::none() }
    }

    /// Every account and address that an attempt was announced for, in order.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn with_faults<T>(&self, account: &str, act: impl FnOnce(&mut State) -> T) -> Result<T, PortError> {
        self.faults.pass(|| Ok(self.with(account, act))).await
    }

    fn with<T>(&self, account: &str, act: impl FnOnce(&mut State) -> T) -> T {
        act(self.states.lock().unwrap_or_else(PoisonError::into_inner).entry(account.to_owned()).or_default())
    }
}

#[async_trait]
impl Throttle for MemoryThrottle {
    async fn begin(&self, account: &str, address: &str) -> Result<Wait, PortError> {
        let pair = (account.to_owned(), address.to_owned());
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(pair);
        let begin = |state: &mut State| state.begin(&self.rules, address, self.clock.now_ms());
        self.with_faults(account, begin).await
    }

    async fn succeed(&self, account: &str, address: &str) -> Result<(), PortError> {
        let succeed = |state: &mut State| state.succeed(&self.rules, address, self.clock.now_ms());
        self.with_faults(account, succeed).await
    }

    async fn withdraw(&self, account: &str, address: &str) -> Result<(), PortError> {
        let withdraw = |state: &mut State| state.withdraw(&self.rules, address);
        self.with_faults(account, withdraw).await
    }
}
