//! Growing waits after failed log-ins.
//!
//! Each account has one [`State`]. Whoever comes from an address that the account has logged in from before is counted by
//! that address alone. Every other address, a stranger's, has a count of its own too, and besides all strangers together
//! have one whose waits begin [`CROWD`] times as late. Until they do, an address adds to it no more than its free failures.
//! So a stranger's guessing makes that stranger wait, never the owner, wherever she is; guessing from many addresses makes all
//! strangers wait, never the owner at home; and nobody waits for good: the waits have a cap and failures are forgotten.
//!
//! An attempt is counted as failed before it is made, so of a thousand guesses sent at once no more get through than of a
//! thousand sent in turn.

mod failures;

use serde::{Deserialize, Serialize};

use crate::domain::address::UNKNOWN;
use crate::domain::time::{DAY_MS, MINUTE_MS, SECOND_MS};
use failures::{Failures, Schedule};

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
    /// Failures after which there is no wait yet; [`CROWD`] times as many for all strangers together.
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

/// The failures of one account. Serialises into a few thousand bytes at the most: one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// All strangers together. Versions before there were [`Stranger`]s counted them here and nowhere else.
    #[serde(rename = "s")]
    crowd: Failures,
    #[serde(rename = "k")]
    known: Vec<Known>,
    /// In the order of their latest attempts.
    #[serde(rename = "a", default)]
    strangers: Vec<Stranger>,
}

impl State {
    /// Counts an attempt as failed, or says how long to wait; a refused attempt does not count.
    /// `address` is canonical, see [`crate::domain::address`].
    pub fn begin(&mut self, rules: &Rules, address: &str, now_ms: i64) -> Wait {
        self.forget(rules, now_ms);
        let one = Schedule::of_one(rules);
        if let Some(Known { failures, .. }) = self.known.iter_mut().find(|known| known.address == address) {
            let left_ms = failures.left_ms(&one, now_ms);
            if left_ms > 0 {
                return Wait::Milliseconds(left_ms);
            }
            failures.count_one(&one, now_ms);
            return Wait::None;
        }
        let all = Schedule::of_all(rules);
        let at = self.strangers.iter().position(|stranger| stranger.address == address);
        let own_left_ms = at.and_then(|at| self.strangers.get(at)).map_or(0, |own| own.failures.left_ms(&one, now_ms));
        let left_ms = own_left_ms.max(self.crowd.left_ms(&all, now_ms));
        if left_ms > 0 {
            return Wait::Milliseconds(left_ms);
        }
        let mut stranger = match at {
            Some(at) => self.strangers.remove(at),
            None => Stranger { address: address.to_owned(), ..Stranger::default() },
        };
        stranger.failures.count_one(&one, now_ms);
        // What one address fails beyond its free attempts costs the others nothing, unless they wait already.
        if stranger.shared < one.free || self.crowd.count >= all.free {
            stranger.shared = stranger.shared.saturating_add(1);
            self.crowd.count_one(&all, now_ms);
        }
        self.strangers.push(stranger);
        if self.strangers.len() > STRANGERS {
            self.strangers.remove(0);
        }
        Wait::None
    }

    /// After a right password: clears the failures of the address, and remembers it.
    pub fn succeed(&mut self, rules: &Rules, address: &str, now_ms: i64) {
        self.forget(rules, now_ms);
        if let Some(at) = self.strangers.iter().position(|stranger| stranger.address == address) {
            let stranger = self.strangers.remove(at);
            self.crowd.take_back(stranger.shared, &Schedule::of_all(rules));
        }
        if let Some(known) = self.known.iter_mut().find(|known| known.address == address) {
            known.succeeded_ms = now_ms;
            known.failures = Failures::default();
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
        let schedule = Schedule::of_one(rules);
        if let Some(known) = self.known.iter_mut().find(|known| known.address == address) {
            known.failures.take_back(1, &schedule);
        } else if let Some(stranger) = self.strangers.iter_mut().find(|stranger| stranger.address == address) {
            stranger.failures.take_back(1, &schedule);
            // Which of its attempts it was is not known; one that is not in the crowd's count goes first.
            if stranger.shared > stranger.failures.count {
                stranger.shared -= 1;
                self.crowd.take_back(1, &Schedule::of_all(rules));
            }
        }
    }

    /// When nothing of this state will count any more, in milliseconds since 1970: it can be deleted then.
    #[must_use]
    pub fn obsolete_ms(&self, rules: &Rules) -> i64 {
        let known = self.known.iter().map(|known| known.succeeded_ms.saturating_add(rules.known_for_ms)).max();
        let strangers = self.strangers.iter().map(|stranger| stranger.failures.last_ms);
        let strangers = strangers.fold(self.crowd.last_ms, i64::max).saturating_add(rules.forget_after_ms);
        known.map_or(strangers, |known| known.max(strangers))
    }

    fn forget(&mut self, rules: &Rules, now_ms: i64) {
        self.known.retain(|known| known.succeeded_ms.saturating_add(rules.known_for_ms) > now_ms);
        self.strangers.retain_mut(|stranger| !stranger.failures.is_forgotten(rules, now_ms));
        for known in &mut self.known {
            known.failures.is_forgotten(rules, now_ms);
        }
        if self.crowd.is_forgotten(rules, now_ms) {
            self.strangers.iter_mut().for_each(|stranger| stranger.shared = 0);
        } else if self.strangers.is_empty() {
            // Of a version that knew no single strangers: it may all have been one, and counts as one.
            let excess = self.crowd.count.saturating_sub(Schedule::of_one(rules).free);
            self.crowd.take_back(excess, &Schedule::of_all(rules));
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

/// An address that the account has not logged in from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stranger {
    #[serde(rename = "a")]
    address: String,
    #[serde(rename = "f")]
    failures: Failures,
    /// How many of them are in the count of all strangers too.
    #[serde(rename = "c")]
    shared: u32,
}

/// How many addresses it takes, each with all of its free failures, before all strangers wait.
pub const CROWD: u32 = 10;

/// Strangers that are told apart; the one quiet for longest goes first. More than [`CROWD`]: whoever comes from so many
/// addresses that one is forgotten makes all strangers wait.
const STRANGERS: usize = 16;

#[cfg(test)]
mod tests;
