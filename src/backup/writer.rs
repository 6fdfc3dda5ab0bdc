//! The SQL text of a dump, and its compression.
//!
//! What must hold: every statement is short enough for D1, no line of data holds a line break, and each piece handed out
//! ends with a statement, so that each gzip member can be loaded by itself.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::manifest::Sequence;
use super::schema::{Schema, Table};
use super::sql::{ends_in_comment, name, text};

/// What comes before all data: no check of foreign keys until the end, then the tables.
#[must_use]
pub fn head(schema: &Schema) -> String {
    let tables = schema
        .tables
        .iter()
        .map(|table| format!("{}{};\n", table.sql, if ends_in_comment(&table.sql) { "\n" } else { "" }));
    std::iter::once("PRAGMA defer_foreign_keys=TRUE;\n".to_owned()).chain(tables).collect()
}

/// What comes after all data: automatic row ids, indexes, views and triggers, and the mark that this is the end.
#[must_use]
pub fn tail(schema: &Schema, sequences: &[Sequence]) -> String {
    let mut sql = format!("DROP TABLE IF EXISTS {PIECES};\n");
    if schema.sequences {
        sql.push_str("DELETE FROM sqlite_sequence;\n");
        for sequence in sequences {
            let row =
                format!("INSERT INTO sqlite_sequence(name,seq) VALUES({},{});\n", text(&sequence.table), sequence.seq);
            sql.push_str(&row);
        }
    }
    for other in &schema.others {
        sql.push_str(other);
        // SQLite keeps white space before the semicolon as part of the text: only a comment at its end makes it needed.
        sql.push_str(if ends_in_comment(other) { "\n;\n" } else { ";\n" });
    }
    sql.push_str(END);
    sql
}

/// Rows as statements of many rows each.
#[must_use]
pub fn rows<L: AsRef<str>>(table: &Table, lines: &[L]) -> String {
    let most = (OPERATIONS / (table.columns.len() + 2)).clamp(1, 500);
    let mut sql = String::with_capacity(lines.iter().map(|line| line.as_ref().len() + 4).sum::<usize>() + 256);
    let (mut rows, mut bytes) = (0, 0);
    for line in lines.iter().map(AsRef::as_ref) {
        if rows > 0 && (rows >= most || bytes + line.len() > STATEMENT) {
            sql.push_str(";\n");
            (rows, bytes) = (0, 0);
        }
        sql.push_str(if rows == 0 { "" } else { ",\n" });
        if rows == 0 {
            sql.push_str(&insert(table));
        }
        sql.push('(');
        sql.push_str(line);
        sql.push(')');
        rows += 1;
        bytes += line.len() + 4;
    }
    sql.push_str(if rows == 0 { "" } else { ";\n" });
    sql
}

fn insert(table: &Table) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| name(&column.name)).collect();
    format!("INSERT INTO {}({}) VALUES\n", name(&table.name), columns.join(","))
}

/// A row whose large values are put together from pieces, since D1 takes no statement of more than 100 KB.
#[derive(Debug, Default)]
pub struct LargeRow {
    sql: String,
    values: Vec<String>,
    pieces: u64,
}

impl LargeRow {
    /// The next value is this literal.
    pub fn value(&mut self, literal: String) {
        self.values.push(literal);
    }

    /// A piece of the next value, as hex.
    pub fn piece(&mut self, hex: &str) {
        if self.sql.is_empty() {
            self.sql =
                format!("CREATE TABLE IF NOT EXISTS {PIECES}(n INTEGER PRIMARY KEY, b BLOB);\nDELETE FROM {PIECES};\n");
        }
        let number = self.values.len() as u64 * MOST_PIECES + self.pieces;
        self.sql.push_str(&format!("INSERT INTO {PIECES} VALUES({number},X'{hex}');\n"));
        self.pieces += 1;
    }

    /// The next value is what its pieces are together, as `TEXT` or `BLOB`.
    pub fn pieced(&mut self, kind: &str) {
        let from = self.values.len() as u64 * MOST_PIECES;
        let pieces = format!("SELECT b FROM {PIECES} WHERE n>={from} AND n<{} ORDER BY n", from + MOST_PIECES);
        self.values.push(format!("(SELECT CAST(group_concat(b,'') AS {kind}) FROM ({pieces}))"));
        self.pieces = 0;
    }

    /// The statements of the row.
    #[must_use]
    pub fn finish(mut self, table: &Table) -> String {
        self.sql.push_str(&rows(table, &[self.values.join(",")]));
        self.sql
    }
}

/// One gzip member. The same text gives the same bytes.
///
/// # Errors
/// Never in practice: it goes to memory.
pub fn gzip(sql: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(sql.len() / 3), Compression::new(LEVEL));
    encoder.write_all(sql.as_bytes())?;
    encoder.finish()
}

/// The text of one gzip member.
///
/// # Errors
/// When it is damaged, no UTF-8 or larger than any that is ever written.
pub fn gunzip(bytes: &[u8]) -> std::io::Result<String> {
    let mut sql = String::new();
    GzDecoder::new(bytes).take(MOST_SQL + 1).read_to_string(&mut sql)?;
    if sql.len() as u64 > MOST_SQL {
        return Err(std::io::Error::other("a gzip member is too large"));
    }
    Ok(sql)
}

/// The last line: half a dump is SQL like a whole one, and without its manifest nothing else tells them apart.
pub const END: &str = "-- end of dump\n";
/// Where pieces lie while a dump is loaded.
const PIECES: &str = "\"_edgekeep_pieces\"";
/// Bytes of rows in one statement, where a row is not longer by itself. D1 takes 100 KB; whoever loads a statement holds it
/// several times, once with four bytes for each of its letters.
const STATEMENT: usize = 8_000;
/// SQLite compiles a statement to operations, of which D1 allows 25,000.
const OPERATIONS: usize = 6_000;
/// Pieces of one value; values are numbered with this distance.
const MOST_PIECES: u64 = 1_000_000;
/// No member is larger: a page, or one row of 2 MB in hex with what is around it.
const MOST_SQL: u64 = 32 << 20;
/// Fast: a dump is 2 % larger than at level 6, in a fraction of the time.
const LEVEL: u32 = 2;
