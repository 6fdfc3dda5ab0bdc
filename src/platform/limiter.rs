//! Exact limits: one Durable Object per key. Why they are exact is said in [`super::objects`].

mod object;

pub use object::LimiterObject;

use async_trait::async_trait;
use worker::ObjectNamespace;
use worker::send::SendFuture;

use super::objects::Objects;
use super::wire::Take;
use crate::domain::quota::{Decision, Policy};
use crate::ports::{LimitKey, Limiter, PortError};

/// The limiters of an installation.
pub struct Limiters(Objects);

impl Limiters {
    /// Limiters that must answer within so many milliseconds.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, deadline_ms: u64) -> Self {
        Self(Objects::new(namespace, deadline_ms))
    }
}

#[async_trait]
impl Limiter for Limiters {
    async fn take(&self, key: &LimitKey, policy: &Policy, cost: u32) -> Result<Decision, PortError> {
        let name = format!("{}:{}", key.policy, key.subject);
        let asked = Take { policy: policy.to_string(), cost };
        SendFuture::new(self.0.tell(&name, TAKE, &asked)).await
    }

    async fn ping(&self) -> Result<(), PortError> {
        SendFuture::new(self.0.tell("ping", PING, &())).await
    }
}

const TAKE: &str = "/take";
const PING: &str = "/ping";
