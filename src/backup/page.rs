//! Pages of a table: its rows in the order of the key, as lines of literals, bounded in bytes.
//!
//! The database does the work: it writes the literals and joins the lines, so that a page crosses into this program as one
//! text, which is the fast way. What does not survive that crossing is seen (text that is not UTF-8 turns up as U+FFFD, a
//! REAL with more digits than can be trusted) and the page is read again the exact way: row by row, texts in hex, REALs as
//! numbers. Both ways give the same lines. A row too large for a page comes as its key alone and is fetched in pieces.

use std::borrow::Cow;

use super::bound::Bound;
use super::capture::{captures_of, collations, keys, untouched};
use super::columns::{holds_reals, joined, key_literals, literals, quoted, quoted_line, real, values, weight};
use super::literal;
use super::schema::{Key, KeyColumn, Table};
use super::sql::{self, name};
use crate::ports::DbError;
use crate::store::value::{Row, Statement};

/// Where in a table the next page begins, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    /// Literals of the last key that has been read.
    pub after: Option<Vec<String>>,
    /// Rows to look at.
    pub rows: u32,
    /// The exact way.
    pub exact: bool,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { after: None, rows: FIRST_ROWS, exact: false }
    }
}

/// What a page holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Page<'a> {
    /// Lines of literals separated by commas, one for each row, and the key after which to go on; `more`: there may be some.
    Rows {
        /// The lines.
        lines: Vec<Cow<'a, str>>,
        /// Where to go on.
        next: Option<Vec<String>>,
        /// There may be more rows.
        more: bool,
        /// Rows to look at next time.
        rows: u32,
    },
    /// The next row is too large for a page: the literals of its key.
    Large(Vec<String>),
    /// The page has to be read the exact way.
    Again,
}

/// Rows from which a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The table as it is.
    Now,
    /// The table, which has this place in its schema, as it was when the captures began.
    Captured(usize),
}

/// The query for a page of at most about so many bytes.
///
/// It goes through the rows twice: once for what they weigh, which SQLite knows without reading large values, and then for
/// the lines of as many as fit.
#[must_use]
pub fn query(table: &Table, source: Source, cursor: &Cursor, bytes: u32) -> Statement {
    let mut bound = Bound::default();
    let condition = cursor.after.as_deref().map(|after| beyond(table, after, &mut bound));
    let condition = condition.as_deref();
    let fit = fitting(table, source, condition, bound.number(cursor.rows.into()), bytes);
    let limit = format!("ORDER BY {} LIMIT (SELECT max(fit, 1) FROM _edgekeep_f)", order(table));
    let key = format!("{LARGE_MARK} || {}", joined(&key_literals(table, cursor.exact)));
    let sql = if cursor.exact {
        exact_lines(table, source, condition, &fit, &limit, &key)
    } else {
        quick_lines(table, source, condition, &fit, &limit, &key)
    };
    Statement::built(sql).with(bound.values())
}

/// Weighs the rows, as `_edgekeep_w`, and says as `_edgekeep_f` how many were found and how many fit.
///
/// Not put into [`query`] again, like the two below: the larger a function, the more memory the runtime takes to optimise it.
#[inline(never)]
fn fitting(table: &Table, source: Source, condition: Option<&str>, most: String, bytes: u32) -> String {
    let weighed = rows(table, source, condition, &format!("{} AS w", weight(table)));
    format!(
        "_edgekeep_w(w) AS MATERIALIZED (SELECT w FROM ({weighed} ORDER BY {} LIMIT {most})), \
         _edgekeep_f(found, fit, filled) AS MATERIALIZED (SELECT count(*), \
         CASE WHEN sum(w) <= {bytes} AND max(w) <= {LARGE} THEN count(*) ELSE (\
         SELECT coalesce(sum(total <= {bytes}), 0) FROM (\
         SELECT sum(CASE WHEN w > {LARGE} THEN {} ELSE w END) OVER (ROWS UNBOUNDED PRECEDING) AS total FROM _edgekeep_w)) END, \
         coalesce(sum(w), 0) * 1000 / {bytes} FROM _edgekeep_w)",
        order(table),
        u64::from(bytes) * 2,
    )
}

