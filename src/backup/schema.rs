//! What is in the database: its tables with all that a dump and a capture must know of them, and the text of everything else.
//!
//! What belongs to the runtime (`_cf_*`), to SQLite (`sqlite_*`) or to a backup itself (`_edgekeep_*`) is not seen here. The
//! migrations applied (`d1_migrations`) are data like any other.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::sql;
use crate::ports::{Db, DbError, Outcome};
use crate::store::value::{Row, Statement};

/// The user's part of a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Tables in the order of their creation.
    pub tables: Vec<Table>,
    /// `CREATE` texts of indexes, then views, then triggers.
    pub others: Vec<String>,
    /// There are automatic row ids, whose numbers SQLite keeps in a table of its own.
    pub sequences: bool,
    /// SHA-256 over type, name, table and text of every object, in order of type and name.
    pub hash: String,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its `CREATE TABLE`.
    pub sql: String,
    /// Columns that hold data of their own; generated ones come by themselves.
    pub columns: Vec<Column>,
    /// Names of the generated ones.
    pub generated: Vec<String>,
    /// In which order its rows come.
    pub key: Key,
    /// What else can make one row push out another.
    pub uniques: Vec<Unique>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The only type that it can hold besides NULL; none: any.
    pub only: Option<Only>,
}

/// The type of a column of a strict table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Only {
    /// INTEGER, INT.
    Integer,
    /// TEXT.
    Text,
    /// BLOB.
    Blob,
}

/// By what the rows of a table are told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Key {
    /// By the row id, under the name that no column has taken, or quoted under that of the column which is the row id.
    Rowid(String),
    /// By the primary key of a table without row ids.
    Primary(Vec<KeyColumn>),
}

/// One column of a primary key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyColumn {
    /// Its name.
    pub name: String,
    /// Its place among [`Table::columns`].
    pub at: usize,
    /// How its texts compare.
    pub collation: String,
    /// It is sorted from the greatest to the least.
    pub descending: bool,
}

/// A unique index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unique {
    /// What must not be there twice, together.
    pub terms: Vec<Term>,
    /// The condition of a partial index.
    pub condition: Option<String>,
}

/// One term of a unique index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// An expression, or a quoted name of a column.
    pub sql: String,
    /// It is a column.
    pub column: bool,
    /// How its texts compare.
    pub collation: String,
}

/// Why a database can't be backed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// The database failed.
    Db(DbError),
    /// There is something in it that this program does not know how to back up.
    Unsupported(String),
}

impl From<DbError> for Unreadable {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Db(error) => write!(f, "database: {error:?}"),
            Self::Unsupported(what) => f.write_str(what),
        }
    }
}

/// Reads the schema, all of it as of one moment.
///
/// # Errors
/// [`Unreadable`].
pub async fn read(db: &dyn Db) -> Result<Schema, Unreadable> {
    from_outcomes(&db.batch(statements()).await?)
}

/// The statements whose outcomes [`from_outcomes`] reads.
#[must_use]
pub fn statements() -> Vec<Statement> {
    [OBJECTS, TABLES, COLUMNS, UNIQUES].map(|sql| Statement::new(sql, [])).into()
}

