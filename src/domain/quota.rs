//! Limits as text, and the exact sliding log behind them.

/// One or more windows that must all have room: `"5/minute;20/hour"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The windows, shortest first, never empty.
    pub windows: Vec<Window>,
}

/// At most `limit` calls within any `seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Calls admitted.
    pub limit: u32,
    /// Length of the window in seconds.
    pub seconds: u32,
}

/// What the limiter says to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The call may pass, and has been counted.
    pub admitted: bool,
    /// State of each window of the policy, in its order.
    pub windows: Vec<WindowState>,
}

/// State of one window after the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowState {
    /// Calls that would still be admitted now.
    pub remaining: u32,
    /// Milliseconds until a call is free again: until the oldest counted call leaves the window; 0 for an empty window.
    pub reset_ms: i64,
}
