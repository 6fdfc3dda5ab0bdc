//! Limits as text, and the exact sliding log behind them.
//!
//! A policy says: within any window of this length, at most so many calls. The log keeps the time of each admitted call,
//! so the rule holds for every window, not only for those that begin on the hour. What it costs is one number per admitted
//! call, bounded by the policy's largest limit.

use std::fmt;

use serde::{Deserialize, Serialize};

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

impl Policy {
    /// Reads a policy: windows separated by `;`, each a number of calls, `/`, and `second`, `minute`, `hour`, `day`, or a
    /// length such as `15m` (`s`, `m`, `h`, `d`). Spaces around a window are allowed. [`fmt::Display`] writes the same.
    ///
    /// # Errors
    /// Says which part is wrong, in words for whoever configures it.
    pub fn parse(text: &str) -> Result<Self, PolicyProblem> {
        let mut windows =
            text.split(';').map(|part| Window::parse(part.trim_ascii())).collect::<Result<Vec<_>, _>>()?;
        if windows.len() > MOST_WINDOWS {
            return Err(PolicyProblem::TooManyWindows);
        }
        windows.sort_by_key(|window| window.seconds);
        if windows.windows(2).any(|pair| matches!(pair, [a, b] if a.seconds == b.seconds)) {
            return Err(PolicyProblem::SameLength);
        }
        Ok(Self { windows })
    }

    /// Calls that the log has to remember at most.
    #[must_use]
    pub fn largest_limit(&self) -> usize {
        self.windows.iter().map(|window| window.limit as usize).max().unwrap_or(0)
    }

    /// Milliseconds after which an admitted call no longer counts.
    #[must_use]
    pub fn longest_ms(&self) -> i64 {
        self.windows.iter().map(Window::length_ms).max().unwrap_or(0)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, window) in self.windows.iter().enumerate() {
            let separator = if at == 0 { "" } else { ";" };
            write!(f, "{separator}{window}")?;
        }
        Ok(())
    }
}

impl Window {
    /// Length in milliseconds.
    #[must_use]
    pub fn length_ms(&self) -> i64 {
        i64::from(self.seconds) * 1_000
    }

    fn parse(text: &str) -> Result<Self, PolicyProblem> {
        let (limit, length) = text.split_once('/').ok_or(PolicyProblem::Form)?;
        let limit = plain_number(limit).filter(|n| (1..=LARGEST_LIMIT).contains(n)).ok_or(PolicyProblem::Limit)?;
        let seconds = match UNITS.iter().find(|(name, _, _)| *name == length) {
            Some((_, _, seconds)) => Some(*seconds),
            None => length.char_indices().next_back().and_then(|(at, letter)| {
                let (_, _, unit) = UNITS.iter().find(|(_, short, _)| *short == letter)?;
                plain_number(length.get(..at)?)?.checked_mul(*unit)
            }),
        };
        let seconds = seconds.filter(|n| (1..=LONGEST_SECONDS).contains(n)).ok_or(PolicyProblem::Length)?;
        Ok(Self { limit, seconds })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, seconds } = self;
        match UNITS.iter().find(|(_, _, unit)| seconds % unit == 0) {
            Some((name, _, unit)) if seconds == unit => write!(f, "{limit}/{name}"),
            Some((_, letter, unit)) => write!(f, "{limit}/{}{letter}", seconds / unit),
            None => write!(f, "{limit}/{seconds}s"),
        }
    }
}

/// Why a text is no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyProblem {
    /// Not of the form `10/hour`.
    Form,
    /// Number of calls.
    Limit,
    /// Length of the window.
    Length,
    /// Too many windows.
    TooManyWindows,
    /// Two windows of one length.
    SameLength,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a limit is a number of calls per length of time, such as 10/hour or 5/minute;20/hour",
            Self::Limit => "the number of calls must be a whole number from 1 to 100000",
            Self::Length => {
                "the length must be second, minute, hour, day or a number with s, m, h or d, such as 15m; at most 31d"
            }
            Self::TooManyWindows => "a limit has at most 4 windows",
            Self::SameLength => "two windows have the same length",
        })
    }
}

impl std::error::Error for PolicyProblem {}

/// What the limiter says to one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The call may pass, and has been counted.
    pub admitted: bool,
    /// State of each window of the policy, in its order.
    pub windows: Vec<WindowState>,
    /// For a refused call: milliseconds, at least 1, after which it would pass if nobody else calls. None for one that
    /// costs more than the policy ever has.
    pub retry_after_ms: Option<i64>,
}

/// State of one window after the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowState {
    /// Calls that would still be admitted now.
    pub remaining: u32,
    /// Milliseconds until a call is free again: until the oldest counted call leaves the window; 0 for an empty window.
    pub reset_ms: i64,
}