/// The schema from the outcomes of [`statements`].
///
/// # Errors
/// [`Unreadable`].
pub fn from_outcomes(outcomes: &[Outcome]) -> Result<Schema, Unreadable> {
    let [objects, tables, columns, uniques, ..] = outcomes else {
        return Err(DbError::Shape("a batch gave too few outcomes".into()).into());
    };
    let mut hash = Digest::default();
    let mut others = Vec::new();
    let mut found = Vec::new();
    for row in &objects.rows {
        let (kind, name, table, sql) = (row.text("type")?, row.text("name")?, row.text("tbl_name")?, row.text("sql")?);
        for part in [kind.as_str(), &name, &table, sql.trim_end()] {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        match kind.as_str() {
            "table" => found.push((row.integer("place")?, name, sql)),
            _ => others.push((rank(&kind), row.integer("place")?, sql)),
        }
    }
    found.sort();
    others.sort();
    let sequences = tables.rows.iter().any(|row| row.text("name").is_ok_and(|name| name == "sqlite_sequence"));
    let tables = found
        .into_iter()
        .map(|(_, name, sql)| table(name, sql, &tables.rows, &columns.rows, &uniques.rows))
        .collect::<Result<_, _>>()?;
    Ok(Schema { tables, others: others.into_iter().map(|(_, _, sql)| sql).collect(), sequences, hash: hash.hex() })
}

/// Views before triggers: a trigger may stand on a view.
fn rank(kind: &str) -> u8 {
    match kind {
        "index" => 0,
        "view" => 1,
        _ => 2,
    }
}

fn table(name: String, create: String, tables: &[Row], columns: &[Row], uniques: &[Row]) -> Result<Table, Unreadable> {
    let unsupported = |what: &str| Unreadable::Unsupported(format!("table {name} {what}"));
    let of = |rows: &[Row], column| -> Result<Vec<Row>, DbError> {
        let mut own = Vec::new();
        for row in rows {
            if row.text(column)? == name {
                own.push(row.clone());
            }
        }
        Ok(own)
    };
    let flags = of(tables, "name")?.into_iter().next().ok_or_else(|| unsupported("is not in the list of tables"))?;
    if flags.text("kind")? != "table" {
        return Err(unsupported("is virtual: its changes can't be captured, so it can't be backed up"));
    }
    let strict = flags.integer("strict")? != 0;
    let (all, indexes) = (of(columns, "tbl")?, of(uniques, "tbl")?);
    let (mut own, mut generated) = (Vec::new(), Vec::new());
    for column in &all {
        if column.integer("hidden")? < 2 {
            let only = strict.then(|| column.text("type")).transpose()?.and_then(|declared| only(&declared));
            own.push(Column { name: column.text("name")?, only });
        } else {
            generated.push(column.text("name")?);
        }
    }
    if own.len() > MAX_COLUMNS {
        return Err(unsupported("has more columns than a capture can hold"));
    }
    let key = if flags.integer("wr")? != 0 {
        primary(&own, &indexes)?
    } else {
        let free =
            |alias: &&str| !all.iter().any(|row| row.text("name").is_ok_and(|name| name.eq_ignore_ascii_case(alias)));
        let alias = ["rowid", "_rowid_", "oid"].into_iter().find(free).map(str::to_owned);
        let alias = alias.or(integer_key(&all, &indexes)?);
        Key::Rowid(alias.ok_or_else(|| unsupported("hides its row ids behind columns of that name"))?)
    };
    let uniques = read_uniques(&indexes).map_err(|what| match what {
        Unreadable::Unsupported(what) => unsupported(&what),
        other => other,
    })?;
    Ok(Table { name, sql: create, columns: own, generated, key, uniques })
}

/// The column that is the row id by another name: an INTEGER PRIMARY KEY, which needs no index.
fn integer_key(columns: &[Row], indexes: &[Row]) -> Result<Option<String>, DbError> {
    let mut key = None;
    for column in columns {
        if column.integer("pk")? == 1 && column.text("type")?.eq_ignore_ascii_case("INTEGER") {
            key = Some(sql::name(&column.text("name")?));
        }
    }
    for index in indexes {
        if index.text("origin")? == "pk" {
            return Ok(None);
        }
    }
    Ok(key)
}

fn only(declared: &str) -> Option<Only> {
    match declared.to_ascii_uppercase().as_str() {
        "INTEGER" | "INT" => Some(Only::Integer),
        "TEXT" => Some(Only::Text),
        "BLOB" => Some(Only::Blob),
        _ => None,
    }
}

fn primary(columns: &[Column], indexes: &[Row]) -> Result<Key, Unreadable> {
    let mut key = Vec::new();
    for row in indexes {
        if row.text("origin")? == "pk" {
            let name = row.text("column")?;
            let at = columns.iter().position(|column| column.name == name);
            let at =
                at.ok_or_else(|| Unreadable::Unsupported(format!("a primary key on the generated column {name}")))?;
            let descending = row.integer("descending")? != 0;
            key.push(KeyColumn { name, at, collation: row.text("collation")?, descending });
        }
    }
    Ok(Key::Primary(key))
}

fn read_uniques(rows: &[Row]) -> Result<Vec<Unique>, Unreadable> {
    let mut uniques: Vec<(String, Unique)> = Vec::new();
    for row in rows {
        let index = row.text("name")?;
        let create = row.optional_text("sql")?;
        let parts = create.as_deref().and_then(sql::index);
        let column = row.optional_text("column")?;
        let sql = match &column {
            Some(column) => sql::name(column),
            None => {
                let at = usize::try_from(row.integer("seqno")?).unwrap_or(usize::MAX);
                let found = parts.as_ref().and_then(|(terms, _)| terms.get(at));
                found
                    .cloned()
                    .ok_or_else(|| Unreadable::Unsupported(format!("has an index {index} that can't be read")))?
            }
        };
        let term = Term { sql, column: column.is_some(), collation: row.text("collation")? };
        match uniques.last_mut() {
            Some((name, unique)) if *name == index => unique.terms.push(term),
            _ => {
                let condition = parts.and_then(|(_, condition)| condition);
                uniques.push((index, Unique { terms: vec![term], condition }));
            }
        }
    }
    Ok(uniques.into_iter().map(|(_, unique)| unique).collect())
}

/// D1 has tables of at most 100 columns; a capture adds the key and a mark.
const MAX_COLUMNS: usize = 90;

const OBJECTS: &str = "SELECT type, name, tbl_name, sql, rowid AS place FROM sqlite_schema
WHERE sql IS NOT NULL AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 10) <> '_edgekeep_'
ORDER BY type, name";

const TABLES: &str = "SELECT name, type AS kind, wr, strict FROM pragma_table_list
WHERE schema = 'main' AND type <> 'view'";

const COLUMNS: &str = "SELECT m.name AS tbl, c.name, c.type, c.hidden, c.pk FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND substr(m.name, 1, 4) <> '_cf_' AND substr(m.name, 1, 7) <> 'sqlite_' AND substr(m.name, 1, 10) <> '_edgekeep_'
ORDER BY m.name, c.cid";

const UNIQUES: &str = "SELECT m.name AS tbl, l.name, l.origin, x.seqno, x.name AS \"column\", x.desc AS descending, x.coll AS collation, s.sql
FROM sqlite_schema m JOIN pragma_index_list(m.name) l JOIN pragma_index_xinfo(l.name) x LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name
WHERE m.type = 'table' AND l.\"unique\" AND x.key
  AND substr(m.name, 1, 4) <> '_cf_' AND substr(m.name, 1, 7) <> 'sqlite_' AND substr(m.name, 1, 10) <> '_edgekeep_'
ORDER BY m.name, l.seq, x.seqno";