/// Row by row, texts in hex, REALs as numbers.
#[inline(never)]
fn exact_lines(table: &Table, source: Source, condition: Option<&str>, fit: &str, limit: &str, key: &str) -> String {
    let taken = rows(table, source, condition, &format!("{}, {} AS w", values(table), weight(table)));
    let line = joined(&literals(table));
    let reals = (0..table.columns.len()).filter(|at| holds_reals(table, *at));
    let reals: String = reals.map(|at| format!(", CASE typeof(c{at}) WHEN 'real' THEN c{at} END AS r{at}")).collect();
    let line = format!("CASE WHEN w > {LARGE} THEN {key} ELSE {line} END");
    format!("WITH {fit} SELECT {FOUND}, {line} AS lines{reals} FROM ({taken} {limit})")
}

/// All rows as one text. Quoted for good before it is looked at: SQLite would quote once for the line and once more for its
/// length.
#[inline(never)]
fn quick_lines(table: &Table, source: Source, condition: Option<&str>, fit: &str, limit: &str, key: &str) -> String {
    let taken = rows(table, source, condition, &quoted(table));
    let (line, odd, reals) = quoted_line(table);
    format!(
        "WITH {fit}, _edgekeep_t AS MATERIALIZED ({taken} {limit}) SELECT {FOUND}, \
         sum(CASE WHEN abs(w) > {LARGE} THEN 0 ELSE {odd} END) AS odd, \
         sum(CASE WHEN abs(w) > {LARGE} THEN 0 ELSE {reals} END) AS reals, \
         group_concat(CASE WHEN abs(w) > {LARGE} THEN {key} ELSE {line} END, char(1, 10)) AS lines FROM _edgekeep_t"
    )
}

/// Reads what [`query`] gave.
///
/// # Errors
/// [`DbError::Shape`] when it is something else.
pub fn read<'a>(table: &Table, cursor: &Cursor, answer: &'a [Row]) -> Result<Page<'a>, DbError> {
    let Some(first) = answer.first() else { return Ok(end(cursor)) };
    let (found, fit, filled) = (first.integer("found")?, first.integer("fit")?, first.integer("filled")?);
    let mut lines = Vec::new();
    if cursor.exact {
        for row in answer {
            lines.push(Cow::Owned(exact_line(table, row)?));
        }
    } else {
        let Some(text) = first.optional_str("lines")? else { return Ok(end(cursor)) };
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return Ok(Page::Again);
        }
        if !is_sure(first, text, fit)? {
            return Ok(Page::Again);
        }
        for line in text.split("\u{1}\n") {
            match sure_line(line) {
                Some(line) => lines.push(line),
                None => return Ok(Page::Again),
            }
        }
    }
    if let Some(key) = lines.first().and_then(|line| line.strip_prefix('\u{2}')) {
        return Ok(Page::Large(sql::split(key).into_iter().map(str::to_owned).collect()));
    }
    let next = lines.last().map(|line| key_of(table, line));
    if matches!(table.key, Key::Rowid(_)) {
        for line in &mut lines {
            let cut = line.find(',').map_or(line.len(), |comma| comma + 1);
            match line {
                Cow::Borrowed(line) => *line = line.get(cut..).unwrap_or_default(),
                Cow::Owned(line) => drop(line.drain(..cut)),
            }
        }
    }
    let asked = i64::from(cursor.rows);
    let taken = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    // A little less than what would fit: where all fits, nothing has to be added up row by row.
    let rows = if fit >= asked { asked * 900 / filled.max(225) } else { fit - fit / 16 };
    let rows = u32::try_from(rows).unwrap_or(MOST_ROWS);
    Ok(Page::Rows { lines, next, more: found >= asked || taken < found, rows: rows.clamp(FEWEST_ROWS, MOST_ROWS) })
}

/// No text of a page has something in it that can't stand in quotes: a NUL, which ends what is quoted, or the mark between
/// lines, of which there are then more than there should be.
fn is_sure(first: &Row, text: &str, fit: i64) -> Result<bool, DbError> {
    if text.starts_with('\u{2}') {
        return Ok(true);
    }
    let (odd, reals) = (first.integer("odd")?, first.integer("reals")?);
    let marks = memchr::memchr_iter(1, text.as_bytes()).count();
    Ok(odd == 0 && i64::try_from(marks).ok() == Some(fit.max(1) - 1 + 2 * reals))
}

fn end(cursor: &Cursor) -> Page<'static> {
    Page::Rows { lines: Vec::new(), next: cursor.after.clone(), more: false, rows: cursor.rows }
}

