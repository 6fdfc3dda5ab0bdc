//! Statements and answers of D1 as JSON text, which is what crosses between WebAssembly and JavaScript. Pure.
//!
//! What must hold: a whole number beyond 2^53, or a number that JSON has no form for, is an error and not another number.
//! Every number that comes back is a REAL, as D1 has it; a blob is an array of numbers both ways.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::ports::{DbError, Outcome};
use crate::store::value::{Row, Statement, Value};

/// The values of one statement: `[value, ...]`.
///
/// # Errors
/// [`DbError::Other`] for a number that does not survive.
pub fn values(values: &[Value]) -> Result<String, DbError> {
    encode(&Bound::list(values))
}

/// The statements of a batch: `[[sql, [value, ...]], ...]`.
///
/// # Errors
/// As for [`values`].
pub fn statements(statements: &[Statement]) -> Result<String, DbError> {
    let list: Vec<_> = statements.iter().map(|statement| (&statement.sql, Bound::list(&statement.values))).collect();
    encode(&list)
}

/// Rows from `[[column, ...], [value, ...], ...]`.
///
/// # Errors
/// [`DbError::Shape`] when the text is something else.
pub fn rows(text: &str) -> Result<Vec<Row>, DbError> {
    named(decode(text)?)
}

/// As [`rows`], of one row whose last value is this text.
///
/// # Errors
/// As for [`rows`].
pub fn rows_and_text(rows: &str, text: String) -> Result<Vec<Row>, DbError> {
    let mut lines: Vec<Vec<Cell>> = decode(rows)?;
    let [names, row] = lines.as_mut_slice() else { return Err(DbError::Shape("answer of D1: not one row".into())) };
    row.push(Cell(Value::Text(text)));
    if names.len() != row.len() {
        return Err(DbError::Shape("answer of D1: not as many values as columns".into()));
    }
    named(lines)
}

fn named(mut lines: Vec<Vec<Cell>>) -> Result<Vec<Row>, DbError> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let cells = lines.split_off(1);
    let names = lines.pop().unwrap_or_default().into_iter().map(Cell::name).collect::<Result<Vec<_>, _>>()?;
    Ok(cells
        .into_iter()
        .map(|line| Row(names.iter().cloned().zip(line.into_iter().map(|cell| cell.0)).collect()))
        .collect())
}

/// Rows of several statements, each as [`rows`] has them: `[[[column, ...], [value, ...], ...], ...]`.
///
/// # Errors
/// As for [`rows`].
pub fn many(bytes: &[u8]) -> Result<Vec<Vec<Row>>, DbError> {
    let answers: Vec<Vec<Vec<Cell>>> = serde_json::from_slice(bytes)
        .map_err(|error| DbError::Shape(format!("answer: {:?} error", error.classify())))?;
    answers.into_iter().map(named).collect()
}

/// What each statement of a batch did, from `[{changes, rows: [{column: value, ...}, ...]}, ...]`. Of two columns with the
/// same name only the last is there: name them apart.
///
/// # Errors
/// As for [`rows`].
pub fn outcomes(text: &str) -> Result<Vec<Outcome>, DbError> {
    let done: Vec<Done> = decode(text)?;
    Ok(done
        .into_iter()
        .map(|done| Outcome { rows: done.rows.into_iter().map(|line| line.0).collect(), changes: done.changes })
        .collect())
}

fn encode(value: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::Other(error.to_string()))
}

fn decode<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DbError> {
    // The category and not the text: an error's text may quote a value.
    serde_json::from_str(text).map_err(|error| DbError::Shape(format!("answer of D1: {:?} error", error.classify())))
}

struct Bound<'a>(&'a Value);

impl<'a> Bound<'a> {
    fn list(values: &'a [Value]) -> Vec<Self> {
        values.iter().map(Self).collect()
    }
}

impl Serialize for Bound<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const SAFE: u64 = 9_007_199_254_740_991; // 2^53 - 1
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Integer(number) if number.unsigned_abs() <= SAFE => serializer.serialize_i64(*number),
            Value::Integer(_) => Err(S::Error::custom("a bound integer is beyond 2^53")),
            Value::Real(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Real(_) => Err(S::Error::custom("a bound number is not finite")),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Blob(bytes) => serializer.collect_seq(bytes),
        }
    }
}

