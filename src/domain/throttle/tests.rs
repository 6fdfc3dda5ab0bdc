use proptest::prelude::*;

use super::*;

const HOME: &str = "203.0.113.7";
const STRANGER: &str = "198.51.100.1";

fn rules() -> Rules {
    Rules::default()
}

fn owned() -> State {
    let mut state = State::default();
    assert_eq!(state.begin(&rules(), HOME, 0), Wait::None);
    state.succeed(&rules(), HOME, 0);
    state
}

#[test]
fn five_failures_are_free_then_waits_double_up_to_a_quarter_of_an_hour() {
    let mut state = State::default();
    let mut now = 1_000;
    for _ in 0..5 {
        assert_eq!(state.begin(&rules(), STRANGER, now), Wait::None);
    }
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        assert_eq!(state.begin(&rules(), STRANGER, now), Wait::Milliseconds(seconds * 1_000));
        assert_eq!(state.begin(&rules(), STRANGER, now + seconds * 1_000 - 1), Wait::Milliseconds(1));
        now += seconds * 1_000;
        assert_eq!(state.begin(&rules(), STRANGER, now), Wait::None);
    }
}

#[test]
fn of_guesses_sent_at_once_only_the_free_ones_pass() {
    let mut state = State::default();
    let passed = (0..1_000).filter(|_| state.begin(&rules(), STRANGER, 7) == Wait::None).count();
    assert_eq!(passed, 5);
}

#[test]
fn s12_changing_the_address_gains_a_stranger_ten_times_the_free_guesses_and_no_more() {
    let mut state = owned();
    let passed = (0..1_000).filter(|n| state.begin(&rules(), &format!("2001:db8:{n:x}::/64"), 7) == Wait::None).count();
    assert_eq!(passed, 50);
    assert_eq!(state.strangers.len(), STRANGERS);
    // From then on all strangers together are slowed as one is, whether they came before or not.
    let mut now = 7;
    for seconds in [1, 2, 4, 8] {
        for address in [STRANGER, "2001:db8:3e7::/64"] {
            assert_eq!(state.begin(&rules(), address, now), Wait::Milliseconds(seconds * 1_000));
        }
        now += seconds * 1_000;
        assert_eq!(state.begin(&rules(), "2001:db8:3e7::/64", now), Wait::None);
    }
    assert_eq!(state.begin(&rules(), HOME, now), Wait::None);
}

#[test]
fn one_address_never_makes_another_wait_however_long_it_guesses() {
    let mut state = State::default();
    let mut now = 0;
    let mut guesses = 0;
    while now < 30 * DAY_MS {
        match state.begin(&rules(), STRANGER, now) {
            Wait::None => guesses += 1,
            Wait::Milliseconds(wait) => now += wait,
        }
    }
    assert!(guesses > 2_000, "{guesses}");
    for _ in 0..5 {
        assert_eq!(state.begin(&rules(), "192.0.2.1", now), Wait::None);
    }
}

#[test]
fn it_takes_ten_addresses_to_make_all_strangers_wait() {
    let guess = |addresses: u32| {
        let mut state = owned();
        for n in 0..addresses {
            for _ in 0..20 {
                state.begin(&rules(), &format!("198.51.100.{n}"), 0);
            }
        }
        state.begin(&rules(), "192.0.2.1", 0)
    };
    assert_eq!(guess(9), Wait::None);
    assert_eq!(guess(10), Wait::Milliseconds(1_000));
}

#[test]
fn a_success_takes_the_failures_of_its_address_back_from_the_count_of_all() {
    let mut state = State::default();
    for n in 0..1_000 {
        let address = format!("192.0.2.{}", n % 200);
        for _ in 0..3 {
            assert_eq!(state.begin(&rules(), &address, n), Wait::None);
        }
        state.succeed(&rules(), &address, n);
    }
    assert_eq!(state.crowd.count, 0);
}

#[test]
fn an_attempt_that_came_to_no_comparison_is_taken_back_from_both_counts() {
    let mut state = State::default();
    for _ in 0..1_000 {
        assert_eq!(state.begin(&rules(), STRANGER, 0), Wait::None);
        state.withdraw(&rules(), STRANGER);
    }
    assert_eq!((state.crowd.count, state.strangers[0].shared), (0, 0));
    // One that only its own count holds is taken back from that alone.
    for now in [0, 0, 0, 0, 0, 1_000] {
        assert_eq!(state.begin(&rules(), STRANGER, now), Wait::None);
    }
    state.withdraw(&rules(), STRANGER);
    assert_eq!((state.crowd.count, state.strangers[0].failures.count), (5, 5));
    // One that has been forgotten meanwhile stays counted.
    state.withdraw(&rules(), "192.0.2.1");
    assert_eq!(state.crowd.count, 5);
}