/// The query for what is in some columns of a large row: type and size of each, and the value when it is small. Few columns
/// at a time: a result has at most 100.
#[must_use]
pub fn large_values(table: &Table, source: Source, key: &[String], columns: std::ops::Range<usize>) -> Statement {
    let columns: Vec<_> = columns
        .map(|at| {
            let bytes = format!("octet_length(CASE WHEN typeof(c{at}) IN ('text', 'blob') THEN c{at} END)");
            format!(
                "typeof(c{at}) AS t{at}, {bytes} AS n{at}, CASE typeof(c{at}) WHEN 'real' THEN c{at} END AS r{at}, \
                 CASE WHEN {bytes} <= {SMALL} THEN hex(c{at}) WHEN typeof(c{at}) = 'integer' THEN quote(c{at}) \
                 WHEN typeof(c{at}) = 'real' THEN {} END AS s{at}",
                real(&format!("c{at}"))
            )
        })
        .collect();
    let mut bound = Bound::default();
    let rows = rows(table, source, Some(&exactly(table, key, &mut bound)), &values(table));
    Statement::built(format!("SELECT {} FROM ({rows})", columns.join(", "))).with(bound.values())
}

/// Bytes of one value of a large row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Of which column.
    pub column: usize,
    /// From which byte on.
    pub from: u64,
    /// How many.
    pub bytes: u64,
}

/// The query for stretches of values of a large row, as hex: `p0`, `p1`, ...
#[must_use]
pub fn large_pieces(table: &Table, source: Source, key: &[String], stretches: &[Stretch]) -> Statement {
    let mut bound = Bound::default();
    let rows = rows(table, source, Some(&exactly(table, key, &mut bound)), &values(table));
    let mut piece = |(at, Stretch { column, from, bytes }): (usize, &Stretch)| {
        let (from, bytes) = (bound.number(from + 1), bound.number(*bytes));
        format!("hex(substr(CAST(c{column} AS BLOB), {from}, {bytes})) AS p{at}")
    };
    let pieces: Vec<_> = stretches.iter().enumerate().map(&mut piece).collect();
    Statement::built(format!("SELECT {} FROM ({rows})", pieces.join(", "))).with(bound.values())
}

/// Rows of a table as `k0...` and `columns` of their values, which these know as `c0...`; those that were put aside in place
/// of those that have changed.
fn rows(table: &Table, source: Source, condition: Option<&str>, columns: &str) -> String {
    let own = keys(table, "");
    let keys: Vec<_> = (0..own.len()).map(|part| format!("k{part}")).collect();
    let keys = keys.join(", ");
    let named = own.iter().enumerate().map(|(part, key)| format!("{key} AS k{part}"));
    let named: Vec<_> = named
        .chain(table.columns.iter().enumerate().map(|(at, column)| format!("{} AS c{at}", name(&column.name))))
        .collect();
    let select = format!("SELECT {} FROM {}", named.join(", "), name(&table.name));
    let inner = condition.map(|condition| replace_keys(condition, &own));
    match source {
        Source::Now => {
            let inner = inner.map_or(String::new(), |inner| format!(" WHERE {inner}"));
            format!("SELECT {keys}, {columns} FROM ({select}{inner})")
        }
        Source::Captured(at) => {
            let own = format!("{}.", name(&table.name));
            let untouched = untouched(at, table, &own);
            let inner = inner.map_or(String::new(), |inner| format!("{inner} AND "));
            let aside = condition
                .map_or(String::new(), |condition| format!(" AND {}", replace_keys(condition, &put_aside_keys(table))));
            format!(
                "SELECT {keys}, {columns} FROM ({select} WHERE {inner}{untouched}) \
                 UNION ALL SELECT {keys}, {columns} FROM {} WHERE live{aside}",
                captures_of(at)
            )
        }
    }
}

fn put_aside_keys(table: &Table) -> Vec<String> {
    (0..collations(table).len()).map(|part| format!("k{part}")).collect()
}

/// A condition names the parts of the key `\u{1}0\u{1}`, `\u{1}1\u{1}`...: they have other names in a table and in its captures.
fn replace_keys(condition: &str, names: &[String]) -> String {
    names
        .iter()
        .enumerate()
        .fold(condition.to_owned(), |text, (part, name)| text.replace(&format!("\u{1}{part}\u{1}"), name))
}

fn place(part: usize) -> String {
    format!("\u{1}{part}\u{1}")
}

