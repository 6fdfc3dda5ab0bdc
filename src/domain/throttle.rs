//! Growing waits after failed log-ins.
//!
//! Each account has one [`State`]. Whoever comes from an address that the account has logged in from before is counted by
//! that address alone; all others share one count. So a stranger's guessing makes strangers wait, never the owner at home,
//! and nobody for good: the waits have a cap and failures are forgotten.
//!
//! An attempt is counted as failed before it is made, so of a thousand guesses sent at once no more get through than of a
//! thousand sent in turn.

use serde::{Deserialize, Serialize};

use crate::domain::address::UNKNOWN;
use crate::domain::time::{DAY_MS, MINUTE_MS, SECOND_MS};

/// What the throttle says to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    /// Go ahead; the attempt counts as failed until it succeeds.
    None,
    /// Not before so many milliseconds.
    Milliseconds(i64),
}

/// The numbers of the throttle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Failures after which there is no wait yet.
    pub free_failures: u32,
    /// Wait after the last free failure; it doubles with each further one.
    pub first_wait_ms: i64,
    /// No wait is longer.
    pub longest_wait_ms: i64,
    /// Failures are forgotten after so long without an attempt.
    pub forget_after_ms: i64,
    /// Addresses remembered per account; the one unused for longest goes first.
    pub known_addresses: usize,
    /// An address is forgotten so long after its last log-in.
    pub known_for_ms: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            free_failures: 5,
            first_wait_ms: SECOND_MS,
            longest_wait_ms: 15 * MINUTE_MS,
            forget_after_ms: DAY_MS,
            known_addresses: 16,
            known_for_ms: 90 * DAY_MS,
        }
    }
}

/// The failures of one account. Serialises into some hundred bytes: one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Everyone from an address that the account has not logged in from.
    #[serde(rename = "s")]
    strangers: Failures,
    #[serde(rename = "k")]
    known: Vec<Known>,
}

impl State {
    /// Counts an attempt as failed, or says how long to wait; a refused attempt does not count.
    /// `address` is canonical, see [`crate::domain::address`].
    pub fn begin(&mut self, rules: &Rules, address: &str, now_ms: i64) -> Wait {
        self.forget(rules, now_ms);
        self.failures_from(address).begin(rules, now_ms)
    }

    /// After a right password: clears the failures that the attempt was counted among, and remembers the address.
    pub fn succeed(&mut self, rules: &Rules, address: &str, now_ms: i64) {
        self.forget(rules, now_ms);
        *self.failures_from(address) = Failures::default();
        if let Some(known) = self.known.iter_mut().find(|known| known.address == address) {
            known.succeeded_ms = now_ms;
        } else if address != UNKNOWN {
            // The bucket of all who have no address is nobody's home.
            let failures = Failures::default();
            self.known.push(Known { address: address.to_owned(), succeeded_ms: now_ms, failures });
        }
        while self.known.len() > rules.known_addresses {
            let oldest = self.known.iter().map(|known| known.succeeded_ms).min();
            if let Some(at) = self.known.iter().position(|known| Some(known.succeeded_ms) == oldest) {
                self.known.remove(at);
            }
        }
    }

    /// Takes back the count of an attempt that never came to a comparison: nothing was guessed by it. The wait that the
    /// remaining failures ask for runs from now.
    pub fn withdraw(&mut self, rules: &Rules, address: &str) {
        let failures = self.failures_from(address);
        failures.count = failures.count.saturating_sub(1);
        failures.wait_ms = wait_after(rules, failures.count);
    }

    /// When nothing of this state will count any more, in milliseconds since 1970: it can be deleted then.
    #[must_use]
    pub fn obsolete_ms(&self, rules: &Rules) -> i64 {
        let known = self.known.iter().map(|known| known.succeeded_ms.saturating_add(rules.known_for_ms)).max();
        let strangers = self.strangers.last_ms.saturating_add(rules.forget_after_ms);
        known.map_or(strangers, |known| known.max(strangers))
    }

    fn forget(&mut self, rules: &Rules, now_ms: i64) {
        self.known.retain(|known| known.succeeded_ms.saturating_add(rules.known_for_ms) > now_ms);
    }

    fn failures_from(&mut self, address: &str) -> &mut Failures {
        match self.known.iter_mut().find(|known| known.address == address) {
            Some(known) => &mut known.failures,
            None => &mut self.strangers,
        }
    }
}

/// An address that the account has logged in from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    #[serde(rename = "a")]
    address: String,
    #[serde(rename = "t")]
    succeeded_ms: i64,
    #[serde(rename = "f")]
    failures: Failures,
}

/// One count, and the wait that follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Failures {
    #[serde(rename = "n")]
    count: u32,
    #[serde(rename = "l")]
    last_ms: i64,
    #[serde(rename = "w")]
    wait_ms: i64,
}

impl Failures {
    fn begin(&mut self, rules: &Rules, now_ms: i64) -> Wait {
        // A clock that has jumped back must not stretch the wait: it then begins anew, in full.
        self.last_ms = self.last_ms.min(now_ms);
        let quiet_ms = now_ms.saturating_sub(self.last_ms);
        if quiet_ms >= rules.forget_after_ms {
            *self = Self::default();
        }
        let left_ms = self.wait_ms.min(rules.longest_wait_ms).saturating_sub(quiet_ms);
        if self.count > 0 && left_ms > 0 {
            return Wait::Milliseconds(left_ms);
        }
        self.count = self.count.saturating_add(1);
        self.last_ms = now_ms;
        self.wait_ms = wait_after(rules, self.count);
        Wait::None
    }
}

/// The wait after so many failures in a row.
fn wait_after(rules: &Rules, failures: u32) -> i64 {
    let Some(doublings) = failures.checked_sub(rules.free_failures.max(1)) else { return 0 };
    let factor = 1_i64.checked_shl(doublings).filter(|factor| *factor > 0).unwrap_or(i64::MAX);
    rules.first_wait_ms.saturating_mul(factor).min(rules.longest_wait_ms)
}

#[cfg(test)]
mod tests;
