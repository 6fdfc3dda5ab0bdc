use proptest::prelude::*;

use super::*;
use crate::domain::day::{day_of, day_text};
use crate::domain::time::rfc3339;

fn caps(text: &str) -> Caps {
    Caps::parse(text).unwrap()
}

fn standing(day: u64, month: u64) -> Standing {
    Standing { day: Micros(day), month: Micros(month) }
}

/// 2026-01-31.
const TODAY: i64 = 20_484;

#[test]
fn reads_dollars_to_the_millionth() {
    for (text, micros) in [("0", 0), ("1", 1_000_000), ("1.00", 1_000_000), ("0.05", 50_000), ("0.000001", 1)] {
        assert_eq!(Micros::parse_usd(text), Some(Micros(micros)), "{text}");
    }
    assert_eq!(Micros::parse_usd("1000000"), Some(Micros(1_000_000_000_000)));
    for bad in [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e3",
        "1,5",
        "0.0000001",
        "1000000.000001",
        "99999999999999999999",
        " 1",
        "٣",
    ] {
        assert_eq!(Micros::parse_usd(bad), None, "{bad}");
    }
}

#[test]
fn reads_budgets() {
    let both = Caps { day: Some(Micros(1_000_000)), month: Some(Micros(20_000_000)) };
    assert_eq!(Caps::parse("1.00/day;20.00/month"), Ok(both));
    assert_eq!(Caps::parse("20/month; 1/day"), Ok(both));
    assert_eq!(Caps::parse("0.05/day"), Ok(Caps { day: Some(Micros(50_000)), month: None }));
    for bad in ["", ";", "1", "1/hour", "1/day;", "1/day;2/day", "1/day 2/month", "/day", "$1/day", "1/Day"] {
        assert_eq!(Caps::parse(bad), Err(CapsProblem), "{bad}");
    }
}

#[test]
fn costs_are_rounded_up_and_never_overflow() {
    let price = Price { input: Micros(75_000), output: Micros(300_000) };
    let cost = |input, output| price.cost(Tokens { input, output }).0;
    assert_eq!(cost(0, 0), 0);
    assert_eq!(cost(1, 0), 1, "0.075 micro-dollars are one");
    assert_eq!(cost(1_000_000, 0), 75_000);
    assert_eq!(cost(1_000, 500), 225);
    assert_eq!(cost(1_001, 500), 226);
    let dear = Price { input: Micros(u64::MAX), output: Micros(u64::MAX) };
    assert_eq!(dear.cost(Tokens { input: u64::MAX, output: u64::MAX }), Micros(u64::MAX));
}

#[test]
fn days_and_months_are_those_of_utc() {
    assert_eq!(rfc3339(start_ms(TODAY)), "2026-01-31T00:00:00.000Z");
    assert_eq!((day_of(start_ms(TODAY) - 1), day_of(start_ms(TODAY + 1) - 1)), (TODAY - 1, TODAY));
    assert_eq!(day_text(TODAY), "2026-01-31");
    assert_eq!(day_text(Span::Month.first_day(TODAY)), "2026-01-01");
    assert_eq!(day_text(Span::Month.next_day(TODAY)), "2026-02-01");
    assert_eq!(Span::Day.next_day(TODAY), TODAY + 1);
    let leap = day_of(951_782_400_000); // 2000-02-29
    assert_eq!(day_text(Span::Month.next_day(leap)), "2000-03-01");
    assert_eq!(day_text(-1), "1969-12-31");
}

