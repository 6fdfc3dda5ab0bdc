//! How much work a file may make.

use std::cell::Cell;

use super::{Kind, Refusal};

/// Work left, in bytes looked at or made. Every loop over something that a file controls pays from it, so no file can
/// cost more than all of it, however it is built.
pub(super) struct Budget {
    left: Cell<usize>,
    kind: Kind,
}

impl Budget {
    pub(super) fn new(kind: Kind, bytes: usize) -> Self {
        Self { left: Cell::new(bytes), kind }
    }

    /// What is left of it.
    pub(super) fn left(&self) -> usize {
        self.left.get()
    }

    /// Pays for `bytes` of work.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), Refusal> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Refusal::TooMuch(self.kind))
    }
}
