//! How available something has been, from its probes. Pure.

/// Probes of one part in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedHour {
    /// The part.
    pub part: String,
    /// The first probe of the hour that was not answered, ms.
    pub first_failure: i64,
    /// The last one, ms.
    pub last_failure: i64,
}

/// A time during which a part did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The part.
    pub part: String,
    /// The first probe that failed, ms.
    pub started_ms: i64,
    /// When it was over: one period after the last probe that failed; `None` while it lasts.
    pub ended_ms: Option<i64>,
}

/// Incidents from the hours that had failures, the newest first. Failures that follow each other within two periods are one
/// incident; within an hour everything between the first and the last is. `down` are the parts that are down now.
#[must_use]
pub fn incidents(mut hours: Vec<FailedHour>, down: &[&str], period_ms: i64) -> Vec<Incident> {
    hours.sort_by(|a, b| (&a.part, a.first_failure).cmp(&(&b.part, b.first_failure)));
    let mut found: Vec<(String, i64, i64)> = Vec::new();
    for hour in hours {
        match found.last_mut() {
            Some((part, _, last)) if *part == hour.part && hour.first_failure - *last <= 2 * period_ms => {
                *last = hour.last_failure.max(*last);
            }
            _ => found.push((hour.part, hour.first_failure, hour.last_failure)),
        }
    }
    let newest_of = |part: &str| found.iter().filter(|one| one.0 == part).map(|one| one.1).max();
    let mut incidents: Vec<_> = found
        .iter()
        .map(|(part, started_ms, last)| {
            let lasts = down.contains(&part.as_str()) && newest_of(part) == Some(*started_ms);
            let ended_ms = if lasts { None } else { Some(last + period_ms) };
            Incident { part: part.clone(), started_ms: *started_ms, ended_ms }
        })
        .collect();
    incidents.sort_by_key(|incident| std::cmp::Reverse(incident.started_ms));
    incidents
}

/// The share of probes that were answered; `None` when there were none.
#[must_use]
pub fn availability(ok: i64, failed: i64) -> Option<f64> {
    let probes = ok.saturating_add(failed);
    #[expect(clippy::cast_precision_loss, reason = "counts of probes")]
    (probes > 0).then(|| ok as f64 / probes as f64)
}

/// What is promised.
pub const TARGET: f64 = 0.999;

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: i64 = 300_000;
    const HOUR: i64 = 3_600_000;

    fn hour(part: &str, first_failure: i64, last_failure: i64) -> FailedHour {
        FailedHour { part: part.into(), first_failure, last_failure }
    }

    #[test]
    fn failures_that_follow_each_other_are_one_incident_also_over_the_hour() {
        let hours = vec![
            hour("database", HOUR, HOUR + 300_000),
            hour("database", HOUR - 600_000, HOUR - 300_000),
            hour("objects", 0, 0),
        ];
        let expected = [
            Incident { part: "database".into(), started_ms: HOUR - 600_000, ended_ms: Some(HOUR + 600_000) },
            Incident { part: "objects".into(), started_ms: 0, ended_ms: Some(PERIOD) },
        ];
        assert_eq!(incidents(hours, &[], PERIOD), expected);
    }

    #[test]
    fn only_the_newest_incident_of_a_part_that_is_down_lasts() {
        let hours =
            vec![hour("database", 0, 0), hour("database", 5 * HOUR, 5 * HOUR), hour("objects", 6 * HOUR, 6 * HOUR)];
        let found = incidents(hours, &["database"], PERIOD);
        let ends: Vec<_> = found.iter().map(|one| (one.part.as_str(), one.ended_ms)).collect();
        assert_eq!(ends, [("objects", Some(6 * HOUR + PERIOD)), ("database", None), ("database", Some(PERIOD))]);
    }

    #[test]
    fn a_share_needs_probes() {
        assert_eq!(availability(0, 0), None);
        assert_eq!(availability(999, 1), Some(0.999));
        assert_eq!(availability(0, 5), Some(0.0));
    }
}
