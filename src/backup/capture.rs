//! Keeping a large database as it was at one instant, while people go on writing.
//!
//! At the instant T0 one transaction makes, for each table, an empty table of captures and five triggers. From then on the
//! first change of a row, in the very transaction that makes it, puts the row aside as it was; a row that is new is put
//! down as one that was not there. So at any later moment the rows as of T0 are those that nobody has touched since and
//! those that were put aside, and one query reads both in the order of the key ([`super::page`]). Whatever a page reads, it
//! reads as of T0, however often and however late.
//!
//! Traps that are stepped around here, each with a test:
//! - A row that REPLACE pushes out fires no trigger of its own: what the new row collides with is put aside before.
//! - Within a trigger the conflict clause of the outer statement rules: nothing here relies on `OR IGNORE`.
//! - A row keeps its values: captures have columns without type, so that nothing is converted.

use super::schema::{Column, Key, Schema, Table, Term};
use super::sql::name;
use crate::store::value::Statement;

/// What makes captures for every table. All of it belongs into one batch.
#[must_use]
pub fn install(schema: &Schema) -> Vec<Statement> {
    let tables = schema.tables.iter().enumerate();
    tables
        .flat_map(|(at, table)| std::iter::once(captures(at, table)).chain(triggers(at, table)))
        .map(Statement::built)
        .collect()
}

/// Finds whatever a run has left in a database: names with their type, triggers first.
pub const LEFT: &str = "SELECT type, name FROM sqlite_schema
WHERE type IN ('table', 'trigger') AND substr(name, 1, 10) = '_edgekeep_' ORDER BY type DESC, name";

/// What takes one of those away.
#[must_use]
pub fn remove(kind: &str, what: &str) -> Statement {
    Statement::built(format!("DROP {} IF EXISTS {}", if kind == "trigger" { "TRIGGER" } else { "TABLE" }, name(what)))
}

/// Name of the table of captures of the table at that place.
#[must_use]
pub fn captures_of(at: usize) -> String {
    name(&format!("_edgekeep_capture_{at}"))
}

/// The key of a row behind a prefix such as `OLD.`.
#[must_use]
pub fn keys(table: &Table, prefix: &str) -> Vec<String> {
    match &table.key {
        Key::Rowid(alias) => vec![format!("{prefix}{alias}")],
        Key::Primary(columns) => columns.iter().map(|column| format!("{prefix}{}", name(&column.name))).collect(),
    }
}

/// ` COLLATE x` for each part of the key.
#[must_use]
pub fn collations(table: &Table) -> Vec<String> {
    match &table.key {
        Key::Rowid(_) => vec![String::new()],
        Key::Primary(columns) => columns.iter().map(|column| format!(" COLLATE {}", name(&column.collation))).collect(),
    }
}

/// The condition that the row whose key stands behind `prefix` has not been captured.
#[must_use]
pub fn untouched(at: usize, table: &Table, prefix: &str) -> String {
    let pairs = keys(table, prefix).into_iter().zip(collations(table)).enumerate();
    let same: Vec<_> =
        pairs.map(|(part, (key, collation))| format!("_edgekeep_x.k{part} = {key}{collation}")).collect();
    format!("NOT EXISTS (SELECT 1 FROM {} AS _edgekeep_x WHERE {})", captures_of(at), same.join(" AND "))
}

fn captures(at: usize, table: &Table) -> String {
    let values = (0..table.columns.len()).map(|column| format!(", c{column}")).collect::<String>();
    match &table.key {
        Key::Rowid(_) => format!("CREATE TABLE {} (k0 INTEGER PRIMARY KEY, live{values})", captures_of(at)),
        Key::Primary(columns) => {
            let parts: Vec<_> = (0..columns.len()).map(|part| format!("k{part}")).collect();
            let order: Vec<_> = parts
                .iter()
                .zip(columns)
                .map(|(part, column)| {
                    format!(
                        "{part} COLLATE {}{}",
                        name(&column.collation),
                        if column.descending { " DESC" } else { "" }
                    )
                })
                .collect();
            let (parts, order) = (parts.join(", "), order.join(", "));
            format!("CREATE TABLE {} ({parts}, live{values}, PRIMARY KEY ({order})) WITHOUT ROWID", captures_of(at))
        }
    }
}

