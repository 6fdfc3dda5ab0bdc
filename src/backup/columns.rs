//! What SQLite is asked to write of a row: expressions over its columns `c0...` and its key `k0...`.

use super::page::LARGE;
use super::schema::{Key, KeyColumn, Only, Table};

/// The values themselves.
pub(super) fn values(table: &Table) -> String {
    (0..table.columns.len()).map(|at| format!("c{at}")).collect::<Vec<_>>().join(", ")
}

/// The values as SQLite quotes them, as `q0...`, with marks around a REAL; the bytes of those that may be texts, as `n0...`;
/// the weight, as `w`. A value that makes its row too large is left out.
///
/// A result has at most 100 columns, so in a wide table NULs are looked for, which takes longer, and the weight of a row that
/// has one is below zero.
pub(super) fn quoted(table: &Table) -> String {
    let columns = table.columns.iter().enumerate().map(|(at, column)| {
        let small =
            |quoted: &str| format!("CASE WHEN octet_length(c{at}) > {LARGE} THEN '' ELSE {quoted} END AS q{at}");
        let bytes = |bytes: &str| if is_wide(table) { String::new() } else { format!(", {bytes} AS n{at}") };
        let plain = format!("quote(c{at})");
        match column.only {
            Some(Only::Integer) => format!("{plain} AS q{at}"),
            Some(Only::Blob) => small(&plain),
            Some(Only::Text) => small(&plain) + &bytes(&format!("coalesce(octet_length(c{at}), -2)")),
            None => {
                let real = real(&format!("c{at}"));
                small(&format!("CASE typeof(c{at}) WHEN 'real' THEN char(1) || {real} || char(1) ELSE {plain} END"))
                    + &bytes(&format!("CASE typeof(c{at}) WHEN 'text' THEN octet_length(c{at}) ELSE -2 END"))
            }
        }
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let weight = weight(table);
    let nuls = may_be_texts(table).filter(|_| is_wide(table)).map(|at| format!("instr(c{at}, char(0)) > 0"));
    match tree(&nuls.collect::<Vec<_>>(), " OR ").as_str() {
        "" => format!("{columns}, {weight} AS w"),
        nuls => format!("{columns}, {weight} * CASE WHEN {nuls} THEN -1 ELSE 1 END AS w"),
    }
}

fn may_be_texts(table: &Table) -> impl Iterator<Item = usize> {
    let columns = table.columns.iter().enumerate();
    columns.filter(|(_, column)| matches!(column.only, None | Some(Only::Text))).map(|(at, _)| at)
}

fn is_wide(table: &Table) -> bool {
    table.columns.len() > WIDE
}

/// Of what [`quoted`] gave: the line, how many texts are shorter in quotes than without, and how many values are REALs.
pub(super) fn quoted_line(table: &Table) -> (String, String, String) {
    let rowid = matches!(table.key, Key::Rowid(_)).then(|| "k0".to_owned());
    let line: Vec<_> = rowid.into_iter().chain((0..table.columns.len()).map(|at| format!("q{at}"))).collect();
    let sum = |terms: Vec<String>| if terms.is_empty() { "0".to_owned() } else { tree(&terms, " + ") };
    let odd = if is_wide(table) {
        "(w < 0)".to_owned()
    } else {
        sum(may_be_texts(table).map(|at| format!("(octet_length(q{at}) < n{at} + 2)")).collect())
    };
    let columns = 0..table.columns.len();
    let reals = sum(columns.filter(|at| holds_reals(table, *at)).map(|at| format!("(unicode(q{at}) = 1)")).collect());
    (joined(&line), odd, reals)
}

/// About how many bytes the line of a row takes.
pub(super) fn weight(table: &Table) -> String {
    let columns = table.columns.iter().enumerate().map(|(at, column)| match column.only {
        Some(Only::Integer) => "20".to_owned(),
        Some(Only::Text) => format!("coalesce(octet_length(c{at}), 2) + 4"),
        Some(Only::Blob) => format!("coalesce(octet_length(c{at}), 0) * 2 + 4"),
        None => format!("CASE typeof(c{at}) WHEN 'text' THEN octet_length(c{at}) + 4 WHEN 'blob' THEN octet_length(c{at}) * 2 + 4 ELSE 24 END"),
    });
    format!("({})", tree(&columns.collect::<Vec<_>>(), " + "))
}

/// Literals with commas between. D1 takes functions of at most 32 arguments.
pub(super) fn joined(literals: &[String]) -> String {
    match literals {
        [literal] => literal.clone(),
        _ if literals.len() <= ARGUMENTS => format!("concat_ws(',', {})", literals.join(", ")),
        _ => joined(&literals.chunks(ARGUMENTS).map(joined).collect::<Vec<_>>()),
    }
}

/// Terms under one operator, bracketed in halves: D1 takes expressions of depth 100, and a plain chain is as deep as it is
/// long.
fn tree(terms: &[String], operator: &str) -> String {
    match terms {
        [] => String::new(),
        [term] => term.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            format!("({}{operator}{})", tree(left, operator), tree(right, operator))
        }
    }
}

/// The literals of a row that is read the exact way, led by its row id where that is the key.
pub(super) fn literals(table: &Table) -> Vec<String> {
    let rowid = matches!(table.key, Key::Rowid(_)).then(|| "k0".to_owned());
    rowid.into_iter().chain((0..table.columns.len()).map(|at| literal(table, at, &format!("c{at}"), true))).collect()
}

pub(super) fn key_literals(table: &Table, exact: bool) -> Vec<String> {
    match &table.key {
        Key::Rowid(_) => vec!["k0".to_owned()],
        Key::Primary(columns) => {
            let part = |(part, column): (usize, &KeyColumn)| literal(table, column.at, &format!("k{part}"), exact);
            columns.iter().enumerate().map(part).collect()
        }
    }
}

/// The expression that writes the literal of a value of a column. Where only this program can say what it is, it stands
/// between marks.
fn literal(table: &Table, at: usize, value: &str, exact: bool) -> String {
    let text = if exact {
        format!("char(3) || hex({value}) || char(3)")
    } else {
        // All else that can't stand in quotes is seen here, where looking costs less.
        format!(
            "CASE WHEN instr({value}, char(0)) OR instr({value}, char(1)) THEN 'CAST(X''' || hex({value}) || ''' AS TEXT)' \
             ELSE quote({value}) END"
        )
    };
    let real = if exact {
        // JSON has no form for an infinite number, and JavaScript writes a zero below zero without its sign.
        format!(
            "CASE {} WHEN '9.0e+999' THEN '9e999' WHEN '-9.0e+999' THEN '-9e999' WHEN '-0.0' THEN '-0.0' \
             ELSE char(1) || '{at}' || char(1) END",
            self::real(value)
        )
    } else {
        format!("char(1) || {} || char(1)", self::real(value))
    };
    match table.columns.get(at).and_then(|column| column.only) {
        Some(Only::Integer | Only::Blob) => format!("quote({value})"),
        Some(Only::Text) => format!("CASE WHEN {value} IS NULL THEN 'NULL' ELSE {text} END"),
        None => format!("CASE typeof({value}) WHEN 'text' THEN {text} WHEN 'real' THEN {real} ELSE quote({value}) END"),
    }
}

/// A REAL as SQLite quotes it, and a zero with its sign, which SQLite leaves out.
pub(super) fn real(value: &str) -> String {
    format!("CASE WHEN {value} = 0 AND atan2({value}, -1) < 0 THEN '-0.0' ELSE quote({value}) END")
}

pub(super) fn holds_reals(table: &Table, at: usize) -> bool {
    table.columns.get(at).is_some_and(|column| column.only.is_none())
}

/// Arguments of a function, besides the first.
const ARGUMENTS: usize = 30;
/// Columns beyond which there is no room for the bytes of each.
const WIDE: usize = 40;