#[test]
fn a_state_of_a_version_that_knew_no_single_strangers_goes_on_as_if_it_had_been_one() {
    let stored = r#"{"s":{"n":70,"l":1000,"w":900000},"k":[{"a":"203.0.113.7","t":0,"f":{"n":5,"l":1000,"w":1000}}]}"#;
    let mut state: State = serde_json::from_str(stored).unwrap();
    assert_eq!(state.begin(&rules(), HOME, 1_500), Wait::Milliseconds(500), "who was known still is");
    assert_eq!(state.begin(&rules(), STRANGER, 1_500), Wait::None);
    assert_eq!(state.crowd.count, 6);
}

#[test]
fn a_strangers_guessing_never_makes_the_owner_wait_at_home() {
    let mut state = owned();
    for now in 0..10_000 {
        state.begin(&rules(), STRANGER, now);
    }
    assert_eq!(state.begin(&rules(), HOME, 10_000), Wait::None);
}

#[test]
fn the_owners_success_at_home_does_not_free_the_stranger() {
    let mut state = owned();
    for _ in 0..6 {
        state.begin(&rules(), STRANGER, 0);
    }
    state.succeed(&rules(), HOME, 0);
    assert_eq!(state.begin(&rules(), STRANGER, 0), Wait::Milliseconds(1_000));
}

#[test]
fn a_success_clears_the_failures_it_was_counted_among() {
    let mut state = State::default();
    for _ in 0..5 {
        state.begin(&rules(), STRANGER, 0);
    }
    state.succeed(&rules(), STRANGER, 0);
    for _ in 0..5 {
        assert_eq!(state.begin(&rules(), STRANGER, 0), Wait::None);
    }
    assert_eq!(state.begin(&rules(), STRANGER, 0), Wait::Milliseconds(1_000));
    assert_eq!(state.begin(&rules(), "192.0.2.1", 0), Wait::None);
}

#[test]
fn failures_are_forgotten_after_a_day_of_quiet() {
    let mut state = State::default();
    for _ in 0..5 {
        state.begin(&rules(), STRANGER, 0);
    }
    assert_eq!(state.begin(&rules(), STRANGER, DAY_MS - 1), Wait::None);
    assert_eq!(state.begin(&rules(), STRANGER, DAY_MS), Wait::Milliseconds(1_999));
    for _ in 0..5 {
        assert_eq!(state.begin(&rules(), STRANGER, 2 * DAY_MS), Wait::None);
    }
}

#[test]
fn the_unknown_address_never_becomes_a_known_one() {
    let mut state = State::default();
    state.begin(&rules(), UNKNOWN, 0);
    state.succeed(&rules(), UNKNOWN, 0);
    assert_eq!(state, State { crowd: state.crowd.clone(), ..State::default() });
}

#[test]
fn sixteen_addresses_are_remembered_and_the_one_unused_for_longest_goes() {
    let mut state = owned();
    for n in 1..=16 {
        state.succeed(&rules(), &format!("192.0.2.{n}"), n);
    }
    assert_eq!(state.known.len(), 16);
    assert!(!state.known.iter().any(|known| known.address == HOME));
}

#[test]
fn an_address_is_forgotten_after_ninety_days() {
    let mut state = owned();
    assert_eq!(state.obsolete_ms(&rules()), 90 * DAY_MS);
    state.begin(&rules(), HOME, 90 * DAY_MS - 1);
    assert_eq!(state.known.len(), 1);
    state.begin(&rules(), HOME, 90 * DAY_MS);
    assert_eq!(state.known.len(), 0);
}

#[test]
fn a_clock_that_jumps_back_stretches_no_wait() {
    let mut state = State::default();
    for _ in 0..5 {
        state.begin(&rules(), STRANGER, 1_000_000_000);
    }
    assert_eq!(state.begin(&rules(), STRANGER, 5_000), Wait::Milliseconds(1_000));
    assert_eq!(state.begin(&rules(), STRANGER, 5_999), Wait::Milliseconds(1));
    assert_eq!(state.begin(&rules(), STRANGER, 6_000), Wait::None);
}

#[test]
fn s28_golden_stored_form() {
    let mut state = owned();
    state.begin(&rules(), STRANGER, 9);
    let stored = concat!(
        r#"{"s":{"n":1,"l":9,"w":0},"k":[{"a":"203.0.113.7","t":0,"f":{"n":0,"l":0,"w":0}}],"#,
        r#""a":[{"a":"198.51.100.1","f":{"n":1,"l":9,"w":0},"c":1}]}"#
    );
    assert_eq!(serde_json::to_string(&state).unwrap(), stored);
    assert_eq!(serde_json::from_str::<State>(stored).unwrap(), state);
}

