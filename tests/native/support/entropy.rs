//! Randomness that is the same in every run.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use edgekeep::ports::{Entropy, PortError};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a counter.
#[derive(Default)]
pub struct TestEntropy {
    drawn: AtomicU64,
    broken: AtomicBool,
}

impl TestEntropy {
    /// Whether it fails from now on.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }
}

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(PortError::Failed("no randomness".into()));
        }
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::digest(self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}
