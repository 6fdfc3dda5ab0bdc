//! Counts of failures, and the waits that follow from them.

use serde::{Deserialize, Serialize};

use super::{CROWD, Rules};

/// One count, and the wait that follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failures {
    #[serde(rename = "n")]
    pub(super) count: u32,
    #[serde(rename = "l")]
    pub(super) last_ms: i64,
    #[serde(rename = "w")]
    wait_ms: i64,
}

impl Failures {
    /// Forgets what is too long ago, and says whether it did.
    pub(super) fn is_forgotten(&mut self, rules: &Rules, now_ms: i64) -> bool {
        // A clock that has jumped back must not stretch the wait: it then begins anew, in full.
        self.last_ms = self.last_ms.min(now_ms);
        let is_forgotten = now_ms.saturating_sub(self.last_ms) >= rules.forget_after_ms;
        if is_forgotten {
            *self = Self::default();
        }
        is_forgotten
    }

    pub(super) fn left_ms(&self, schedule: &Schedule, now_ms: i64) -> i64 {
        // Stored under other rules it may be longer than these would have made it.
        let wait_ms = self.wait_ms.min(schedule.longest_ms);
        let quiet_ms = now_ms.saturating_sub(self.last_ms).max(0);
        wait_ms.saturating_sub(quiet_ms).max(0)
    }

    pub(super) fn count_one(&mut self, schedule: &Schedule, now_ms: i64) {
        self.count = self.count.saturating_add(1);
        self.last_ms = now_ms;
        self.wait_ms = schedule.wait_after(self.count);
    }

    pub(super) fn take_back(&mut self, failures: u32, schedule: &Schedule) {
        self.count = self.count.saturating_sub(failures);
        self.wait_ms = schedule.wait_after(self.count);
    }
}

/// How waits grow with failures in a row.
pub(super) struct Schedule {
    pub(super) free: u32,
    first_ms: i64,
    longest_ms: i64,
}

impl Schedule {
    pub(super) fn of_one(rules: &Rules) -> Self {
        Self { free: rules.free_failures.max(1), first_ms: rules.first_wait_ms, longest_ms: rules.longest_wait_ms }
    }

    pub(super) fn of_all(rules: &Rules) -> Self {
        let one = Self::of_one(rules);
        Self { free: one.free.saturating_mul(CROWD), ..one }
    }

    /// The wait after so many failures.
    fn wait_after(&self, failures: u32) -> i64 {
        let Some(doublings) = failures.checked_sub(self.free) else { return 0 };
        let factor = 1_i64.checked_shl(doublings).filter(|factor| *factor > 0).unwrap_or(i64::MAX);
        self.first_ms.saturating_mul(factor).min(self.longest_ms)
    }
}
