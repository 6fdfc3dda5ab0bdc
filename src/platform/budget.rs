//! The budget: one Durable Object for the whole installation. Why it is exact is said in [`super::objects`], and why it is
//! one in [`crate::store::ledger`].

mod object;

pub use object::BudgetObject;

use async_trait::async_trait;
use worker::ObjectNamespace;
use worker::send::SendFuture;

use super::objects::Objects;
use crate::domain::budget::{Look, Reserve, Reserved, Settle, Settled, Spending};
use crate::ports::{Budget, PortError};

/// The ledger of an installation.
pub struct Ledger(Objects);

impl Ledger {
    /// A ledger that must answer within so many milliseconds.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, deadline_ms: u64) -> Self {
        Self(Objects::new(namespace, deadline_ms))
    }
}

#[async_trait]
impl Budget for Ledger {
    async fn reserve(&self, asked: &Reserve) -> Result<Reserved, PortError> {
        SendFuture::new(self.0.tell(INSTALLATION, RESERVE, asked)).await
    }

    async fn settle(&self, asked: &Settle) -> Result<Settled, PortError> {
        SendFuture::new(self.0.tell(INSTALLATION, SETTLE, asked)).await
    }

    async fn spending(&self, asked: &Look) -> Result<Spending, PortError> {
        SendFuture::new(self.0.tell(INSTALLATION, SPENDING, asked)).await
    }
}

const INSTALLATION: &str = "installation";
const RESERVE: &str = "/reserve";
const SETTLE: &str = "/settle";
const SPENDING: &str = "/spending";
