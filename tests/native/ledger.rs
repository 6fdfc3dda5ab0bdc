//! The ledger on real SQLite: whatever happens, in whatever order, what was truly spent stays within every cap.

use std::collections::HashMap;

use edgekeep::domain::budget::{
    Both, Caps, Decision, Look, Micros, Passed, Reserve, Reserved, Scope, Settle, Settled, Span,
};
use edgekeep::domain::day::{day_of, day_text, start_ms};
use edgekeep::ports::DbError;
use edgekeep::store::ledger::{self, Sql};
use edgekeep::store::value::{Row, Statement};
use proptest::prelude::*;

use crate::support::sqlite_db::SqliteDb;

/// 2026-01-30T23:00:00Z: a day and a month end soon.
const START_MS: i64 = 1_769_814_000_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

struct Desk {
    sqlite: SqliteDb,
    caps: Both<Caps>,
    now_ms: i64,
}

impl Desk {
    fn with(installation: &str, account: &str) -> Self {
        let sqlite = SqliteDb::empty();
        ledger::create(&sqlite).unwrap();
        let caps = Both { installation: Caps::parse(installation).unwrap(), account: Caps::parse(account).unwrap() };
        Self { sqlite, caps, now_ms: START_MS }
    }

    fn reserve(&self, account: &str, amount: u64) -> Reserved {
        let asked = Reserve { account: account.into(), caps: self.caps, amount: Micros(amount) };
        ledger::reserve(&self.sqlite, &asked, self.now_ms).unwrap()
    }

    fn granted(&self, account: &str, amount: u64) -> i64 {
        match self.reserve(account, amount).decision {
            Decision::Granted(id) => id,
            Decision::Refused(_) => panic!("refused"),
        }
    }

    fn settle(&self, id: i64, cost: u64) -> Settled {
        let asked = Settle { id, caps: self.caps, cost: Micros(cost) };
        ledger::settle(&self.sqlite, &asked, self.now_ms).unwrap()
    }

    fn look(&self, account: Option<&str>) -> edgekeep::domain::budget::Spending {
        let asked = Look { account: account.map(Into::into), from_day: day_of(START_MS) - 30, top: 2 };
        ledger::spending(&self.sqlite, &asked, self.now_ms).unwrap()
    }
}

fn marks(passed: &[Passed]) -> Vec<(Scope, Span, u8)> {
    passed.iter().map(|passed| (passed.scope, passed.span, passed.percent)).collect()
}

#[test]
fn a_reservation_counts_at_once_and_is_settled_by_what_was_used() {
    let desk = Desk::with("1/day", "0.05/day");
    let id = desk.granted("ada", 30_000);
    assert_eq!(desk.look(Some("ada")).standing.day, Micros(30_000));
    assert!(matches!(desk.reserve("ada", 30_000).decision, Decision::Refused(Some(_))));
    assert_eq!(desk.settle(id, 1_000).counted, Some(Micros(1_000)));
    assert_eq!(desk.look(Some("ada")).standing.day, Micros(1_000));
    assert_eq!(desk.look(None).standing.day, Micros(1_000));
    desk.granted("ada", 49_000);
}

#[test]
fn a_reservation_that_nobody_settles_stays_spent() {
    let mut desk = Desk::with("1/day;20/month", "0.05/day");
    desk.granted("ada", 50_000);
    desk.now_ms += 2 * HOUR_MS; // the next day
    let spending = desk.look(Some("ada"));
    assert_eq!((spending.standing.day, spending.standing.month), (Micros(0), Micros(50_000)));
    assert_eq!(spending.days, [(day_of(START_MS), Micros(50_000))]);
}

#[test]
fn a_second_settlement_does_nothing_and_none_costs_more_than_was_reserved() {
    let desk = Desk::with("1/day", "1/day");
    let (first, second) = (desk.granted("ada", 1_000), desk.granted("ada", 1_000));
    assert_eq!(desk.settle(first, 100).counted, Some(Micros(100)));
    assert_eq!(desk.settle(first, 0).counted, None);
    assert_eq!(desk.settle(second, u64::MAX).counted, Some(Micros(1_000)));
    assert_eq!(desk.settle(999, 0).counted, None, "a number that was never given");
    assert_eq!(desk.look(None).standing.day, Micros(1_100));
}

#[test]
fn a_settlement_after_midnight_gives_back_to_the_day_of_the_call() {
    let mut desk = Desk::with("1/day;20/month", "0.05/day");
    let id = desk.granted("ada", 50_000);
    desk.now_ms += 2 * HOUR_MS;
    desk.granted("ada", 20_000);
    desk.settle(id, 7);
    let days = [(day_of(START_MS), Micros(7)), (day_of(START_MS) + 1, Micros(20_000))];
    assert_eq!(desk.look(Some("ada")).days, days);
    assert_eq!(desk.look(None).days, days);
}

