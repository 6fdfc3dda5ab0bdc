//! Limits on routes: which one, against whom, and the header fields that tell the client.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::call::{Call, Principal};
use crate::config::Config;
use crate::domain::quota::{Decision, Policy, Window, WindowState};
use crate::error::{Error, Result, seconds_up};
use crate::ports::{LimitKey, PortError};

/// A limit of a route.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Name in `RateLimit-Policy` and in the limiter's key. The key never holds a path.
    pub name: &'static str,
    /// Which setting says how much.
    pub policy: fn(&Config) -> &Policy,
}

/// What is left after an admitted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Name of the policy.
    pub name: &'static str,
    /// Its windows.
    pub policy: Policy,
    /// What the limiter said.
    pub decision: Decision,
}

/// Counts a call `cost` times against the account, or against the address where there is no account yet: as a whole or
/// not at all.
///
/// # Errors
/// [`Error::RateLimited`]; [`Error::Unavailable`] when the limiter does not answer: then nothing passes.
pub async fn admit(call: &Call, limit: Limit, principal: Option<&Principal>, cost: u32) -> Result<Quota> {
    let policy = (limit.policy)(&call.app.config).clone();
    let subject = principal.map_or(&call.address, |principal| &principal.user.id).clone();
    let key = LimitKey { policy: limit.name, subject };
    let decision = call.app.ports.limiter.take(&key, &policy, cost).await.map_err(|error| match error {
        PortError::Defect(cause) => Error::Panicked(format!("limiter: {cause}")),
        error => Error::Unavailable(format!("limiter: {error:?}")),
    })?;
    if decision.admitted {
        Ok(Quota { name: limit.name, policy, decision })
    } else {
        Err(Error::RateLimited { name: limit.name, policy, decision, cost })
    }
}

/// Writes `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): a policy of several windows is a
/// list, each window named by the policy and its length in seconds.
pub fn describe(headers: &mut HeaderMap, name: &str, policy: &Policy, decision: &Decision) {
    let mut policies = Vec::new();
    let mut states = Vec::new();
    for (window, state) in policy.windows.iter().zip(&decision.windows) {
        let label = label(name, policy, window);
        policies.push(format!("\"{label}\";q={};w={}", window.limit, window.seconds));
        states.push(format!("\"{label}\";r={};t={}", state.remaining, reset_seconds(state)));
    }
    for (field, value) in [(RATELIMIT_POLICY, policies), (RATELIMIT, states)] {
        if let Ok(value) = HeaderValue::from_str(&value.join(", ")) {
            headers.insert(field, value);
        }
    }
}

/// The windows without room for a call of this cost, by the names that [`describe`] gives them.
#[must_use]
pub fn violated(name: &str, policy: &Policy, decision: &Decision, cost: u32) -> Vec<String> {
    let windows = policy.windows.iter().zip(&decision.windows);
    windows.filter(|(_, state)| state.remaining < cost).map(|(window, _)| label(name, policy, window)).collect()
}

fn label(name: &str, policy: &Policy, window: &Window) -> String {
    if policy.windows.len() == 1 { name.to_owned() } else { format!("{name}-{}", window.seconds) }
}

/// Seconds until the window is free again, 0 for an untouched one.
fn reset_seconds(state: &WindowState) -> u64 {
    if state.reset_ms <= 0 { 0 } else { seconds_up(state.reset_ms) }
}

/// `RateLimit-Policy`.
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// `RateLimit`.
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
