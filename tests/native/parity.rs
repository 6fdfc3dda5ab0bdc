//! The cases of `tests/parity/cases.json` on the SQLite double. A test of the built Worker runs the same on D1: what holds
//! here holds there.

use edgekeep::ports::{Db, DbError, Outcome};
use edgekeep::store::value::{Row, Statement, Value};
use serde_json::Value as Json;

use crate::support::sqlite_db::SqliteDb;

#[tokio::test]
async fn the_double_does_what_d1_does() {
    let file: Json = serde_json::from_str(include_str!("../parity/cases.json")).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    assert!(cases.len() >= 50);
    let mut wrong = Vec::new();
    for case in cases {
        let db = SqliteDb::migrated();
        for sql in file["setup"].as_array().expect("setup") {
            db.execute(Statement::new(text(sql), [])).await.expect("setup");
        }
        for step in case["steps"].as_array().expect("steps") {
            if let Err(why) = run(&db, step).await {
                wrong.push(format!("{}: {why}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn run(db: &SqliteDb, step: &Json) -> Result<(), String> {
    let found = match step.get("query") {
        Some(query) => db.query(statement(query)).await.map(|rows| vec![Outcome { rows, changes: 0 }]),
        None => {
            let statements = step["batch"].as_array().expect("a query or a batch").iter().map(statement).collect();
            db.batch(statements).await
        }
    };
    match (found, step["error"].as_str()) {
        (Ok(outcomes), None) => compare(&outcomes, step),
        (Err(error), Some(kind)) => {
            let (found, message) = match &error {
                DbError::Unique(text) => ("unique", text.as_str()),
                DbError::Constraint(text) => ("constraint", text.as_str()),
                DbError::Other(text) => ("other", text.as_str()),
                other => return Err(format!("{other:?}")),
            };
            let fits = step["text"].as_str().is_none_or(|text| message.contains(text));
            if found == kind && fits { Ok(()) } else { Err(format!("expected {step}, found {error:?}")) }
        }
        (found, _) => Err(format!("expected {step}, found {found:?}")),
    }
}

fn compare(outcomes: &[Outcome], step: &Json) -> Result<(), String> {
    let rows: Vec<Json> = outcomes.iter().map(|outcome| outcome.rows.iter().map(row).collect()).collect();
    let rows = if step.get("query").is_some() { rows[0].clone() } else { Json::from(rows) };
    let changes: Json = outcomes.iter().map(|outcome| Json::from(outcome.changes)).collect();
    for (name, found) in [("rows", rows), ("changes", changes)] {
        if step.get(name).is_some_and(|expected| *expected != found) {
            return Err(format!("{name}: expected {}, found {found}", step[name]));
        }
    }
    Ok(())
}

fn row(row: &Row) -> Json {
    let columns = row.0.iter().map(|(name, value)| {
        let value = match value {
            Value::Null => Json::Null,
            Value::Text(text) => Json::from(text.as_str()),
            Value::Blob(bytes) => serde_json::json!({ "blob": bytes }),
            Value::Integer(number) => Json::from(*number),
            #[expect(clippy::cast_possible_truncation, reason = "whole numbers are written as such in the file")]
            Value::Real(number) if number.fract() == 0.0 => Json::from(*number as i64),
            Value::Real(number) => Json::from(*number),
        };
        (name.clone(), value)
    });
    Json::Object(columns.collect())
}

fn statement(pair: &Json) -> Statement {
    let values = match &pair[1] {
        Json::Array(values) => values.iter().map(value).collect(),
        numbers => (1..=numbers["numbers"].as_i64().expect("how many")).map(Value::Integer).collect::<Vec<_>>(),
    };
    Statement::new(text(&pair[0]), values)
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Real(number.as_f64().expect("f64")), Value::Integer)
        }
        Json::Object(object) if object.contains_key("blob") => {
            let bytes = object["blob"].as_array().expect("bytes");
            Value::Blob(
                bytes.iter().map(|byte| u8::try_from(byte.as_u64().expect("a byte")).expect("a byte")).collect(),
            )
        }
        other => Value::from(text(other)),
    }
}

/// Statements are constants in the application; those of a file have to become such.
fn text(json: &Json) -> &'static str {
    let text = match json {
        Json::String(text) => text.clone(),
        repeat => {
            let parts = &repeat["repeat"];
            let piece = parts[1].as_str().expect("a piece");
            let times = usize::try_from(parts[2].as_u64().expect("times")).expect("times");
            format!("{}{}", parts[0].as_str().expect("a beginning"), piece.repeat(times))
        }
    };
    Box::leak(text.into_boxed_str())
}
