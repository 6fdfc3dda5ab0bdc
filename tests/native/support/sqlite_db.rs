//! The `Db` port on real SQLite with the real migrations, with the manners of D1.
//!
//! What D1 does and plain SQLite does not is copied here, and `tests/parity/cases.json` runs in both: numbers are bound
//! and read as REAL, a batch is one transaction, transactions by hand are refused, foreign keys hold, a statement has at
//! most 100 parameters and 100 KB, integers beyond 2^53 are refused, and errors are told apart by their text alone. In one
//! thing it is stricter: a `query` that writes is refused, since the Worker may run a query twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use edgekeep::platform::d1_message::classify;
use edgekeep::ports::{Db, DbError, Outcome};
use edgekeep::store::value::{Row, Statement, Value};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, Value as Sql, ValueRef};
use rusqlite::{Connection, ffi};

use super::faults::Faults;

/// D1 in memory.
pub struct SqliteDb {
    connection: Mutex<Connection>,
    guarded: Arc<AtomicBool>,
    statements: Mutex<Vec<Statement>>,
    /// Its plan of faults, which also counts: a query is one call, a batch is one call.
    pub faults: Faults<DbError>,
}

impl SqliteDb {
    /// A database with every migration applied.
    pub fn migrated() -> Self {
        let db = Self::empty();
        for (name, sql) in migrations() {
            db.connection().execute_batch(&sql).unwrap_or_else(|error| panic!("migration {name}: {error}"));
        }
        db
    }

    /// A database without a table.
    pub fn empty() -> Self {
        let mut connection = Connection::open_in_memory().expect("SQLite in memory");
        connection.execute_batch("PRAGMA foreign_keys = ON").expect("foreign keys");
        for (limit, value) in LIMITS {
            connection.set_limit(limit, value).expect("limit");
        }
        let guarded = Arc::new(AtomicBool::new(false));
        let guard = Arc::clone(&guarded);
        connection
            .authorizer(Some(move |context: AuthContext<'_>| {
                let denied = matches!(
                    context.action,
                    AuthAction::Transaction { .. }
                        | AuthAction::Savepoint { .. }
                        | AuthAction::Attach { .. }
                        | AuthAction::Detach { .. }
                );
                if denied && guard.load(Ordering::Relaxed) { Authorization::Deny } else { Authorization::Allow }
            }))
            .expect("authorizer");
        Self { connection: Mutex::new(connection), guarded, statements: Mutex::default(), faults: Faults::none() }
    }

    /// Runs a script as `sqlite3` does; no fault, no count, no record.
    pub fn script(&self, sql: &str) -> Result<(), String> {
        let connection = self.connection();
        // The limit is one on statements, but SQLite holds a whole script against it.
        connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, i32::MAX).expect("limit");
        let done = connection.execute_batch(sql).map_err(|error| error.to_string());
        connection.set_limit(Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000).expect("limit");
        done
    }

    /// Everything in every table of the user, with types, in the order of the rows: for "it is the same".
    pub fn cells(&self) -> Vec<(String, Vec<Vec<String>>)> {
        let connection = self.connection();
        let mut tables = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 10) <> '_edgekeep_' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name")
            .expect("the list of tables");
        let names: Vec<String> =
            tables.query_map([], |row| row.get(0)).expect("names").collect::<Result<_, _>>().expect("names");
        let cells = |name: &String| {
            let mut all =
                connection.prepare(&format!("SELECT * FROM \"{}\"", name.replace('"', "\"\""))).expect("a table");
            let columns = all.column_count();
            let mut rows = all.query([]).expect("rows");
            let mut found = Vec::new();
            while let Some(row) = rows.next().expect("a row") {
                let cell = |at| match row.get_ref(at).expect("a cell") {
                    ValueRef::Real(number) => format!("real {:016x}", number.to_bits()),
                    ValueRef::Text(text) => format!("text {text:02x?}"),
                    other => format!("{other:?}"),
                };
                found.push((0..columns).map(cell).collect());
            }
            found
        };
        names.iter().map(|name| (name.clone(), cells(name))).collect()
    }

    /// Every statement that was asked for since the last call of this, in order.
    pub fn take_statements(&self) -> Vec<Statement> {
        std::mem::take(&mut *self.statements.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Rows for a test to look at: no fault, no count, no record.
    pub fn look(&self, sql: &'static str, values: impl IntoIterator<Item = Value>) -> Vec<Row> {
        let outcome = self.run(&self.connection(), &Statement::new(sql, values));
        outcome.unwrap_or_else(|error| panic!("{sql}: {error:?}")).rows
    }

    /// The number in the first column of the first row.
    pub fn number(&self, sql: &'static str, values: impl IntoIterator<Item = Value>) -> i64 {
        let rows = self.look(sql, values);
        let (name, _) = rows.first().and_then(|row| row.0.first()).expect("a row with a column");
        rows[0].integer(name).expect("a number")
    }

    /// The whole content of the database as one text, for "it is nowhere in there".
    pub fn dump(&self) -> String {
        let tables = self.look("SELECT name FROM sqlite_schema WHERE type = 'table'", []);
        let names = tables.iter().map(|row| row.text("name").expect("a name"));
        let rows = names.map(|name| {
            let sql: &'static str = Box::leak(format!("SELECT * FROM {name}").into_boxed_str());
            format!("{name}: {:?}\n", self.look(sql, []))
        });
        rows.collect()
    }

    fn record(&self, statements: &[Statement]) {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(statements);
    }

    fn transaction(&self, statements: &[Statement]) -> Result<Vec<Outcome>, DbError> {
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(|error| classify(&d1_text(&error)))?;
        let outcomes =
            statements.iter().map(|statement| self.run(&transaction, statement)).collect::<Result<_, _>>()?;
        transaction.commit().map_err(|error| classify(&d1_text(&error)))?;
        Ok(outcomes)
    }

    fn read(&self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        let connection = self.connection();
        let prepared = self.prepare(&connection, &statement.sql)?;
        if !prepared.readonly() {
            return Err(DbError::Other("a query must not write: it may be run twice".into()));
        }
        drop(prepared);
        self.run(&connection, statement).map(|outcome| outcome.rows)
    }

    fn run(&self, connection: &Connection, statement: &Statement) -> Result<Outcome, DbError> {
        let values = statement.values.iter().map(bound).collect::<Result<Vec<_>, _>>()?;
        let mut prepared = self.prepare(connection, &statement.sql)?;
        let names: Vec<String> = prepared.column_names().map(ToOwned::to_owned).collect();
        let before = connection.total_changes();
        let rows = prepared
            .query(rusqlite::params_from_iter(values))
            .and_then(|mut rows| {
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    let columns = names.iter().enumerate();
                    let values = columns.map(|(at, name)| Ok((name.clone(), as_d1_gives(row.get_ref(at)?))));
                    found.push(Row(values.collect::<rusqlite::Result<_>>()?));
                }
                Ok(found)
            })
            .map_err(|error| classify(&d1_text(&error)))?;
        Ok(Outcome { rows, changes: connection.total_changes() - before })
    }

    fn prepare<'c>(&self, connection: &'c Connection, sql: &str) -> Result<rusqlite::Statement<'c>, DbError> {
        self.guarded.store(true, Ordering::Relaxed);
        let prepared = connection.prepare(sql);
        self.guarded.store(false, Ordering::Relaxed);
        prepared.map_err(|error| classify(&d1_text(&error)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Db for SqliteDb {
    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.record(std::slice::from_ref(&statement));
        self.faults.pass(|| self.read(&statement)).await
    }

    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, DbError> {
        self.record(&statements);
        self.faults.pass(|| self.transaction(&statements)).await
    }
}

/// The SQLite of a Durable Object has the manners that D1 is built on.
impl edgekeep::store::ledger::Sql for SqliteDb {
    fn run(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        SqliteDb::run(self, &self.connection(), &statement).map(|outcome| outcome.rows)
    }
}

/// The migrations in the order in which they are applied.
pub fn migrations() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).expect("the folder of migrations");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        (name, std::fs::read_to_string(path).expect("a readable migration"))
    };
    paths.iter().map(read).collect()
}

