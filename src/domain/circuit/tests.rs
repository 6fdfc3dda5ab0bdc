use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules { failures: 3, first_open_ms: 1_000, longest_open_ms: 5_000, probe_ms: 300 };

/// A circuit that has just opened at 0.
fn opened() -> Circuit {
    let mut circuit = Circuit::default();
    for _ in 0..3 {
        assert_eq!(circuit.admit(&RULES, 0), Passage::Open);
        circuit.report(&RULES, 0, false);
    }
    circuit
}

#[test]
fn opens_after_so_many_failures_in_a_row() {
    let mut circuit = Circuit::default();
    for ok in [false, false, true, false, false] {
        assert_eq!(circuit.admit(&RULES, 0), Passage::Open);
        circuit.report(&RULES, 0, ok);
    }
    assert_eq!(circuit.admit(&RULES, 0), Passage::Open, "a success in between begins the row anew");
    circuit.report(&RULES, 0, false);
    assert_eq!(circuit.admit(&RULES, 0), Passage::Shut(1_000));
    assert_eq!(circuit.admit(&RULES, 999), Passage::Shut(1));
}

#[test]
fn lets_one_probe_through_and_closes_on_its_success() {
    let mut circuit = opened();
    assert_eq!(circuit.admit(&RULES, 1_000), Passage::Open);
    assert_eq!(circuit.admit(&RULES, 1_000), Passage::Shut(300), "one at a time");
    circuit.report(&RULES, 1_100, true);
    assert_eq!(circuit, Circuit::default());
}

#[test]
fn stays_open_longer_with_each_failed_probe_up_to_a_limit() {
    let mut circuit = opened();
    let mut now = 1_000;
    for open_ms in [2_000, 4_000, 5_000, 5_000] {
        assert_eq!(circuit.admit(&RULES, now), Passage::Open);
        circuit.report(&RULES, now, false);
        assert_eq!(circuit.admit(&RULES, now), Passage::Shut(open_ms));
        now += open_ms;
    }
}

#[test]
fn a_probe_that_never_reports_gives_its_place_up() {
    let mut circuit = opened();
    assert_eq!(circuit.admit(&RULES, 1_000), Passage::Open);
    assert_eq!(circuit.admit(&RULES, 1_299), Passage::Shut(1));
    assert_eq!(circuit.admit(&RULES, 1_300), Passage::Open);
}

#[test]
fn late_failures_from_before_the_opening_do_not_prolong_it() {
    let mut circuit = opened();
    circuit.report(&RULES, 900, false);
    assert_eq!(circuit.admit(&RULES, 1_000), Passage::Open);
}

#[test]
fn a_clock_that_jumps_back_keeps_it_open_no_longer_than_ever() {
    let mut circuit = opened();
    assert_eq!(circuit.admit(&RULES, -1_000_000_000), Passage::Shut(5_000));
    assert_eq!(circuit.admit(&RULES, -1_000_000_000 + 5_000), Passage::Open);
}

proptest! {
    #[test]
    fn is_never_shut_for_good(steps in prop::collection::vec((any::<bool>(), any::<bool>(), -10_000..10_000_i64), 0..60)) {
        let mut circuit = Circuit::default();
        let mut now = 0;
        for (admit, ok, jump) in steps {
            now += jump;
            if admit {
                if let Passage::Shut(wait) = circuit.admit(&RULES, now) {
                    prop_assert!(wait > 0 && wait <= RULES.longest_open_ms);
                }
            } else {
                circuit.report(&RULES, now, ok);
            }
        }
        // Whoever asks after a clock jumped back waits the longest time at most, counted from that question.
        circuit.admit(&RULES, now);
        now += RULES.longest_open_ms.max(RULES.probe_ms);
        prop_assert_eq!(circuit.admit(&RULES, now), Passage::Open);
    }
}