/// Rows beyond a key.
fn beyond(table: &Table, after: &[String], bound: &mut Bound) -> String {
    let Key::Primary(columns) = &table.key else {
        return format!("{} > {}", place(0), bound.literal(after.first().map_or("NULL", String::as_str)));
    };
    let parts: Vec<_> =
        collations(table).iter().enumerate().map(|(part, collation)| format!("{}{collation}", place(part))).collect();
    let after: Vec<_> = after.iter().map(|literal| bound.literal(literal)).collect();
    if columns.iter().all(|column| !column.descending) {
        return format!("({}) > ({})", parts.join(", "), after.join(", "));
    }
    // Row values know one direction only: k0 >= a AND (k0 > a OR (k1 <= b AND (k1 < b OR ...))).
    let mut condition = String::new();
    for ((part, after), KeyColumn { descending, .. }) in parts.iter().zip(&after).zip(columns).rev() {
        let sign = if *descending { '<' } else { '>' };
        condition = if condition.is_empty() {
            format!("{part} {sign} {after}")
        } else {
            format!("{part} {sign}= {after} AND ({part} {sign} {after} OR ({condition}))")
        };
    }
    format!("({condition})")
}

/// The row of a key.
fn exactly(table: &Table, key: &[String], bound: &mut Bound) -> String {
    let parts = collations(table).into_iter().enumerate().zip(key);
    let parts: Vec<_> = parts
        .map(|((part, collation), literal)| format!("{}{collation} = {}", place(part), bound.literal(literal)))
        .collect();
    parts.join(" AND ")
}

fn order(table: &Table) -> String {
    let parts: Vec<_> = match &table.key {
        Key::Rowid(_) => vec!["1".to_owned()],
        Key::Primary(columns) => {
            let column = |(at, column): (usize, &KeyColumn)| {
                format!(
                    "{} COLLATE {}{}",
                    at + 1,
                    name(&column.collation),
                    if column.descending { " DESC" } else { "" }
                )
            };
            columns.iter().enumerate().map(column).collect()
        }
    };
    parts.join(", ")
}

/// A line with its REALs and its texts written for good; `None` when one of them can't be told for sure.
fn sure_line(line: &str) -> Option<Cow<'_, str>> {
    let mut sure = Cow::Borrowed(line);
    if memchr::memchr(1, line.as_bytes()).is_some() {
        sure = Cow::Owned(marked(line, |mark, inside| {
            (mark == '\u{1}').then(|| literal::sure_real(inside).map(literal::real))?
        })?);
    }
    if memchr::memchr2(b'\n', b'\r', sure.as_bytes()).is_some() || literal::has(&sure, literal::TRANSACTION) {
        sure = Cow::Owned(literal::on_one_line(&sure));
    }
    Some(sure)
}

/// The line of a row that was read the exact way.
fn exact_line(table: &Table, row: &Row) -> Result<String, DbError> {
    let line = marked(&row.text("lines")?, |mark, inside| match mark {
        '\u{3}' => literal::unhex(inside).map(|bytes| literal::text(&bytes)),
        _ => {
            let at: usize = inside.parse().ok()?;
            row.real(&format!("r{at}")).ok().map(literal::real)
        }
    });
    line.ok_or_else(|| DbError::Shape(format!("a row of {} can't be read", table.name)))
}

/// Replaces what stands between two marks.
fn marked(line: &str, mut replace: impl FnMut(char, &str) -> Option<String>) -> Option<String> {
    let mut done = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\u{1}', '\u{3}']) {
        let (before, marked) = rest.split_at(at);
        let mark = marked.chars().next()?;
        let (inside, after) = marked.get(1..)?.split_once(mark)?;
        done.push_str(before);
        done.push_str(&replace(mark, inside)?);
        rest = after;
    }
    done.push_str(rest);
    Some(done)
}

/// The literals of the key of a line.
fn key_of(table: &Table, line: &str) -> Vec<String> {
    match &table.key {
        Key::Rowid(_) => vec![line.split(',').next().unwrap_or_default().to_owned()],
        Key::Primary(columns) => {
            let literals = sql::split(line);
            columns.iter().map(|column| literals.get(column.at).copied().unwrap_or_default().to_owned()).collect()
        }
    }
}

/// Weight beyond which a row is fetched in pieces. It also bounds what one statement of the dump holds.
pub const LARGE: u32 = 40_000;
/// Bytes up to which a value of a large row is no piece of its own.
pub const SMALL: u32 = 256;
/// Of what [`fitting`] says. Names that no table of a user has: one that is called `w` would be read in its place.
const FOUND: &str = "(SELECT found FROM _edgekeep_f) AS found, (SELECT fit FROM _edgekeep_f) AS fit, (SELECT filled FROM _edgekeep_f) AS filled";
/// Marks the line of a row that is too large.
const LARGE_MARK: &str = "char(2)";
const FIRST_ROWS: u32 = 128;
const FEWEST_ROWS: u32 = 8;
const MOST_ROWS: u32 = 16_384;