/// When calls would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// At once.
    Now,
    /// After so many milliseconds, at least 1, if nobody else calls.
    After(i64),
    /// They are more than a window of the policy ever holds.
    Never,
}

/// The times of admitted calls under one key, oldest first.
///
/// A Durable Object keeps one in memory, loads it from its rows when it wakes, and after an admission stores one row per
/// call: [`SlidingLog::newest`]. Rows at or before [`SlidingLog::forgotten`] can be deleted at leisure; loading them again does no
/// harm. If storing fails, the log in memory must be dropped and loaded anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlidingLog {
    admitted: Vec<i64>,
}

impl SlidingLog {
    /// The log of stored times, in any order.
    #[must_use]
    pub fn load(mut times: Vec<i64>) -> Self {
        times.sort_unstable();
        Self { admitted: times }
    }

    /// Decides on `cost` calls at once, now: all of them are admitted and counted, or none is. A cost of 0 only looks.
    ///
    /// A clock that jumps back (the object has moved to another machine) does not open the window again: time never runs
    /// before the newest admitted call.
    pub fn take(&mut self, policy: &Policy, now_ms: i64, cost: u32) -> Decision {
        let now = self.time(now_ms);
        let room = self.room(policy, now_ms, cost);
        let admitted = room == Room::Now;
        if admitted && cost > 0 {
            // Only now: the newest call, which keeps the time, must not go without another in its place.
            self.prune(policy, now);
            self.admitted.resize(self.admitted.len() + cost as usize, now);
        }
        let retry_after_ms = if let Room::After(ms) = room { Some(ms) } else { None };
        let windows = policy.windows.iter().map(|window| self.state(window, now_ms)).collect();
        Decision { admitted, windows, retry_after_ms }
    }

    /// When `cost` calls at once would pass. Changes nothing.
    #[must_use]
    pub fn room(&self, policy: &Policy, now_ms: i64, cost: u32) -> Room {
        if policy.windows.iter().any(|window| window.limit < cost) {
            return Room::Never;
        }
        let now = self.time(now_ms);
        let blocking = policy.windows.iter().filter_map(|window| {
            // The call that must leave the window before so many more fit: for one more, the limit-th newest.
            let wanted = self.admitted.len() + cost as usize;
            let at = wanted.checked_sub(window.limit as usize)?.checked_sub(1)?;
            let leaves = self.admitted.get(at)?.saturating_add(window.length_ms());
            (leaves > now).then(|| leaves.saturating_sub(now_ms))
        });
        blocking.max().map_or(Room::Now, Room::After)
    }

    /// Drops the times that count in no window any more.
    pub fn prune(&mut self, policy: &Policy, now_ms: i64) {
        let gone = self.gone(policy.longest_ms(), self.time(now_ms));
        self.admitted.drain(..gone);
    }

    /// The newest admitted call: after an admission, the time to store.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        self.admitted.last().copied()
    }

    /// Rows up to this time, inclusive, are no longer needed.
    #[must_use]
    pub fn forgotten(&self, policy: &Policy, now_ms: i64) -> i64 {
        self.time(now_ms).saturating_sub(policy.longest_ms())
    }

    /// Number of calls remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.admitted.len()
    }

    /// Nothing is remembered: the rows may go altogether.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.admitted.is_empty()
    }

    fn time(&self, now_ms: i64) -> i64 {
        self.newest().map_or(now_ms, |newest| newest.max(now_ms))
    }

    /// A call at `t` counts in windows that end before `t + length`: a window is half-open.
    fn gone(&self, length_ms: i64, now: i64) -> usize {
        self.admitted.partition_point(|time| time.saturating_add(length_ms) <= now)
    }

    fn state(&self, window: &Window, now_ms: i64) -> WindowState {
        let gone = self.gone(window.length_ms(), self.time(now_ms));
        let counted = u32::try_from(self.admitted.len().saturating_sub(gone)).unwrap_or(u32::MAX);
        let oldest = self.admitted.get(gone).map(|time| time.saturating_add(window.length_ms()).saturating_sub(now_ms));
        WindowState { remaining: window.limit.saturating_sub(counted), reset_ms: oldest.unwrap_or(0).max(0) }
    }
}

/// Digits only: no sign, no space, no leading zero.
fn plain_number(text: &str) -> Option<u32> {
    text.parse::<u32>().ok().filter(|number| number.to_string() == text)
}

/// Name, letter, seconds; longest first.
const UNITS: [(&str, char, u32); 4] =
    [("day", 'd', 86_400), ("hour", 'h', 3_600), ("minute", 'm', 60), ("second", 's', 1)];
const MOST_WINDOWS: usize = 4;
/// Each admitted call is a stored row and a number in memory.
const LARGEST_LIMIT: u32 = 100_000;
const LONGEST_SECONDS: u32 = 31 * 86_400;

#[cfg(test)]
mod tests;
