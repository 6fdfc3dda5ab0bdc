//! The ledger of one installation: what counts as spent by day, and what is reserved.
//!
//! It lives in the SQLite of one Durable Object, the same for everybody: only where all counters lie together can a call be
//! decided against those of the installation and those of the account at once. Nothing here waits, so that whole
//! decisions run one after the other, and what one writes commits together.
//!
//! What must hold: an amount is added to what counts before its reservation is granted, in one statement for the account
//! and for everybody; afterwards it can only become less, once, by its settlement. Whatever is lost on the way - an answer,
//! a settlement, the process - leaves too much counted and never too little.

use crate::domain::budget::{
    self, Both, Caps, Decision, Gauge, Look, Micros, Passed, Reserve, Reserved, Scope, Settle, Settled, Span, Spending,
    Standing,
};
use crate::domain::day::day_of;
use crate::ports::DbError;
use crate::store::value::{Row, Statement, Value};

/// The SQLite that a ledger lives in. It answers at once.
pub trait Sql {
    /// Runs a statement and gives its rows.
    ///
    /// # Errors
    /// What SQLite says against it; then the statement has done nothing.
    fn run(&self, statement: Statement) -> Result<Vec<Row>, DbError>;
}

/// Makes the tables where there are none.
///
/// # Errors
/// As [`Sql::run`].
pub fn create(sql: &dyn Sql) -> Result<(), DbError> {
    [CREATE_SPENDING, CREATE_RESERVATIONS, CREATE_MARKS]
        .into_iter()
        .try_for_each(|create| run(sql, create, []).map(drop))
}

/// Reserves the worst case of a call, when no cap is in the way.
///
/// # Errors
/// As [`Sql::run`]. What was asked for may count as spent then.
pub fn reserve(sql: &dyn Sql, asked: &Reserve, now_ms: i64) -> Result<Reserved, DbError> {
    if asked.account == EVERYBODY {
        return Err(DbError::Other("nobody wants to spend".into()));
    }
    let today = today(sql, now_ms)?;
    let before = standing(sql, &asked.account, today)?;
    if let Err(opens_ms) = budget::decide(&asked.caps, &before, asked.amount, today) {
        let mark = |gauge: &Gauge| if gauge.has_room(asked.amount) { gauge.mark() } else { gauge.mark_when_refused() };
        let passed = pass(sql, &asked.caps, &before, &asked.account, today, mark)?;
        return Ok(Reserved { decision: Decision::Refused(opens_ms), passed });
    }
    let amount = number(asked.amount)?;
    run(sql, SPEND, [asked.account.as_str().into(), today.into(), amount.clone()])?;
    let rows = run(sql, RESERVE, [asked.account.as_str().into(), today.into(), amount])?;
    let id = rows.first().ok_or_else(|| DbError::Other("a reservation got no number".into()))?.integer("id")?;
    // Judged before this call: what it reserves is mostly given back.
    let passed = pass(sql, &asked.caps, &before, &asked.account, today, Gauge::mark)?;
    Ok(Reserved { decision: Decision::Granted(id), passed })
}

/// Gives back what a call did not use of its reservation. A second settlement does nothing.
///
/// # Errors
/// As [`Sql::run`]. The whole reservation counts as spent then.
pub fn settle(sql: &dyn Sql, asked: &Settle, now_ms: i64) -> Result<Settled, DbError> {
    let rows = run(sql, TAKE_RESERVATION, [asked.id.into()])?;
    let Some(row) = rows.first() else { return Ok(Settled { counted: None, passed: Vec::new() }) };
    let (account, day) = (row.text("account")?, row.integer("day")?);
    let reserved = micros(row, "micros")?;
    let counted = asked.cost.min(reserved);
    let unused = number(reserved.minus(counted))?;
    run(sql, GIVE_BACK, [account.as_str().into(), day.into(), unused])?;
    let today = today(sql, now_ms)?;
    let standing = standing(sql, &account, today)?;
    let passed = pass(sql, &asked.caps, &standing, &account, today, Gauge::mark)?;
    Ok(Settled { counted: Some(counted), passed })
}

/// What was spent, by one account or by everybody.
///
/// # Errors
/// As [`Sql::run`].
pub fn spending(sql: &dyn Sql, asked: &Look, now_ms: i64) -> Result<Spending, DbError> {
    let today = today(sql, now_ms)?;
    let subject = asked.account.as_deref().unwrap_or(EVERYBODY);
    let both = standing(sql, subject, today)?;
    let rows = run(sql, DAYS, [subject.into(), asked.from_day.into()])?;
    let days =
        rows.iter().map(|row| Ok((row.integer("day")?, micros(row, "micros")?))).collect::<Result<_, DbError>>()?;
    let top = match asked.account {
        Some(_) => Vec::new(),
        None => run(sql, TOP, [asked.from_day.into(), i64::from(asked.top).into()])?,
    };
    let top =
        top.iter().map(|row| Ok((row.text("subject")?, micros(row, "micros")?))).collect::<Result<_, DbError>>()?;
    let standing = if asked.account.is_some() { both.account } else { both.installation };
    Ok(Spending { today, standing, days, top })
}

/// The day of now. Never before the newest day on which something was spent: a clock that jumps back opens no window
/// again. On the first call of a day, what is too old to count or to be shown goes.
fn today(sql: &dyn Sql, now_ms: i64) -> Result<i64, DbError> {
    let now = day_of(now_ms);
    let rows = run(sql, NEWEST_DAY, [EVERYBODY.into()])?;
    let newest = rows.first().map_or(Ok(None), |row| row.optional_integer("day"))?;
    if newest.is_some_and(|newest| newest < now) {
        for forget in [FORGET_SPENDING, FORGET_RESERVATIONS, FORGET_MARKS] {
            run(sql, forget, [(now - KEPT_DAYS).into()])?;
        }
    }
    Ok(newest.map_or(now, |newest| newest.max(now)))
}

