use proptest::prelude::*;

use super::*;

fn policy(text: &str) -> Policy {
    Policy::parse(text).unwrap()
}

#[test]
fn reads_policies_as_people_write_them() {
    for (text, windows, normal) in [
        ("10/hour", vec![(10, 3_600)], "10/hour"),
        ("5/minute;20/hour", vec![(5, 60), (20, 3_600)], "5/minute;20/hour"),
        ("20/hour; 5/minute", vec![(5, 60), (20, 3_600)], "5/minute;20/hour"),
        ("1/second", vec![(1, 1)], "1/second"),
        ("100000/day", vec![(100_000, 86_400)], "100000/day"),
        ("10/15m", vec![(10, 900)], "10/15m"),
        ("10/60s", vec![(10, 60)], "10/minute"),
        ("10/1h", vec![(10, 3_600)], "10/hour"),
        ("10/90s", vec![(10, 90)], "10/90s"),
        ("10/31d", vec![(10, 31 * 86_400)], "10/31d"),
        ("1/1s;2/2s;3/3s;4/4s", vec![(1, 1), (2, 2), (3, 3), (4, 4)], "1/second;2/2s;3/3s;4/4s"),
    ] {
        let policy = policy(text);
        let read: Vec<_> = policy.windows.iter().map(|window| (window.limit, window.seconds)).collect();
        assert_eq!(read, windows, "{text}");
        assert_eq!(policy.to_string(), normal);
    }
}

#[test]
fn refuses_everything_else() {
    use PolicyProblem::{Form, Length, Limit, SameLength, TooManyWindows};
    for (text, problem) in [
        ("", Form),
        ("10", Form),
        ("10 per hour", Form),
        ("10/hour;", Form),
        (";10/hour", Form),
        ("10/hour,5/minute", Length),
        ("0/hour", Limit),
        ("100001/hour", Limit),
        ("-1/hour", Limit),
        ("+1/hour", Limit),
        ("01/hour", Limit),
        ("1.5/hour", Limit),
        ("1e3/hour", Limit),
        ("٣/hour", Limit),
        (" /hour", Limit),
        ("10 /hour", Limit),
        ("99999999999999999999/hour", Limit),
        ("10/", Length),
        ("10/hours", Length),
        ("10/Hour", Length),
        ("10/week", Length),
        ("10/0s", Length),
        ("10/h", Length),
        ("10/-1h", Length),
        ("10/1.5h", Length),
        ("10/32d", Length),
        ("10/99999999d", Length),
        ("10/3600", Length),
        ("10/hour/hour", Length),
        ("10/1é", Length),
        ("10/hour;20/hour", SameLength),
        ("10/minute;20/60s", SameLength),
        ("1/1s;1/2s;1/3s;1/4s;1/5s", TooManyWindows),
    ] {
        assert_eq!(Policy::parse(text), Err(problem), "{text:?}");
    }
}

#[test]
fn admits_ten_and_refuses_the_eleventh_until_the_first_is_an_hour_old() {
    let policy = policy("10/hour");
    let mut log = SlidingLog::default();
    for call in 0..10 {
        let decision = log.take(&policy, call, 1);
        let window = WindowState { remaining: 9 - u32::try_from(call).unwrap(), reset_ms: 3_600_000 - call };
        assert_eq!(decision, Decision { admitted: true, windows: vec![window], retry_after_ms: None });
    }
    let refused = log.take(&policy, 10, 1);
    let window = WindowState { remaining: 0, reset_ms: 3_599_990 };
    assert_eq!(refused, Decision { admitted: false, windows: vec![window], retry_after_ms: Some(3_599_990) });
    assert!(!log.take(&policy, 3_599_999, 1).admitted);
    assert!(log.take(&policy, 3_600_000, 1).admitted);
    assert!(!log.take(&policy, 3_600_000, 1).admitted);
    assert!(log.take(&policy, 3_600_001, 1).admitted);
}

#[test]
fn a_refused_call_does_not_count() {
    let policy = policy("1/minute");
    let mut log = SlidingLog::default();
    assert!(log.take(&policy, 0, 1).admitted);
    for now in 1..60_000 {
        assert!(!log.take(&policy, now, 1).admitted);
    }
    assert!(log.take(&policy, 60_000, 1).admitted);
    assert_eq!(log.len(), 1);
}

