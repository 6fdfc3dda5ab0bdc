//! Which backups stay, with the meaning of restic's `forget`.
//!
//! For each rule `n` times a period the newest backup of each of the last n periods that have one stays; one backup can
//! serve several rules. Only what has been restored counts: a backup that was not pushes none out that was. What is
//! incomplete is not looked at and not touched. Besides the rules: the newest that is verified always stays, and so does
//! what is newer than it and may yet be; what is dated in the future stays and counts for nothing, and an empty policy
//! deletes nothing.

use chrono::{DateTime, Datelike as _};

/// How many of which periods, all in UTC; a week begins on Monday.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Days.
    pub daily: u32,
    /// Weeks, as ISO 8601 has them.
    pub weekly: u32,
    /// Months.
    pub monthly: u32,
}

impl Policy {
    /// Reads `7d 4w 12m`: each period at most once, in any order; nothing keeps everything.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut policy = Self::default();
        let mut seen = Vec::new();
        for word in text.split_ascii_whitespace() {
            let unit = word.chars().last().unwrap_or_default();
            let number = word
                .strip_suffix(unit)
                .and_then(|digits| digits.parse::<u32>().ok())
                .filter(|n| (1..=1_000).contains(n));
            let (Some(number), false) = (number, seen.contains(&unit)) else { return Err(FORM) };
            match unit {
                'd' => policy.daily = number,
                'w' => policy.weekly = number,
                'm' => policy.monthly = number,
                _ => return Err(FORM),
            }
            seen.push(unit);
        }
        Ok(policy)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A backup that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// As of when it is, ms since 1970.
    pub at_ms: i64,
    /// It has been restored.
    pub verified: bool,
}

/// What becomes of a backup, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its id.
    pub id: String,
    /// Why it stays; nothing: it goes.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// It stays.
    #[must_use]
    pub fn stays(&self) -> bool {
        !self.reasons.is_empty()
    }
}

/// Applies a policy. Newest first.
#[must_use]
pub fn forget(policy: &Policy, backups: &[Kept], now_ms: i64) -> Vec<Verdict> {
    let mut backups = backups.to_vec();
    backups.sort_by(|a, b| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id)));
    let mut verdicts: Vec<_> =
        backups.iter().map(|backup| Verdict { id: backup.id.clone(), reasons: Vec::new() }).collect();
    let mut note = |at: usize, reason: String| {
        if let Some(verdict) = verdicts.get_mut(at) {
            verdict.reasons.push(reason);
        }
    };
    let mut seen_verified = false;
    for (at, backup) in backups.iter().enumerate() {
        let future = backup.at_ms > now_ms;
        if policy.is_empty() {
            note(at, "the policy is empty".into());
        }
        if future {
            note(at, "dated in the future".into());
        } else if !backup.verified && !seen_verified {
            note(at, "not verified, and none newer is".into());
        } else if !seen_verified {
            seen_verified = true;
            note(at, "newest verified".into());
        }
    }
    for (count, what, period) in [
        (policy.daily, "day", day as fn(i64) -> String),
        (policy.weekly, "week", week),
        (policy.monthly, "month", month),
    ] {
        let (mut left, mut last) = (count, None);
        let counts = |backup: &Kept| backup.verified && backup.at_ms <= now_ms;
        for (at, backup) in backups.iter().enumerate().filter(|(_, backup)| counts(backup)) {
            let own = Some(period(backup.at_ms));
            if left > 0 && own != last {
                note(at, format!("newest of {what} {}", own.as_deref().unwrap_or_default()));
                left -= 1;
            }
            last = own;
        }
    }
    verdicts
}

fn date(ms: i64) -> chrono::NaiveDate {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().date_naive()
}

fn day(ms: i64) -> String {
    date(ms).to_string()
}

fn week(ms: i64) -> String {
    let week = date(ms).iso_week();
    format!("{}-W{:02}", week.year(), week.week())
}

fn month(ms: i64) -> String {
    let date = date(ms);
    format!("{}-{:02}", date.year(), date.month())
}

const FORM: &str = "must be numbers from 1 to 1000 of days, weeks and months, such as `7d 4w 12m`, or empty";

#[cfg(test)]
mod tests;