#[test]
fn accounts_do_not_spend_each_others_budget_but_all_spend_the_installations() {
    let desk = Desk::with("0.12/day", "0.05/day");
    desk.granted("ada", 50_000);
    desk.granted("bob", 50_000);
    let tomorrow = Decision::Refused(Some(start_ms(day_of(START_MS) + 1)));
    assert_eq!(desk.reserve("ada", 1).decision, tomorrow);
    desk.granted("cleo", 20_000);
    assert_eq!(desk.reserve("dan", 1).decision, tomorrow);
    assert_eq!(desk.look(None).top, [("ada".into(), Micros(50_000)), ("bob".into(), Micros(50_000))]);
}

#[test]
fn a_clock_that_jumps_back_opens_no_window_again() {
    let mut desk = Desk::with("0.05/day", "0.05/day");
    desk.now_ms += 2 * HOUR_MS;
    desk.granted("ada", 50_000);
    desk.now_ms -= 2 * HOUR_MS;
    let next = start_ms(day_of(START_MS) + 2);
    assert_eq!(desk.reserve("ada", 1).decision, Decision::Refused(Some(next)));
    assert_eq!(desk.look(Some("ada")).standing.day, Micros(50_000));
    desk.now_ms -= 90 * DAY_MS;
    assert_eq!(desk.reserve("ada", 1).decision, Decision::Refused(Some(next)));
}

#[test]
fn each_mark_is_told_once_a_window_and_the_last_when_the_next_call_does_not_fit() {
    let mut desk = Desk::with("10/day", "0.001/day");
    assert_eq!(marks(&desk.settle(desk.granted("ada", 499), 499).passed), []);
    assert_eq!(marks(&desk.settle(desk.granted("ada", 100), 1).passed), [(Scope::Account, Span::Day, 50)]);
    assert_eq!(marks(&desk.settle(desk.granted("ada", 100), 1).passed), []);
    let refused = desk.reserve("ada", 600);
    assert_eq!((marks(&refused.passed), refused.passed.is_empty()), (vec![], true), "too dear, not used up");
    let settled = desk.settle(desk.granted("ada", 400), 400);
    assert_eq!(marks(&settled.passed), [(Scope::Account, Span::Day, 80)]);
    assert_eq!(settled.passed[0].account.as_deref(), Some("ada"));
    assert_eq!(marks(&desk.reserve("ada", 100).passed), [(Scope::Account, Span::Day, 100)]);
    assert_eq!(marks(&desk.reserve("ada", 100).passed), []);
    desk.now_ms += 2 * HOUR_MS;
    assert_eq!(marks(&desk.settle(desk.granted("ada", 1_000), 1_000).passed), [(Scope::Account, Span::Day, 100)]);
}

#[test]
fn the_marks_of_the_installation_are_told_for_each_of_its_caps() {
    let desk = Desk::with("0.001/day;0.002/month", "1/day");
    let passed = desk.settle(desk.granted("ada", 1_000), 1_000).passed;
    assert_eq!(marks(&passed), [(Scope::Installation, Span::Day, 100), (Scope::Installation, Span::Month, 50)]);
    assert_eq!(passed[0].account, None);
}

#[test]
fn forgets_after_two_months_and_gives_no_number_twice() {
    let mut desk = Desk::with("1/day", "1/day");
    let id = desk.granted("ada", 1_000);
    desk.now_ms += 63 * DAY_MS;
    let next = desk.granted("ada", 10);
    assert!(next > id);
    assert_eq!(desk.settle(id, 0).counted, None);
    assert_eq!(desk.sqlite.number("SELECT count(*) FROM spending", []), 2);
    assert_eq!(desk.sqlite.number("SELECT count(*) FROM reservations", []), 1);
    desk.settle(next, 10);
    desk.now_ms += 63 * DAY_MS;
    let again = desk.granted("ada", 10);
    assert!(again > next, "the table was empty in between");
}

#[test]
fn nobody_is_not_an_account() {
    let desk = Desk::with("1/day", "1/day");
    let asked = Reserve { account: String::new(), caps: desk.caps, amount: Micros(1) };
    assert!(ledger::reserve(&desk.sqlite, &asked, START_MS).is_err());
}

/// SQLite whose n-th statement fails.
struct Failing<'a>(&'a SqliteDb, std::cell::Cell<u32>);

impl Sql for Failing<'_> {
    fn run(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let left = self.1.get();
        self.1.set(left.wrapping_sub(1));
        if left == 1 { Err(DbError::Other("disk full".into())) } else { Sql::run(self.0, statement) }
    }
}