#[derive(serde::Deserialize)]
struct Done {
    changes: u64,
    rows: Vec<Line>,
}

/// One row as an object: `{column: value, ...}`. Durable Objects give theirs in this form too.
pub struct Line(pub Row);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
        let mut columns = Vec::with_capacity(map.size_hint().unwrap_or(0));
        while let Some((name, Cell(value))) = map.next_entry::<String, Cell>()? {
            columns.push((name, value));
        }
        Ok(Line(Row(columns)))
    }
}

struct Cell(Value);

impl Cell {
    fn name(self) -> Result<String, DbError> {
        match self.0 {
            Value::Text(name) => Ok(name),
            _ => Err(DbError::Shape("a column of D1 has no name".into())),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor).map(Cell)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Real(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "written by JavaScript, which has no integers beyond a double's")]
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Real(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "as above")]
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Real(number as f64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Value, A::Error> {
        let mut blob = Vec::with_capacity(bytes.size_hint().unwrap_or(0));
        while let Some(byte) = bytes.next_element::<u8>()? {
            blob.push(byte);
        }
        Ok(Value::Blob(blob))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Value, E> {
        Err(E::custom("SQLite has no booleans"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_each_kind_of_value() {
        let bound =
            values(&[Value::Null, 7.into(), Value::Real(0.5), "a \"b\"\n".into(), Value::Blob(vec![0, 255])]).unwrap();
        assert_eq!(bound, r#"[null,7,0.5,"a \"b\"\n",[0,255]]"#);
        let batch = statements(&[Statement::new("SELECT ?1", [1.into()]), Statement::new("SELECT 2", [])]).unwrap();
        assert_eq!(batch, r#"[["SELECT ?1",[1]],["SELECT 2",[]]]"#);
    }

    #[test]
    fn refuses_numbers_that_would_not_survive() {
        assert!(values(&[Value::Integer(9_007_199_254_740_991)]).is_ok());
        for value in [Value::Integer(9_007_199_254_740_992), Value::Integer(i64::MIN), Value::Real(f64::NAN)] {
            assert!(matches!(values(&[value]), Err(DbError::Other(_))));
        }
    }

    #[test]
    fn reads_rows_with_columns_of_the_same_name() {
        let rows = rows(r#"[["id","id","n"],["a","b",1700000000000],[null,[1,2],1.5]]"#).unwrap();
        assert_eq!(
            rows,
            [
                Row(vec![
                    ("id".into(), "a".into()),
                    ("id".into(), "b".into()),
                    ("n".into(), Value::Real(1_700_000_000_000.0))
                ]),
                Row(vec![
                    ("id".into(), Value::Null),
                    ("id".into(), Value::Blob(vec![1, 2])),
                    ("n".into(), Value::Real(1.5))
                ]),
            ]
        );
        assert_eq!(super::rows("[]").unwrap(), []);
        assert_eq!(super::rows(r#"[["id"]]"#).unwrap(), []);
    }

    #[test]
    fn reads_a_row_whose_last_text_came_apart() {
        let rows = rows_and_text(r#"[["n","text"],[1]]"#, "a \"b\"\n".into()).unwrap();
        assert_eq!(rows, [Row(vec![("n".into(), Value::Real(1.0)), ("text".into(), "a \"b\"\n".into())])]);
        for broken in [r#"[["n","text"],[1,2]]"#, r#"[["n","text"]]"#, "[]", r#"[["n"],[],[]]"#] {
            assert!(matches!(rows_and_text(broken, String::new()), Err(DbError::Shape(_))), "{broken}");
        }
    }

    #[test]
    fn reads_outcomes_in_the_order_of_their_columns() {
        let text = r#"[{"changes":2,"rows":[]},{"changes":0,"rows":[{"z":1,"a":"x"}]}]"#;
        let second = Row(vec![("z".into(), Value::Real(1.0)), ("a".into(), "x".into())]);
        assert_eq!(
            outcomes(text).unwrap(),
            [Outcome { rows: vec![], changes: 2 }, Outcome { rows: vec![second], changes: 0 }]
        );
        assert!(matches!(outcomes(r#"[{"changes":1}]"#), Err(DbError::Shape(_))));
    }
}
