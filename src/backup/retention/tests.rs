//! Properties of retention, held against a definition that goes period by period.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;
const NOW: i64 = 1_795_000_000_000;

fn backups() -> impl Strategy<Value = Vec<Kept>> {
    let one = (-900 * DAY..3 * DAY, any::<bool>());
    proptest::collection::vec(one, 0..60).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(at, (ago, verified))| Kept { id: format!("{at:03}"), at_ms: NOW + ago, verified })
            .collect()
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    (0..10_u32, 0..6_u32, 0..14_u32).prop_map(|(daily, weekly, monthly)| Policy { daily, weekly, monthly })
}

/// The newest of each of the last `n` periods that have one, by grouping.
fn by_period(backups: &[Kept], n: u32, period: fn(i64) -> String) -> Vec<String> {
    let mut groups: BTreeMap<i64, (String, Kept)> = BTreeMap::new();
    for backup in backups.iter().filter(|backup| backup.verified && backup.at_ms <= NOW) {
        groups.insert(-backup.at_ms, (period(backup.at_ms), backup.clone()));
    }
    let mut periods: Vec<String> = Vec::new();
    let mut newest = Vec::new();
    for (own, backup) in groups.into_values() {
        if !periods.contains(&own) {
            periods.push(own);
            newest.push(backup.id);
        }
    }
    newest.truncate(n as usize);
    newest
}

fn staying(policy: &Policy, backups: &[Kept]) -> Vec<String> {
    let mut ids: Vec<_> =
        forget(policy, backups, NOW).into_iter().filter(Verdict::stays).map(|verdict| verdict.id).collect();
    ids.sort();
    ids
}

proptest! {
    #[test]
    fn keeps_what_the_definition_keeps_and_nothing_else(policy in policies(), backups in backups()) {
        // Two backups of one millisecond are told apart by id; the definition by time alone does not.
        let mut backups = backups;
        backups.sort_by_key(|backup| backup.at_ms);
        backups.dedup_by_key(|backup| backup.at_ms);
        let mut wanted: Vec<String> = [
            by_period(&backups, policy.daily, day),
            by_period(&backups, policy.weekly, week),
            by_period(&backups, policy.monthly, month),
        ]
        .concat();
        wanted.extend(backups.iter().filter(|backup| backup.at_ms > NOW).map(|backup| backup.id.clone()));
        let newest = backups.iter().rev().find(|backup| backup.verified && backup.at_ms <= NOW);
        let since = newest.map_or(i64::MIN, |backup| backup.at_ms);
        wanted.extend(backups.iter().filter(|backup| backup.at_ms >= since).map(|backup| backup.id.clone()));
        if policy.is_empty() {
            wanted.extend(backups.iter().map(|backup| backup.id.clone()));
        }
        wanted.sort();
        wanted.dedup();
        prop_assert_eq!(staying(&policy, &backups), wanted);
    }

    #[test]
    fn never_lets_the_newest_verified_go(policy in policies(), backups in backups()) {
        let newest = backups.iter().filter(|backup| backup.verified && backup.at_ms <= NOW).map(|backup| backup.at_ms).max();
        let stay = staying(&policy, &backups);
        if let Some(newest) = newest {
            prop_assert!(backups.iter().any(|backup| backup.verified && backup.at_ms == newest && stay.contains(&backup.id)));
        }
    }

    #[test]
    fn what_was_not_restored_pushes_out_nothing_that_was(policy in policies(), backups in backups(), ago in 0..900 * DAY) {
        let before = staying(&policy, &backups);
        let mut with = backups;
        with.push(Kept { id: "unverified".into(), at_ms: NOW - ago, verified: false });
        let after = staying(&policy, &with);
        prop_assert!(before.iter().all(|id| after.contains(id)));
    }

    #[test]
    fn a_backup_of_the_future_pushes_nothing_out(policy in policies(), backups in backups(), ahead in 1..1000 * DAY) {
        let before = staying(&policy, &backups);
        let mut with = backups;
        with.push(Kept { id: "future".into(), at_ms: NOW + ahead, verified: true });
        let after = staying(&policy, &with);
        prop_assert!(before.iter().all(|id| after.contains(id)) && after.contains(&"future".to_owned()));
    }

    #[test]
    fn forgetting_twice_forgets_nothing_more(policy in policies(), backups in backups()) {
        let stay = staying(&policy, &backups);
        let left: Vec<_> = backups.into_iter().filter(|backup| stay.contains(&backup.id)).collect();
        prop_assert_eq!(staying(&policy, &left), stay);
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(policy in policies(), backups in backups()) {
        let mut reversed = backups.clone();
        reversed.reverse();
        prop_assert_eq!(forget(&policy, &backups, NOW), forget(&policy, &reversed, NOW));
    }
}

#[test]
fn an_empty_policy_deletes_nothing() {
    let backups: Vec<_> =
        (0..50).map(|at| Kept { id: at.to_string(), at_ms: NOW - at * DAY, verified: false }).collect();
    assert_eq!(staying(&Policy::default(), &backups).len(), 50);
}

#[test]
fn one_backup_serves_several_rules_and_says_so() {
    let policy = Policy::parse("1d 1w 1m").unwrap();
    let verdicts = forget(&policy, &[Kept { id: "a".into(), at_ms: 1_767_323_045_678, verified: true }], NOW);
    let reasons = ["newest verified", "newest of day 2026-01-02", "newest of week 2026-W01", "newest of month 2026-01"];
    assert_eq!(verdicts, [Verdict { id: "a".into(), reasons: reasons.map(str::to_owned).into() }]);
}

#[test]
fn reads_a_policy_strictly() {
    assert_eq!(Policy::parse("7d 4w 12m"), Ok(Policy { daily: 7, weekly: 4, monthly: 12 }));
    assert_eq!(Policy::parse(" 3m "), Ok(Policy { monthly: 3, ..Policy::default() }));
    assert_eq!(Policy::parse(""), Ok(Policy::default()));
    for wrong in ["7", "d", "0d", "1d 2d", "7x", "-1d", "1001d", "7 d", "7dé", "é"] {
        assert!(Policy::parse(wrong).is_err(), "{wrong}");
    }
}
