//! Values, statements and rows: what goes into the database and what comes out.

use std::borrow::Cow;

use crate::ports::DbError;

/// One SQL value. Numbers are `i64`; those beyond 2^53 do not survive D1 and must be stored as text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB; keep it small, D1 moves each byte as a number.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl From<&[u8; 32]> for Value {
    fn from(value: &[u8; 32]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A SQL text and the values bound to `?1`, `?2`, ...
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The text: a constant, except where [`Statement::built`] is needed.
    pub sql: Cow<'static, str>,
    /// The values in order.
    pub values: Vec<Value>,
}

impl Statement {
    /// A statement with its values: `Statement::new(SQL, [id.into(), now.into()])`.
    pub fn new(sql: &'static str, values: impl IntoIterator<Item = Value>) -> Self {
        Self { sql: Cow::Borrowed(sql), values: values.into_iter().collect() }
    }

    /// The text for whoever watches: that of a constant. One made at run time may hold values.
    #[must_use]
    pub fn shown(&self) -> &str {
        match &self.sql {
            Cow::Borrowed(sql) => sql,
            Cow::Owned(_) => "a statement made at run time",
        }
    }

    /// A statement made at run time. Only for what must work on tables that nobody knows beforehand, which is the backup:
    /// its texts are built from the schema's own names, quoted, and from literals that the database wrote itself.
    #[must_use]
    pub fn built(sql: String) -> Self {
        Self { sql: Cow::Owned(sql), values: Vec::new() }
    }

    /// The same with these values.
    #[must_use]
    pub fn with(self, values: Vec<Value>) -> Self {
        Self { values, ..self }
    }
}

/// One row by column name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row(pub Vec<(String, Value)>);

impl Row {
    /// The text in `column`.
    ///
    /// # Errors
    /// [`DbError::Shape`] when there is no such column or it holds something else.
    pub fn text(&self, column: &str) -> Result<String, DbError> {
        match self.value(column)? {
            Value::Text(text) => Ok(text.clone()),
            other => Err(wrong(column, "text", other)),
        }
    }

    /// The text in `column` where it lies, or `None` for NULL: for texts too long to be copied.
    ///
    /// # Errors
    /// As for [`Row::text`].
    pub fn optional_str(&self, column: &str) -> Result<Option<&str>, DbError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            other => Err(wrong(column, "text", other)),
        }
    }

    /// The text in `column`, or `None` for NULL.
    ///
    /// # Errors
    /// As for [`Row::text`].
    pub fn optional_text(&self, column: &str) -> Result<Option<String>, DbError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The integer in `column`. A REAL without a fraction is one too: D1 hands every number over as REAL.
    ///
    /// # Errors
    /// As for [`Row::text`].
    pub fn integer(&self, column: &str) -> Result<i64, DbError> {
        const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: beyond it a REAL has lost digits
        match self.value(column)? {
            Value::Integer(number) => Ok(*number),
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53, checked by the guard")]
            Value::Real(number) if number.fract() == 0.0 && number.abs() <= EXACT => Ok(*number as i64),
            other => Err(wrong(column, "integer", other)),
        }
    }

    /// The number in `column`.
    ///
    /// # Errors
    /// As for [`Row::text`].
    pub fn real(&self, column: &str) -> Result<f64, DbError> {
        match self.value(column)? {
            Value::Real(number) => Ok(*number),
            other => Err(wrong(column, "real", other)),
        }
    }

    /// The integer in `column`, or `None` for NULL.
    ///
    /// # Errors
    /// As for [`Row::text`].
    pub fn optional_integer(&self, column: &str) -> Result<Option<i64>, DbError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => self.integer(column).map(Some),
        }
    }

    /// The bytes in `column`.
    ///
    /// # Errors
    /// As for [`Row::text`].
    pub fn blob(&self, column: &str) -> Result<Vec<u8>, DbError> {
        match self.value(column)? {
            Value::Blob(bytes) => Ok(bytes.clone()),
            other => Err(wrong(column, "blob", other)),
        }
    }

    /// The bytes in `column`, or `None` for NULL.
    ///
    /// # Errors
    /// As for [`Row::text`].
    pub fn optional_blob(&self, column: &str) -> Result<Option<Vec<u8>>, DbError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => self.blob(column).map(Some),
        }
    }

    fn value(&self, column: &str) -> Result<&Value, DbError> {
        self.0
            .iter()
            .find(|(name, _)| name == column)
            .map(|(_, value)| value)
            .ok_or_else(|| DbError::Shape(format!("no column {column}")))
    }
}

/// Names the type that was found, never the value: a value may be personal.
fn wrong(column: &str, wanted: &str, found: &Value) -> DbError {
    let found = match found {
        Value::Null => "null",
        Value::Integer(_) => "integer",
        Value::Real(_) => "real",
        Value::Text(_) => "text",
        Value::Blob(_) => "blob",
    };
    DbError::Shape(format!("column {column}: expected {wanted}, found {found}"))
}