#[test]
fn a_statement_that_fails_leaves_too_much_counted_and_never_too_little() {
    for n in 1..20 {
        let desk = Desk::with("1/day", "0.05/day");
        let failing = Failing(&desk.sqlite, n.into());
        let asked = Reserve { account: "ada".into(), caps: desk.caps, amount: Micros(30_000) };
        let reserved = ledger::reserve(&failing, &asked, START_MS);
        let counts = |desk: &Desk| (desk.look(Some("ada")).standing.day.0, desk.look(None).standing.day.0);
        if let Ok(Reserved { decision: Decision::Granted(id), .. }) = reserved {
            assert_eq!(counts(&desk), (30_000, 30_000), "{n}");
            let asked = Settle { id, caps: desk.caps, cost: Micros(10_000) };
            let settled = ledger::settle(&failing, &asked, START_MS);
            let (account, installation) = counts(&desk);
            assert!(account >= 10_000 && installation >= 10_000, "{n}: {account} {installation}");
            assert_eq!(account, installation, "{n}");
            assert!(settled.is_err() || account == 10_000, "{n}");
        } else {
            let (account, installation) = counts(&desk);
            assert_eq!(account, installation, "{n}");
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// Somebody wants to spend, and then spends that share of it in per mille.
    Reserve { who: usize, amount: u64, share: u64 },
    /// The call that was granted as the n-th last ends, and says so.
    Settle { which: usize },
    /// ... and claims to have cost this.
    Nonsense { which: usize, cost: u64 },
    /// Time passes, or jumps.
    Time { by_ms: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..3_usize, 0..40_000_u64, 0..=1000_u64).prop_map(|(who, amount, share)| Step::Reserve { who, amount, share }),
        3 => (0..12_usize).prop_map(|which| Step::Settle { which }),
        1 => (0..12_usize, prop_oneof![Just(u64::MAX), 40_000..1_000_000_u64]).prop_map(|(which, cost)| Step::Nonsense { which, cost }),
        2 => prop_oneof![-3 * DAY_MS..3 * DAY_MS, -40 * DAY_MS..40 * DAY_MS, 0..HOUR_MS].prop_map(|by_ms| Step::Time { by_ms }),
    ]
}

/// A call that was granted: whose, on which day of the ledger, what it truly costs, its number.
struct Spent {
    who: usize,
    day: i64,
    truly: u64,
    reserved: u64,
    id: i64,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Calls that are never settled, settled late, twice or with nonsense, days that change and clocks that jump: the true
    /// cost of what was granted, added up here by other means, passes no cap in any day or month.
    #[test]
    fn the_true_cost_never_passes_a_cap(steps in prop::collection::vec(step(), 1..120)) {
        let mut desk = Desk::with("0.1/day;0.25/month", "0.05/day;0.12/month");
        let mut spent: Vec<Spent> = Vec::new();
        let mut newest = i64::MIN;
        for step in steps {
            match step {
                Step::Reserve { who, amount, share } => {
                    let decision = desk.reserve(["ada", "bob", "cleo"][who], amount).decision;
                    if let Decision::Granted(id) = decision {
                        newest = newest.max(desk.now_ms.div_euclid(DAY_MS));
                        spent.push(Spent { who, day: newest, truly: amount * share / 1000, reserved: amount, id });
                    }
                }
                Step::Settle { which } => {
                    if let Some(call) = spent.iter().rev().nth(which) {
                        desk.settle(call.id, call.truly);
                    }
                }
                Step::Nonsense { which, cost } => {
                    if let Some(call) = spent.iter().rev().nth(which) {
                        let counted = desk.settle(call.id, cost).counted;
                        prop_assert!(counted.is_none_or(|counted| counted.0 == call.reserved));
                    }
                }
                Step::Time { by_ms } => desk.now_ms += by_ms,
            }
            let mut sums: HashMap<(Option<usize>, String), u64> = HashMap::new();
            for call in &spent {
                let day = day_text(call.day);
                for who in [None, Some(call.who)] {
                    *sums.entry((who, day.clone())).or_default() += call.truly;
                    *sums.entry((who, day[..7].to_owned())).or_default() += call.truly;
                }
            }
            for ((who, span), sum) in sums {
                let cap = match (who, span.len()) {
                    (None, 10) => 100_000,
                    (None, _) => 250_000,
                    (Some(_), 10) => 50_000,
                    (Some(_), _) => 120_000,
                };
                prop_assert!(sum <= cap, "{who:?} {span}: {sum}");
            }
        }
        // What the ledger says is what the accounts say together.
        let mut days: HashMap<i64, u64> = HashMap::new();
        for account in ["ada", "bob", "cleo"] {
            for (day, micros) in desk.look(Some(account)).days {
                *days.entry(day).or_default() += micros.0;
            }
        }
        let all: HashMap<i64, u64> = desk.look(None).days.into_iter().map(|(day, micros)| (day, micros.0)).collect();
        prop_assert_eq!(days, all);
    }
}
