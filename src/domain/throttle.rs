//! Growing waits after failed log-ins.

/// What the throttle says to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Go ahead; the attempt counts as failed until it succeeds.
    None,
    /// Not before so many milliseconds.
    Milliseconds(i64),
}
