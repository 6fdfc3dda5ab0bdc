//! Randomness of the runtime: `crypto.getRandomValues`. There is none in global scope, only while an event is handled.

use crate::ports::{Entropy, PortError};

/// The cryptographic generator of the runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(|error| PortError::Failed(format!("entropy: {error}")))
    }
}
