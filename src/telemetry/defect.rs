//! Defects that are no panics: what went wrong, and the stack of where that was found.

use std::fmt;

use super::panics;
use super::stack::Frame;

/// Something that should not be. Two are equal when they say the same: where they were found is no part of it.
#[derive(Clone)]
pub struct Defect {
    message: String,
    frames: Vec<Frame>,
}

impl Defect {
    /// A defect found here. It costs a look at the stack.
    #[must_use]
    #[inline(never)]
    pub fn new(message: String) -> Self {
        Self { message, frames: panics::stack_here() }
    }

    /// What it says. May quote anything: scrub it before it goes anywhere.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The stack, the innermost function first; empty where the runtime gives none.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

impl PartialEq for Defect {
    fn eq(&self, other: &Self) -> bool {
        self.message == other.message
    }
}

impl fmt::Debug for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.message, f)
    }
}