#[test]
fn an_exhausted_budget_opens_when_the_last_of_the_full_windows_ends() {
    let caps = Both { installation: caps("1/day;20/month"), account: caps("0.05/day") };
    let decide = |installation, account, amount| {
        super::decide(&caps, &Both { installation, account }, Micros(amount), TODAY).map_err(|at| at.map(rfc3339))
    };
    let tomorrow = Err(Some("2026-02-01T00:00:00.000Z".to_owned()));
    assert_eq!(decide(standing(0, 0), standing(0, 0), 50_000), Ok(()));
    assert_eq!(decide(standing(0, 0), standing(49_999, 49_999), 1), Ok(()), "exactly the cap is within it");
    assert_eq!(decide(standing(0, 0), standing(50_000, 50_000), 1), tomorrow);
    assert_eq!(decide(standing(1_000_000, 1_000_000), standing(0, 0), 1), tomorrow);
    assert_eq!(decide(standing(0, 0), standing(0, 0), 50_001), Err(None), "more than the cap ever holds");
    let earlier = super::decide(
        &caps,
        &Both { installation: standing(0, 20_000_000), account: standing(50_000, 50_000) },
        Micros(1),
        TODAY - 5,
    );
    assert_eq!(earlier.map_err(|at| at.map(rfc3339)), tomorrow, "the month ends later than the day");
    assert_eq!(
        decide(standing(u64::MAX, u64::MAX), standing(0, 0), u64::MAX),
        Err(None),
        "no overflow lets it through"
    );
}

#[test]
fn marks_are_told_at_half_at_four_fifths_and_at_the_end() {
    let mark = |spent, cap| {
        let gauge = Gauge { scope: Scope::Account, span: Span::Day, cap: Micros(cap), spent: Micros(spent) };
        (gauge.mark(), gauge.mark_when_refused())
    };
    assert_eq!(mark(0, 1000), (0, 0));
    assert_eq!(mark(499, 1000), (0, 0));
    assert_eq!(mark(500, 1000), (50, 50), "refused at half: the call was dear, the budget is not used up");
    assert_eq!(mark(799, 1000), (50, 50));
    assert_eq!(mark(800, 1000), (80, 100));
    assert_eq!(mark(999, 1000), (80, 100));
    assert_eq!(mark(1000, 1000), (100, 100));
    assert_eq!(mark(0, 0), (100, 100), "a budget of nothing is used up");
}

fn any_caps() -> impl Strategy<Value = Caps> {
    let cap = || prop::option::of((0..2_000_u64).prop_map(Micros));
    (cap(), cap()).prop_map(|(day, month)| Caps { day, month })
}

proptest! {
    #[test]
    fn what_is_granted_stays_within_every_cap_and_what_is_refused_would_not(
        installation in any_caps(), account in any_caps(),
        spent in prop::array::uniform4(0..2_000_u64), amount in 0..2_000_u64, day in -100_000..100_000_i64,
    ) {
        let caps = Both { installation, account };
        let [a, b, c, d] = spent;
        let standing = Both { installation: standing(a, b), account: standing(c, d) };
        let fits = |cap: Option<Micros>, spent: u64| cap.is_none_or(|cap| spent + amount <= cap.0);
        let all = fits(installation.day, a) && fits(installation.month, b) && fits(account.day, c) && fits(account.month, d);
        let decided = decide(&caps, &standing, Micros(amount), day);
        prop_assert_eq!(decided.is_ok(), all);
        if let Err(Some(opens)) = decided {
            prop_assert!(opens > start_ms(day) && opens <= start_ms(day + 31));
        }
    }

    #[test]
    fn a_day_lies_in_its_month(day in -1_000_000..1_000_000_i64) {
        let (first, next) = (Span::Month.first_day(day), Span::Month.next_day(day));
        prop_assert!(first <= day && day < next && (28..=31).contains(&(next - first)));
        prop_assert_eq!(Span::Month.first_day(first), first);
        prop_assert_eq!(Span::Month.first_day(next - 1), first);
        prop_assert_eq!(Span::Month.first_day(next), next);
    }

    #[test]
    fn is_total(day in any::<i64>(), text in "\\PC{0,30}") {
        let _ = (Span::Month.first_day(day), Span::Month.next_day(day), Span::Day.next_day(day), day_text(day), start_ms(day));
        let _ = Caps::parse(&text);
    }

    #[test]
    fn dollars_read_back(micros in 0..=1_000_000_000_000_u64) {
        let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        prop_assert_eq!(Micros::parse_usd(&text), Some(Micros(micros)));
    }
}