fn triggers(at: usize, table: &Table) -> [String; 5] {
    let trigger = |number: u8, when: &str, body: &str| {
        let own = name(&format!("_edgekeep_capture_{at}_{number}"));
        format!("CREATE TRIGGER {own} {when} ON {} FOR EACH ROW BEGIN {body} END", name(&table.name))
    };
    let (old, new, pushed) = (put_aside(at, table), put_down(at, table), pushed_out(at, table));
    [
        trigger(1, "BEFORE INSERT", &pushed),
        trigger(2, "AFTER INSERT", &new),
        trigger(3, "BEFORE UPDATE", &format!("{old} {pushed}")),
        trigger(4, "AFTER UPDATE", &new),
        trigger(5, "BEFORE DELETE", &old),
    ]
}

/// The row as it was.
fn put_aside(at: usize, table: &Table) -> String {
    let row = row(table, "OLD.");
    format!("INSERT INTO {} SELECT {row} WHERE {};", captures_of(at), untouched(at, table, "OLD."))
}

/// There was no such row.
fn put_down(at: usize, table: &Table) -> String {
    let parts: Vec<_> = (0..collations(table).len()).map(|part| format!("k{part}")).collect();
    let keys = keys(table, "NEW.").join(", ");
    let (captures, parts) = (captures_of(at), parts.join(", "));
    format!("INSERT INTO {captures} ({parts}, live) SELECT {keys}, 0 WHERE {};", untouched(at, table, "NEW."))
}

/// Rows that would be in the way of the new one, as they were. More than that does no harm.
fn pushed_out(at: usize, table: &Table) -> String {
    let own = format!("{}.", name(&table.name));
    let (row, untouched) = (row(table, &own), untouched(at, table, &own));
    let put = |condition: &str| {
        format!(
            "INSERT INTO {} SELECT {row} FROM {} WHERE {condition} AND {untouched};",
            captures_of(at),
            name(&table.name)
        )
    };
    let key = keys(table, &own).into_iter().zip(keys(table, "NEW.")).zip(collations(table));
    let key: Vec<_> = key.map(|((own, new), collation)| format!("{own} = {new}{collation}")).collect();
    let mut statements = vec![put(&key.join(" AND "))];
    // An expression of an index names columns without a prefix; it is computed on a row made of the new values.
    let columns = table.columns.iter().map(|column| &column.name).chain(&table.generated);
    let columns: Vec<_> = columns.map(|column| format!("NEW.{0} AS {0}", name(column))).collect();
    let news = format!("(SELECT {}) AS {}", columns.join(", "), name(&table.name));
    for unique in &table.uniques {
        let mut conditions: Vec<_> = unique.condition.iter().map(|condition| format!("({condition})")).collect();
        for Term { sql, column, collation } in &unique.terms {
            let new = if *column { format!("NEW.{sql}") } else { format!("(SELECT {sql} FROM {news})") };
            conditions.push(format!("{sql} = {new} COLLATE {}", name(collation)));
        }
        statements.push(put(&conditions.join(" AND ")));
    }
    statements.join(" ")
}

fn row(table: &Table, prefix: &str) -> String {
    let columns = table.columns.iter().map(|Column { name: column, .. }| format!("{prefix}{}", name(column)));
    let parts: Vec<_> = keys(table, prefix).into_iter().chain(["1".to_owned()]).chain(columns).collect();
    parts.join(", ")
}

/// At which numbers automatic row ids stand, where a schema has them.
#[must_use]
pub fn sequences() -> Statement {
    Statement::new(SEQUENCES, [])
}

const SEQUENCES: &str = "SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence
WHERE substr(name, 1, 10) <> '_edgekeep_' AND substr(name, 1, 4) <> '_cf_' ORDER BY name";