fn standing(sql: &dyn Sql, account: &str, today: i64) -> Result<Both<Standing>, DbError> {
    let first = Span::Month.first_day(today);
    let mut standing = Both::<Standing>::default();
    for row in run(sql, STANDING, [account.into(), first.into(), today.into()])? {
        let found = Standing { day: micros(&row, "today")?, month: micros(&row, "month")? };
        if row.text("subject")? == EVERYBODY {
            standing.installation = found;
        } else {
            standing.account = found;
        }
    }
    Ok(standing)
}

/// The marks that were passed and not told of yet, which they are now.
fn pass(
    sql: &dyn Sql,
    caps: &Both<Caps>,
    standing: &Both<Standing>,
    account: &str,
    today: i64,
    mark: impl Fn(&Gauge) -> u8,
) -> Result<Vec<Passed>, DbError> {
    let mut passed = Vec::new();
    for gauge in Gauge::all(caps, standing) {
        let percent = mark(&gauge);
        if percent == 0 {
            continue;
        }
        let account = (gauge.scope == Scope::Account).then(|| account.to_owned());
        let subject = account.as_deref().unwrap_or(EVERYBODY);
        let values =
            [subject.into(), gauge.span.as_str().into(), gauge.span.first_day(today).into(), i64::from(percent).into()];
        let told = run(sql, MARK, values)?;
        if !told.is_empty() {
            let Gauge { scope, span, cap, spent } = gauge;
            passed.push(Passed { scope, account, span, percent, cap, spent });
        }
    }
    Ok(passed)
}

fn run<const N: usize>(sql: &dyn Sql, text: &'static str, values: [Value; N]) -> Result<Vec<Row>, DbError> {
    sql.run(Statement::new(text, values))
}

fn number(amount: Micros) -> Result<Value, DbError> {
    const EXACT: u64 = 1 << 53;
    let number = i64::try_from(amount.0).ok().filter(|_| amount.0 < EXACT);
    number.map(Value::Integer).ok_or_else(|| DbError::Other("an amount is beyond 2^53".into()))
}

fn micros(row: &Row, column: &str) -> Result<Micros, DbError> {
    let number = row.integer(column)?;
    u64::try_from(number).map(Micros).map_err(|_| DbError::Shape(format!("column {column}: less than nothing")))
}

/// The subject that stands for all accounts together.
const EVERYBODY: &str = "";
/// Two months: a cap's month, and the 30 days that are shown.
const KEPT_DAYS: i64 = 62;

const CREATE_SPENDING: &str = "\
    CREATE TABLE IF NOT EXISTS spending (\
        subject TEXT NOT NULL, day INTEGER NOT NULL, micros INTEGER NOT NULL CHECK (micros >= 0), \
        PRIMARY KEY (subject, day)) STRICT, WITHOUT ROWID";
/// AUTOINCREMENT: the number of a reservation that was settled or forgotten is never given again.
const CREATE_RESERVATIONS: &str = "\
    CREATE TABLE IF NOT EXISTS reservations (\
        id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, day INTEGER NOT NULL, \
        micros INTEGER NOT NULL CHECK (micros >= 0)) STRICT";
/// The highest mark told of, for the span that begins on `start`.
const CREATE_MARKS: &str = "\
    CREATE TABLE IF NOT EXISTS marks (\
        subject TEXT NOT NULL, span TEXT NOT NULL, start INTEGER NOT NULL, percent INTEGER NOT NULL, \
        PRIMARY KEY (subject, span)) STRICT, WITHOUT ROWID";

const NEWEST_DAY: &str = "SELECT max(day) AS day FROM spending WHERE subject = ?1";
const STANDING: &str = "\
    SELECT subject, sum(micros) AS month, sum(CASE WHEN day = ?3 THEN micros ELSE 0 END) AS today \
    FROM spending WHERE subject IN ('', ?1) AND day BETWEEN ?2 AND ?3 GROUP BY subject";
const SPEND: &str = "\
    INSERT INTO spending (subject, day, micros) VALUES ('', ?2, ?3), (?1, ?2, ?3) \
    ON CONFLICT (subject, day) DO UPDATE SET micros = micros + excluded.micros";
const RESERVE: &str = "INSERT INTO reservations (account, day, micros) VALUES (?1, ?2, ?3) RETURNING id";
const TAKE_RESERVATION: &str = "DELETE FROM reservations WHERE id = ?1 RETURNING account, day, micros";
const GIVE_BACK: &str = "UPDATE spending SET micros = micros - ?3 WHERE subject IN ('', ?1) AND day = ?2";
/// Gives a row when the mark is news.
const MARK: &str = "\
    INSERT INTO marks (subject, span, start, percent) VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (subject, span) DO UPDATE SET start = excluded.start, percent = excluded.percent \
    WHERE excluded.start > start OR (excluded.start = start AND excluded.percent > percent) \
    RETURNING percent";
const DAYS: &str = "SELECT day, micros FROM spending WHERE subject = ?1 AND day >= ?2 ORDER BY day";
const TOP: &str = "\
    SELECT subject, sum(micros) AS micros FROM spending WHERE subject > '' AND day >= ?1 \
    GROUP BY subject ORDER BY micros DESC, subject LIMIT ?2";
const FORGET_SPENDING: &str = "DELETE FROM spending WHERE day < ?1";
const FORGET_RESERVATIONS: &str = "DELETE FROM reservations WHERE day < ?1";
const FORGET_MARKS: &str = "DELETE FROM marks WHERE start < ?1";