#[test]
fn all_windows_must_have_room_and_the_longest_wait_counts() {
    let policy = policy("2/minute;3/hour");
    let mut log = SlidingLog::load(vec![0, 1]);
    assert_eq!(log.take(&policy, 2, 1).retry_after_ms, Some(59_998));
    assert!(log.take(&policy, 60_000, 1).admitted);
    let refused = log.take(&policy, 60_001, 1);
    assert_eq!(refused.retry_after_ms, Some(3_600_000 - 60_001));
    assert_eq!(refused.windows.iter().map(|window| window.remaining).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn a_clock_that_jumps_back_opens_nothing() {
    let policy = policy("2/minute");
    let mut log = SlidingLog::default();
    assert!(log.take(&policy, 100_000, 1).admitted);
    assert!(log.take(&policy, 40_000, 1).admitted);
    let refused = log.take(&policy, 50_000, 1);
    assert_eq!((refused.admitted, refused.retry_after_ms), (false, Some(110_000)));
    assert_eq!(log.newest(), Some(100_000));
}

#[test]
fn a_stricter_policy_holds_for_calls_admitted_before() {
    let mut log = SlidingLog::load((0..10).collect());
    assert!(!log.take(&policy("5/minute"), 100, 1).admitted);
    assert!(log.take(&policy("20/minute"), 100, 1).admitted);
}

#[test]
fn what_is_forgotten_is_what_counts_no_more() {
    let policy = policy("2/second;3/minute");
    let mut log = SlidingLog::load(vec![5, 6]);
    assert_eq!(log.forgotten(&policy, 60_005), 5);
    log.prune(&policy, 60_004);
    assert_eq!(log.len(), 2);
    log.prune(&policy, 60_005);
    assert_eq!(log.len(), 1);
    log.prune(&policy, i64::MAX);
    assert!(log.is_empty());
}

#[test]
fn no_time_makes_it_panic() {
    let policy = policy("1/second;2/31d");
    for times in [[i64::MIN, i64::MAX], [i64::MAX, i64::MIN], [0, i64::MIN], [i64::MAX, i64::MAX]] {
        let mut log = SlidingLog::load(times.to_vec());
        for now in times {
            let _ = log.take(&policy, now, 1);
        }
    }
}

#[test]
fn several_calls_pass_together_or_not_at_all() {
    let policy = policy("3/minute;5/hour");
    let mut log = SlidingLog::default();
    assert!(log.take(&policy, 0, 2).admitted);
    let refused = log.take(&policy, 10, 2);
    assert_eq!((refused.admitted, refused.retry_after_ms, log.len()), (false, Some(59_990), 2));
    assert_eq!(refused.windows.first().map(|window| window.remaining), Some(1));
    assert!(log.take(&policy, 20, 1).admitted, "what is left is still to be had");
    assert!(log.take(&policy, 60_020, 2).admitted);
    assert_eq!(log.take(&policy, 60_030, 1).retry_after_ms, Some(3_600_000 - 60_030));
}

#[test]
fn more_calls_than_a_window_ever_holds_are_never_admitted_and_no_wait_is_promised() {
    let policy = policy("3/minute;5/hour");
    let mut log = SlidingLog::default();
    let refused = log.take(&policy, 0, 4);
    assert_eq!((refused.admitted, refused.retry_after_ms, log.len()), (false, None, 0));
    assert!(!log.take(&policy, 0, u32::MAX).admitted);
}

#[test]
fn no_call_at_all_is_admitted_and_counts_nothing() {
    let mut log = SlidingLog::load(vec![0]);
    assert!(log.take(&policy("1/minute"), 1, 0).admitted);
    assert_eq!(log.len(), 1);
}

fn any_gap() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 0_i64..400, 1 => 0_i64..9_000, 1 => Just(1_000_i64)]
}

fn any_cost() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(1_u32), 2 => 1_u32..7]
}

prop_compose! {
    fn any_policy()(windows in prop::collection::btree_map(1_u32..8, 1_u32..6, 1..=4)) -> Policy {
        Policy { windows: windows.into_iter().map(|(seconds, limit)| Window { limit, seconds }).collect() }
    }
}

