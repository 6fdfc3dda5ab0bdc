//! Waits after failed log-ins: one Durable Object per account. Why no guess slips through is said in [`super::objects`].

mod object;

pub use object::ThrottleObject;

use async_trait::async_trait;
use worker::ObjectNamespace;
use worker::send::SendFuture;

use super::objects::Objects;
use super::wire::Attempt;
use crate::domain::throttle::{Rules, Wait};
use crate::ports::{PortError, Throttle};

/// The throttles of an installation.
pub struct Throttles {
    objects: Objects,
    rules: Rules,
}

impl Throttles {
    /// Throttles under these rules that must answer within so many milliseconds.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, rules: Rules, deadline_ms: u64) -> Self {
        Self { objects: Objects::new(namespace, deadline_ms), rules }
    }

    fn attempt(&self, address: &str) -> Attempt {
        Attempt { rules: self.rules, address: address.to_owned() }
    }
}

#[async_trait]
impl Throttle for Throttles {
    async fn begin(&self, account: &str, address: &str) -> Result<Wait, PortError> {
        SendFuture::new(async { self.objects.tell(account, BEGIN, &self.attempt(address)).await }).await
    }

    async fn succeed(&self, account: &str, address: &str) -> Result<(), PortError> {
        SendFuture::new(async { self.objects.tell(account, SUCCEED, &self.attempt(address)).await }).await
    }

    async fn withdraw(&self, account: &str, address: &str) -> Result<(), PortError> {
        SendFuture::new(async { self.objects.tell(account, WITHDRAW, &self.attempt(address)).await }).await
    }
}

const BEGIN: &str = "/begin";
const SUCCEED: &str = "/succeed";
const WITHDRAW: &str = "/withdraw";