#[derive(Debug, Clone)]
enum Step {
    Begin { address: u8, gap: i64 },
    Succeed { address: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![4 => 0_i64..3_000, 2 => 0_i64..1_000_000, 1 => 0_i64..100 * DAY_MS];
    let begin = (0_u8..4, gap).prop_map(|(address, gap)| Step::Begin { address, gap });
    let succeed = (0_u8..4).prop_map(|address| Step::Succeed { address });
    prop::collection::vec(prop_oneof![8 => begin, 1 => succeed], 1..200)
}

proptest! {
    #[test]
    fn no_wait_is_longer_than_the_cap_and_none_is_empty(steps in steps(), jumps in prop::collection::vec(any::<bool>(), 200)) {
        let mut state = State::default();
        let mut now: i64 = 0;
        for (step, back) in steps.into_iter().zip(jumps) {
            match step {
                Step::Begin { address, gap } => {
                    now += if back { -gap } else { gap };
                    if let Wait::Milliseconds(wait) = state.begin(&rules(), &address.to_string(), now) {
                        prop_assert!((1..=15 * MINUTE_MS).contains(&wait));
                        // Whoever waits as told gets in.
                        prop_assert_eq!(state.clone().begin(&rules(), &address.to_string(), now + wait), Wait::None);
                    }
                }
                Step::Succeed { address } => state.succeed(&rules(), &address.to_string(), now),
            }
        }
    }

    /// The schedule, written down another way: guess number n+1 is at least wait(n) after guess number n. That of one
    /// stranger among others, and that of all of them.
    #[test]
    fn strangers_never_get_more_guesses_than_the_schedule_allows(
        steps in prop::collection::vec((prop_oneof![0_i64..2_000, 0_i64..200_000], 0..256_u32), 1..400),
        strangers in prop_oneof![1..17_u32, 1..256_u32],
    ) {
        let mut state = owned();
        let mut guesses: Vec<(i64, u32)> = Vec::new();
        let mut now = 0;
        for (gap, who) in steps {
            now += gap;
            let who = who % strangers;
            if state.begin(&rules(), &format!("10.0.0.{who}"), now) == Wait::None {
                guesses.push((now, who));
            }
        }
        let keeps_to_it = |times: Vec<i64>, free: usize| {
            times.windows(2).enumerate().all(|(n, pair)| {
                let failures = n + 1;
                let wait = if failures < free { 0 } else { (1_000_i64 << (failures - free).min(20)).min(900_000) };
                pair[1] - pair[0] >= wait
            })
        };
        if strangers <= 16 {
            for stranger in 0..strangers {
                let own = guesses.iter().filter(|(_, who)| *who == stranger).map(|(time, _)| *time).collect();
                prop_assert!(keeps_to_it(own, 5), "stranger {stranger}");
            }
        }
        // In the count of all is what is free for its address, and everything once that is full.
        let mut by_stranger = std::collections::BTreeMap::<u32, u32>::new();
        let mut shared = Vec::new();
        for (time, who) in guesses {
            let own = by_stranger.entry(who).or_default();
            *own += 1;
            if *own <= 5 || shared.len() >= 50 {
                shared.push(time);
            }
        }
        prop_assert!(keeps_to_it(shared, 50));
    }

    #[test]
    fn fewer_than_ten_strangers_make_nobody_else_wait(steps in prop::collection::vec((0_i64..140_000, 0..9_u32), 1..600)) {
        let mut state = State::default();
        let mut now = 0;
        for (gap, who) in steps {
            now += gap;
            state.begin(&rules(), &format!("10.0.0.{who}"), now);
            prop_assert_eq!(state.clone().begin(&rules(), "192.0.2.1", now), Wait::None);
        }
    }

    #[test]
    fn the_owner_at_home_waits_for_nobodys_failures_but_their_own(steps in steps()) {
        let mut crowded = owned();
        let mut alone = owned();
        let mut now = 0;
        for step in steps {
            match step {
                Step::Begin { address: 0, gap } => {
                    now += gap.min(DAY_MS);
                    prop_assert_eq!(crowded.begin(&rules(), HOME, now), alone.begin(&rules(), HOME, now));
                }
                Step::Begin { address, gap } => {
                    now += gap.min(DAY_MS);
                    crowded.begin(&rules(), &format!("10.0.0.{address}"), now);
                }
                Step::Succeed { address: 0 } => {
                    crowded.succeed(&rules(), HOME, now);
                    alone.succeed(&rules(), HOME, now);
                }
                Step::Succeed { .. } => {}
            }
        }
    }

    #[test]
    fn stored_and_loaded_again_it_goes_on_alike(steps in steps()) {
        let mut state = State::default();
        let mut now = 0;
        for step in steps {
            let mut loaded: State = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
            match step {
                Step::Begin { address, gap } => {
                    now += gap;
                    let address = address.to_string();
                    prop_assert_eq!(loaded.begin(&rules(), &address, now), state.begin(&rules(), &address, now));
                }
                Step::Succeed { address } => state.succeed(&rules(), &address.to_string(), now),
            }
        }
    }

    #[test]
    fn no_time_makes_it_panic(times in prop::collection::vec(any::<i64>(), 1..20)) {
        let mut state = State::default();
        for now in times {
            let _ = state.begin(&rules(), HOME, now);
            state.succeed(&rules(), STRANGER, now);
            let _ = state.obsolete_ms(&rules());
        }
    }
}
