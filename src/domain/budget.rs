//! Budgets: what may be spent per day and month, and what is decided when somebody wants to spend.
//!
//! Money is counted in whole micro-dollars, days and months are those of UTC. Before a call its worst case is reserved and
//! counts as spent at once; afterwards it is settled by what the call did cost, never by more. A reservation that nobody
//! settles stays spent. So what counts is never less than what was spent, and what counts never passes a cap.

use std::fmt;

use chrono::{Datelike as _, Months};
use serde::{Deserialize, Serialize};

use crate::domain::day::{date, number, start_ms};

/// Millionths of a US dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl Micros {
    /// Reads dollars as people write them: `20`, `0.05`, at most six digits after the point and a million in all.
    #[must_use]
    pub fn parse_usd(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !fraction.is_none_or(|text| digits(text) && text.len() <= 6) {
            return None;
        }
        let fraction = format!("{:0<6}", fraction.unwrap_or_default());
        let micros = whole.parse::<u64>().ok()?.checked_mul(MICROS_PER_USD)?.checked_add(fraction.parse().ok()?)?;
        (micros <= MOST_USD * MICROS_PER_USD).then_some(Self(micros))
    }

    /// As dollars, for people.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "caps are at most a million dollars, far below 2^53 millionths")]
    pub fn usd(self) -> f64 {
        self.0 as f64 / MICROS_PER_USD as f64
    }

    /// The sum, which can't overflow.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least nothing.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Tokens of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// Of the request.
    pub input: u64,
    /// Of the answer, thinking included.
    pub output: u64,
}

/// What a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// A million tokens of requests.
    pub input: Micros,
    /// A million tokens of answers.
    pub output: Micros,
}

impl Price {
    /// What so many tokens cost, rounded up.
    #[must_use]
    pub fn cost(&self, tokens: Tokens) -> Micros {
        let side = |tokens: u64, price: Micros| u128::from(tokens) * u128::from(price.0);
        let sum = side(tokens.input, self.input).saturating_add(side(tokens.output, self.output));
        Micros(u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }
}

/// What may be spent per day and per month; `None` is no cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// In a day of UTC.
    pub day: Option<Micros>,
    /// In a month of UTC.
    pub month: Option<Micros>,
}

impl Caps {
    /// Reads `1.00/day;20.00/month`: one of the two or both, dollars before the slash.
    ///
    /// # Errors
    /// Says what a budget looks like, in words for whoever configures it.
    pub fn parse(text: &str) -> Result<Self, CapsProblem> {
        let mut caps = Self::default();
        for part in text.split(';') {
            let (amount, span) = part.trim_ascii().split_once('/').ok_or(CapsProblem)?;
            let slot = match span {
                "day" => &mut caps.day,
                "month" => &mut caps.month,
                _ => return Err(CapsProblem),
            };
            if slot.replace(Micros::parse_usd(amount).ok_or(CapsProblem)?).is_some() {
                return Err(CapsProblem);
            }
        }
        Ok(caps)
    }

    /// The cap of a span.
    #[must_use]
    pub fn of(&self, span: Span) -> Option<Micros> {
        match span {
            Span::Day => self.day,
            Span::Month => self.month,
        }
    }
}

/// The text is no budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapsProblem;

impl fmt::Display for CapsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a budget is dollars per day, per month, or both, such as 1.00/day;20.00/month")
    }
}

impl std::error::Error for CapsProblem {}

/// How long a cap holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// A day of UTC.
    Day,
    /// A month of UTC.
    Month,
}

impl Span {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// As it is written in configuration, answers and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The first day of the span that holds `day`.
    #[must_use]
    pub fn first_day(self, day: i64) -> i64 {
        match self {
            Self::Day => day,
            Self::Month => date(day).and_then(|date| number(date.with_day(1)?)).unwrap_or(day),
        }
    }

    /// The day after the last of the span that holds `day`.
    #[must_use]
    pub fn next_day(self, day: i64) -> i64 {
        let next = match self {
            Self::Day => None,
            Self::Month => date(self.first_day(day)).and_then(|date| number(date.checked_add_months(Months::new(1))?)),
        };
        next.unwrap_or_else(|| day.saturating_add(1))
    }
}

/// Whose caps they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everybody's together.
    Installation,
    /// One account's.
    Account,
}

impl Scope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Installation, Self::Account];

    /// As it is written in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::Account => "account",
        }
    }
}

/// Something for the whole installation and for the account that asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Both<T> {
    /// Everybody together.
    pub installation: T,
    /// The account.
    pub account: T,
}

impl<T> Both<T> {
    /// That of a scope.
    pub fn of(&self, scope: Scope) -> &T {
        match scope {
            Scope::Installation => &self.installation,
            Scope::Account => &self.account,
        }
    }
}

/// What counts as spent in the day and in the month of now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Today.
    pub day: Micros,
    /// This month, today included.
    pub month: Micros,
}