proptest! {
    /// The reference: a plain list of all admitted calls ever, counted anew for each call.
    #[test]
    fn decides_exactly_as_a_plain_log_of_admitted_calls(
        policy in any_policy(),
        calls in prop::collection::vec((any_gap(), any_cost()), 1..200),
    ) {
        let mut log = SlidingLog::default();
        let mut admitted: Vec<i64> = Vec::new();
        let mut now = 0;
        for (gap, cost) in calls {
            now += gap;
            let fits = policy.windows.iter().all(|window| {
                let counted = admitted.iter().filter(|time| now - **time < window.length_ms()).count();
                counted + cost as usize <= window.limit as usize
            });
            let decision = log.take(&policy, now, cost);
            prop_assert_eq!(decision.admitted, fits);
            if fits {
                admitted.extend((0..cost).map(|_| now));
            }
            for (window, state) in policy.windows.iter().zip(&decision.windows) {
                let counted: Vec<_> = admitted.iter().filter(|time| now - **time < window.length_ms()).collect();
                prop_assert_eq!(state.remaining as usize, window.limit as usize - counted.len());
                prop_assert_eq!(state.reset_ms, counted.first().map_or(0, |oldest| **oldest + window.length_ms() - now));
            }
            prop_assert!(log.len() <= policy.largest_limit());
        }
        // Over any half-open window that begins with an admitted call, so over any at all.
        for window in &policy.windows {
            for start in &admitted {
                let within = admitted.iter().filter(|time| (*start..*start + window.length_ms()).contains(*time)).count();
                prop_assert!(within <= window.limit as usize);
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_never_admits_more_than_the_limit_by_its_own_time(
        policy in any_policy(),
        calls in prop::collection::vec((0_i64..20_000, any_cost()), 1..200),
    ) {
        let mut log = SlidingLog::default();
        let mut stored = Vec::new();
        for (now, cost) in calls {
            if log.take(&policy, now, cost).admitted {
                stored.extend((0..cost).map(|_| log.newest().unwrap()));
            }
        }
        prop_assert!(stored.is_sorted());
        for window in &policy.windows {
            for start in &stored {
                let within = stored.iter().filter(|time| (*start..*start + window.length_ms()).contains(*time)).count();
                prop_assert!(within <= window.limit as usize);
            }
        }
    }

    #[test]
    fn after_the_wait_it_promises_the_call_passes_and_not_a_moment_before(
        policy in any_policy(),
        calls in prop::collection::vec((0_i64..700, any_cost()), 1..60),
    ) {
        let mut log = SlidingLog::default();
        let mut now = 0;
        for (gap, cost) in calls {
            now += gap;
            let decision = log.take(&policy, now, cost);
            match decision.retry_after_ms {
                Some(wait) => {
                    prop_assert!(wait >= 1);
                    prop_assert_eq!(log.room(&policy, now + wait - 1, cost), Room::After(1));
                    prop_assert!(log.clone().take(&policy, now + wait, cost).admitted);
                }
                None if !decision.admitted => prop_assert_eq!(log.room(&policy, i64::MAX, cost), Room::Never),
                None => {}
            }
        }
    }

    #[test]
    fn loading_the_stored_rows_changes_nothing(
        policy in any_policy(),
        steps in prop::collection::vec((0_i64..700, any_cost(), any::<bool>(), any::<bool>()), 1..80),
    ) {
        let mut steady = SlidingLog::default();
        let mut restarted = SlidingLog::default();
        let mut rows: Vec<i64> = Vec::new();
        let mut now = 0;
        for (gap, cost, restart, clean) in steps {
            now += gap;
            if restart {
                restarted = SlidingLog::load(rows.iter().rev().copied().collect());
            }
            let decision = restarted.take(&policy, now, cost);
            prop_assert_eq!(&decision, &steady.take(&policy, now, cost));
            if decision.admitted {
                rows.extend((0..cost).map(|_| restarted.newest().unwrap()));
            }
            if clean {
                let forgotten = restarted.forgotten(&policy, now);
                rows.retain(|time| *time > forgotten);
            }
        }
    }

    #[test]
    fn what_it_reads_it_writes_alike(text in "[0-9]{1,7}/([0-9]{0,6}[smhd]|second|minute|hour|day)(;[0-9]{1,3}/(hour|day|[0-9]{1,3}m)){0,4}") {
        if let Ok(policy) = Policy::parse(&text) {
            prop_assert_eq!(Policy::parse(&policy.to_string()), Ok(policy));
        }
    }

    #[test]
    fn answers_any_text(text in any::<String>()) {
        let _ = Policy::parse(&text);
    }
}
