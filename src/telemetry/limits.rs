//! Limits that the receiver sets (<https://develop.sentry.dev/sdk/expected-features/rate-limiting/>). Pure.

use std::collections::BTreeMap;

/// Until when which category may not be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    all_until_ms: i64,
    until_ms: BTreeMap<&'static str, i64>,
}

impl Limits {
    /// Whether a category may not be sent now.
    #[must_use]
    pub fn forbid(&self, category: &str, now_ms: i64) -> bool {
        let until_ms = self.until_ms.get(category).copied().unwrap_or(0).max(self.all_until_ms);
        now_ms < until_ms
    }

    /// Takes note of an answer: `X-Sentry-Rate-Limits`, or without it `Retry-After`. What can't be read is passed over.
    pub fn update(&mut self, limits: Option<&str>, retry_after: Option<&str>, now_ms: i64) {
        let Some(limits) = limits else {
            if let Some(seconds) = retry_after.and_then(seconds) {
                self.all_until_ms = self.all_until_ms.max(now_ms + seconds);
            }
            return;
        };
        for limit in limits.split(',') {
            let mut parts = limit.trim().split(':');
            let Some(wait_ms) = parts.next().and_then(seconds) else { continue };
            let categories = parts.next().unwrap_or_default();
            if categories.is_empty() {
                self.all_until_ms = self.all_until_ms.max(now_ms + wait_ms);
            }
            for known in KNOWN {
                if categories.split(';').any(|category| category == known) {
                    let until_ms = self.until_ms.entry(known).or_default();
                    *until_ms = (*until_ms).max(now_ms + wait_ms);
                }
            }
        }
    }
}

/// As milliseconds; a day at most, so that nonsense does not silence everything for ever.
fn seconds(text: &str) -> Option<i64> {
    let seconds: f64 = text.trim().parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "within a day")]
    (0.0..=f64::MAX).contains(&seconds).then(|| (seconds.min(86_400.0) * 1000.0).ceil() as i64)
}

const KNOWN: [&str; 3] = ["error", "transaction", "monitor"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(limits: Option<&str>, retry_after: Option<&str>) -> Limits {
        let mut all = Limits::default();
        all.update(limits, retry_after, 1_000);
        all
    }

    #[test]
    fn reads_the_examples_of_the_specification() {
        let limits = after(Some("60:transaction:key, 2700:default;error;security:organization"), None);
        assert!(limits.forbid("transaction", 60_999) && !limits.forbid("transaction", 61_000));
        assert!(limits.forbid("error", 2_700_999) && !limits.forbid("monitor", 1_000));
        let all = after(Some("60::organization"), None);
        assert!(KNOWN.iter().all(|category| all.forbid(category, 60_999) && !all.forbid(category, 61_000)));
        let by_retry_after = after(None, Some("5"));
        assert!(by_retry_after.forbid("error", 5_999) && !by_retry_after.forbid("error", 6_000));
        let both = after(Some("1:error:key"), Some("100"));
        assert!(!both.forbid("transaction", 1_000), "the finer one counts");
    }

    proptest! {
        #[test]
        fn nonsense_is_passed_over(limits in ".{0,60}", retry_after in ".{0,20}") {
            let limits = after(Some(&limits), Some(&retry_after));
            prop_assert!(!limits.forbid("error", 1_000 + 86_400_000));
        }
    }
}