impl Standing {
    /// That of a span.
    #[must_use]
    pub fn of(&self, span: Span) -> Micros {
        match span {
            Span::Day => self.day,
            Span::Month => self.month,
        }
    }
}

/// A cap, and what counts against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Whose.
    pub scope: Scope,
    /// How long.
    pub span: Span,
    /// The cap.
    pub cap: Micros,
    /// What counts.
    pub spent: Micros,
}

impl Gauge {
    /// Every cap that there is.
    pub fn all(caps: &Both<Caps>, standing: &Both<Standing>) -> impl Iterator<Item = Self> {
        let pairs = Scope::ALL.into_iter().flat_map(|scope| Span::ALL.map(|span| (scope, span)));
        pairs.filter_map(move |(scope, span)| {
            let (cap, spent) = (caps.of(scope).of(span)?, standing.of(scope).of(span));
            Some(Self { scope, span, cap, spent })
        })
    }

    /// Whether `amount` more stays within the cap.
    #[must_use]
    pub fn has_room(&self, amount: Micros) -> bool {
        self.spent.0.checked_add(amount.0).is_some_and(|sum| sum <= self.cap.0)
    }

    /// The highest of [`MARKS`] that is reached, 0 for none.
    #[must_use]
    pub fn mark(&self) -> u8 {
        let reached = |mark: u8| u128::from(self.spent.0) * 100 >= u128::from(self.cap.0) * u128::from(mark);
        MARKS.into_iter().filter(|mark| reached(*mark)).max().unwrap_or(0)
    }

    /// The same once a call was refused for this cap. What is left of a cap is seldom nothing, only less than the next call
    /// may cost: from the second mark on a refusal means that the cap is used up. Below it the call was too dear.
    #[must_use]
    pub fn mark_when_refused(&self) -> u8 {
        match self.mark() {
            80.. => 100,
            mark => mark,
        }
    }
}

/// Whether `amount` may be reserved on `day`. `Err` says from which moment on it could be, if nobody else spends: `None`
/// when it is more than a cap ever holds.
///
/// # Errors
/// As said.
pub fn decide(caps: &Both<Caps>, standing: &Both<Standing>, amount: Micros, day: i64) -> Result<(), Option<i64>> {
    let mut full = Gauge::all(caps, standing).filter(|gauge| !gauge.has_room(amount)).peekable();
    if full.peek().is_none() {
        return Ok(());
    }
    let opens = full.map(|gauge| (amount <= gauge.cap).then(|| start_ms(gauge.span.next_day(day))));
    // The latest of them all; one that never opens outweighs the others.
    Err(opens.reduce(|a, b| Some(a?.max(b?))).flatten())
}

/// Percentages of a cap that the operator hears of.
pub const MARKS: [u8; 3] = [50, 80, 100];
const MICROS_PER_USD: u64 = 1_000_000;
const MOST_USD: u64 = 1_000_000;

/// Asks to reserve the worst case of a call. The ledger knows what was spent, and no configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    /// Who wants to spend.
    pub account: String,
    /// The caps.
    pub caps: Both<Caps>,
    /// The worst case.
    pub amount: Micros,
}

/// Says what a reserved call did cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The reservation.
    pub id: i64,
    /// The caps.
    pub caps: Both<Caps>,
    /// The cost; what is more than was reserved is not believed.
    pub cost: Micros,
}

/// What the ledger said to a wish to spend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// What was decided.
    pub decision: Decision,
    /// Marks that were passed since they were last told of.
    pub passed: Vec<Passed>,
}

/// A decision of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Reserved under this number.
    Granted(i64),
    /// A cap is in the way until this moment, ms; for good when there is none.
    Refused(Option<i64>),
}

/// What the ledger said to a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// What counts as spent for the call; `None` when the reservation was settled before or is forgotten.
    pub counted: Option<Micros>,
    /// Marks that were passed since they were last told of.
    pub passed: Vec<Passed>,
}

/// A mark of a cap was passed. Told once per mark and span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// Whose cap.
    pub scope: Scope,
    /// The account, when it is an account's.
    pub account: Option<String>,
    /// Which of its caps.
    pub span: Span,
    /// One of [`MARKS`].
    pub percent: u8,
    /// The cap.
    pub cap: Micros,
    /// What counts against it.
    pub spent: Micros,
}

/// Asks what was spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// By whom; `None`: by everybody together.
    pub account: Option<String>,
    /// The first day of interest.
    pub from_day: i64,
    /// So many of those who spent most since then, when it is about everybody.
    pub top: u32,
}

/// What was spent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// The day of now, as the ledger counts it.
    pub today: i64,
    /// What counts now.
    pub standing: Standing,
    /// Days on which something was spent, in order.
    pub days: Vec<(i64, Micros)>,
    /// Accounts that spent most, most first.
    pub top: Vec<(String, Micros)>,
}

#[cfg(test)]
mod tests;