/// Every number goes over to D1 as a JavaScript number.
fn bound(value: &Value) -> Result<ToSqlOutput<'_>, DbError> {
    Ok(match value {
        Value::Null => ToSqlOutput::Owned(Sql::Null),
        Value::Integer(number) if number.unsigned_abs() > MAX_EXACT => {
            return Err(DbError::Other("an integer beyond 2^53 can't be bound".into()));
        }
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, and larger ones are refused above")]
        Value::Integer(number) => ToSqlOutput::Owned(Sql::Real(*number as f64)),
        Value::Real(number) if !number.is_finite() => {
            return Err(DbError::Other("a number that is not finite can't be bound".into()));
        }
        Value::Real(number) => ToSqlOutput::Owned(Sql::Real(*number)),
        Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Value::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
    })
}

/// ... and every number comes back as one.
fn as_d1_gives(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        #[expect(clippy::cast_precision_loss, reason = "this is what happens to it in D1")]
        ValueRef::Integer(number) => Value::Real(number as f64),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// The text with which D1 reports a failure.
fn d1_text(error: &rusqlite::Error) -> String {
    let (text, code) = match error {
        rusqlite::Error::SqliteFailure(failure, text) => (text.clone(), failure.extended_code),
        rusqlite::Error::SqlInputError { error, msg, .. } => (Some(msg.clone()), error.extended_code),
        rusqlite::Error::InvalidParameterCount(..) => {
            (Some("Wrong number of parameter bindings for SQL query.".into()), ffi::SQLITE_ERROR)
        }
        other => (Some(other.to_string()), ffi::SQLITE_ERROR),
    };
    let text = text.unwrap_or_else(|| error.to_string());
    let extended = match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_NOTNULL)",
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)",
        ffi::SQLITE_CONSTRAINT_DATATYPE => "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_DATATYPE)",
        ffi::SQLITE_AUTH => "SQLITE_AUTH",
        ffi::SQLITE_TOOBIG => "SQLITE_TOOBIG",
        _ => "SQLITE_ERROR",
    };
    format!("D1_ERROR: {text}: {extended}")
}

/// Integers that a JavaScript number holds exactly lie within this.
const MAX_EXACT: u64 = 9_007_199_254_740_991;

/// The limits that the runtime sets on every SQLite connection that it hands out. The first, on the bytes of a value, holds
/// in production only.
const LIMITS: [(Limit, i32); 11] = [
    (Limit::SQLITE_LIMIT_LENGTH, 2_200_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];
