//! The double of D1 has D1's manners, in what `tests/parity/cases.json` can't show.

use edgekeep::ports::{Db, DbError};
use edgekeep::store::value::{Statement, Value};

use crate::support::faults::Fault;
use crate::support::sqlite_db::{SqliteDb, migrations};

const INSERT: &str = "INSERT INTO cron_runs (id, cron, scheduled_at, started_at) VALUES (?1, 'x', 1, 1)";

fn insert(id: &str) -> Statement {
    Statement::new(INSERT, [id.into()])
}

#[tokio::test]
async fn a_query_that_writes_is_refused_since_it_may_be_run_twice() {
    let db = SqliteDb::migrated();
    assert!(matches!(db.query(insert("a")).await, Err(DbError::Other(_))));
    let returning = "DELETE FROM installation RETURNING id";
    assert!(matches!(db.query(Statement::new(returning, [])).await, Err(DbError::Other(_))));
    assert_eq!(db.number("SELECT count(*) FROM cron_runs", []), 0);
    assert_eq!(db.number("SELECT count(*) FROM installation", []), 1);
}

#[tokio::test]
async fn faults_come_on_the_call_they_were_ordered_for() {
    let db = SqliteDb::migrated();
    db.faults.fail_on(2, DbError::Timeout);
    db.faults.on(3, Fault::Lose(DbError::Timeout));
    assert!(db.execute(insert("a")).await.is_ok());
    assert_eq!(db.execute(insert("b")).await, Err(DbError::Timeout));
    assert_eq!(db.execute(insert("c")).await, Err(DbError::Timeout));
    assert!(db.execute(insert("d")).await.is_ok());
    let rows = db.look("SELECT id FROM cron_runs ORDER BY id", []);
    let ids: Vec<_> = rows.iter().map(|row| row.text("id").unwrap()).collect();
    assert_eq!(ids, ["a", "c", "d"], "b failed, c was lost");
    assert_eq!(db.faults.calls(), 4);
    db.faults.on(1, Fault::Hang);
    let hanging = db.execute(insert("e"));
    let patience = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    let ended = futures_util::future::select(Box::pin(hanging), Box::pin(patience)).await;
    assert!(matches!(ended, futures_util::future::Either::Right(_)));
}

#[tokio::test]
async fn numbers_that_javascript_does_not_hold_are_refused() {
    let db = SqliteDb::migrated();
    let give = |value: Value| db.query(Statement::new("SELECT ?1 AS v", [value]));
    for value in [Value::Integer(i64::MAX), Value::Integer(i64::MIN), Value::Integer(1 << 53), Value::Real(f64::NAN)] {
        assert!(matches!(give(value.clone()).await, Err(DbError::Other(_))), "{value:?}");
    }
    let largest = (1_i64 << 53) - 1;
    assert_eq!(give(Value::Integer(largest)).await.unwrap()[0].integer("v"), Ok(largest));
}

#[test]
fn every_migration_is_applied_to_an_empty_and_none_twice_to_a_full_database() {
    let db = SqliteDb::migrated();
    let tables = db.look("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'", []);
    assert!(tables.len() >= 5);
    assert!(migrations().len() >= 2);
    let names: Vec<_> = migrations().into_iter().map(|(name, _)| name).collect();
    for (at, name) in names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", at + 1)), "{name}: numbered without a gap");
    }
}

#[tokio::test]
async fn what_is_recorded_is_what_was_asked_for() {
    let db = SqliteDb::migrated();
    db.batch(vec![insert("a"), insert("b")]).await.unwrap();
    assert_eq!(db.take_statements(), [insert("a"), insert("b")]);
    assert_eq!(db.take_statements(), []);
}

#[tokio::test]
async fn a_value_of_more_than_two_megabytes_is_refused_as_in_production() {
    let db = SqliteDb::migrated();
    let result = db.execute(insert(&"x".repeat(3_000_000))).await;
    assert!(matches!(result, Err(DbError::Other(_))), "{result:?}");
}
