//! A circuit breaker: whoever fails again and again is left alone for a while, and then asked once.
//!
//! Closed, it lets everything pass and counts failures in a row. At so many it opens: nothing passes. When its time is over
//! one call passes as a probe; its success closes the circuit, its failure opens it again for twice as long, up to a limit.
//! A probe that never reports keeps its place only so long.

use serde::{Deserialize, Serialize};

/// The numbers of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open the first time.
    pub first_open_ms: i64,
    /// It never stays open for longer.
    pub longest_open_ms: i64,
    /// How long a probe may take.
    pub probe_ms: i64,
}

/// Whether a call may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passage {
    /// It may, and must report.
    Open,
    /// Not before so many milliseconds.
    Shut(i64),
}

/// The state of one breaker. Serialises into one row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circuit {
    /// Failures in a row while closed.
    #[serde(rename = "f")]
    failures: u32,
    /// How often it has opened without closing in between; 0: it is closed.
    #[serde(rename = "o")]
    opened: u32,
    /// Nothing passes before.
    #[serde(rename = "u")]
    until_ms: i64,
    /// A probe is on its way; `until_ms` is then the end of its patience.
    #[serde(rename = "p")]
    probing: bool,
}

impl Circuit {
    /// Lets a call pass, or says how long to leave the other side alone.
    pub fn admit(&mut self, rules: &Rules, now_ms: i64) -> Passage {
        if self.opened == 0 {
            return Passage::Open;
        }
        // A clock that has jumped back must not keep it open for years.
        self.until_ms = self.until_ms.min(now_ms.saturating_add(rules.longest_open_ms.max(rules.probe_ms)));
        if now_ms < self.until_ms {
            return Passage::Shut(self.until_ms.saturating_sub(now_ms));
        }
        self.probing = true;
        self.until_ms = now_ms.saturating_add(rules.probe_ms);
        Passage::Open
    }

    /// Takes the report of a call that had passed.
    pub fn report(&mut self, rules: &Rules, now_ms: i64, ok: bool) {
        if ok {
            *self = Self::default();
        } else if self.opened == 0 {
            self.failures = self.failures.saturating_add(1);
            if self.failures >= rules.failures {
                self.open(rules, now_ms);
            }
        } else if self.probing {
            self.open(rules, now_ms);
        }
        // Otherwise it is the late report of a call from before the opening: nothing new.
    }

    fn open(&mut self, rules: &Rules, now_ms: i64) {
        let factor = 1_i64.checked_shl(self.opened).filter(|factor| *factor > 0).unwrap_or(i64::MAX);
        let open_ms = rules.first_open_ms.saturating_mul(factor).min(rules.longest_open_ms);
        *self = Self {
            failures: 0,
            opened: self.opened.saturating_add(1),
            until_ms: now_ms.saturating_add(open_ms),
            probing: false,
        };
    }
}

#[cfg(test)]
mod tests;
