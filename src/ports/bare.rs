//! What is left when the configuration is bad.

use super::{Clock, Entropy, Reporter};

/// The ports that need no configuration: what is left to say so when it is bad.
#[derive(Clone, Copy)]
pub struct Bare<'a> {
    /// Where log lines go.
    pub reporter: &'a dyn Reporter,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Randomness.
    pub entropy: &'a dyn Entropy,
}
