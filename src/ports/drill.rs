//! Faults on command.

use async_trait::async_trait;

use super::PortError;

/// Faults on command: what a handler can't do to itself. Only ever called where `ENVIRONMENT` is `development`.
#[async_trait]
pub trait Drill: Send + Sync {
    /// Lets a Durable Object panic while it answers.
    ///
    /// # Errors
    /// [`PortError::Defect`], if all is well.
    async fn panic_in_object(&self) -> Result<(), PortError>;

    /// Ends the instance in a way that can't be caught. Natively it does nothing.
    fn abort(&self, how: Abort);
}

/// How an instance ends without a chance to say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abort {
    /// An instruction that must not be reached.
    Trap,
    /// The stack is used up.
    Stack,
    /// The memory is used up.
    Memory,
}
