//! Circuit breakers: one Durable Object per name.

mod object;

pub use object::CircuitObject;

use async_trait::async_trait;
use worker::ObjectNamespace;
use worker::send::SendFuture;

use super::objects::Objects;
use super::wire::Outcome;
use crate::domain::circuit::{Passage, Rules};
use crate::ports::{Circuits, PortError};

/// The breakers of an installation.
pub struct Breakers(Objects);

impl Breakers {
    /// Breakers that must answer within so many milliseconds.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, deadline_ms: u64) -> Self {
        Self(Objects::new(namespace, deadline_ms))
    }
}

#[async_trait]
impl Circuits for Breakers {
    async fn admit(&self, name: &str, rules: &Rules) -> Result<Passage, PortError> {
        SendFuture::new(self.0.tell(name, ADMIT, rules)).await
    }

    async fn report(&self, name: &str, rules: &Rules, ok: bool) -> Result<(), PortError> {
        SendFuture::new(self.0.tell(name, REPORT, &Outcome { rules: *rules, ok })).await
    }
}

const ADMIT: &str = "/admit";
const REPORT: &str = "/report";
