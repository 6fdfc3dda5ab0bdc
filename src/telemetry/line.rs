//! One log line: a JSON object with OpenTelemetry's names.
//!
//! A line is built from what is known to be harmless: templates, codes, ids, numbers, and texts that have been through
//! [`scrub`]. Nothing else gets in. Every request writes one, so it borrows what it can and is put into words once.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::panics::Panic;
use super::scope::Scope;
use super::scrub::scrub;
use super::stack::Frame;
use super::trace::Trace;
use crate::domain::time::rfc3339;
use crate::ports::Level;

/// A line in the making: fields in the order in which they came, each name once.
#[derive(Debug, Clone)]
pub struct Line<'a>(Vec<(Cow<'static, str>, Field<'a>)>);

/// What stands in a field.
#[derive(Debug, Clone)]
pub enum Field<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A number, or whatever else.
    Json(Value),
}

impl<'a> Line<'a> {
    /// A line about something that happened at `at_ms`.
    #[must_use]
    pub fn new(at_ms: i64, level: Level, body: &'static str) -> Self {
        let mut line = Self(Vec::with_capacity(FIELDS));
        line.put("timestamp", rfc3339(at_ms));
        line.put("severity_text", severity(level));
        line.put("body", body);
        line.put("service.version", env!("CARGO_PKG_VERSION"));
        line
    }

    /// Adds a field, in the place of one of the same name.
    pub fn put(&mut self, name: &'static str, value: impl Into<Field<'a>>) {
        let value = value.into();
        match self.0.iter_mut().find(|(there, _)| there == name) {
            Some((_, there)) => *there = value,
            None => self.0.push((Cow::Borrowed(name), value)),
        }
    }

    /// Adds a field, in the place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Field<'a>>) -> Self {
        self.put(name, value);
        self
    }

    /// Adds which event it was.
    #[must_use]
    pub fn scope(mut self, scope: &'a Scope) -> Self {
        self.put("request_id", scope.id.as_str());
        self.trace(&scope.trace)
    }

    /// Adds which trace it belongs to.
    #[must_use]
    pub fn trace(mut self, trace: &'a Trace) -> Self {
        self.put("trace_id", trace.trace_id.as_str());
        self.put("span_id", trace.span_id.as_str());
        if let Some(parent) = &trace.parent {
            self.put("parent_span_id", parent.as_str());
        }
        self
    }

    /// Adds a panic, its message scrubbed.
    #[must_use]
    pub fn panic(mut self, panic: &'a Panic) -> Self {
        self.put("error.type", "internal");
        self.put("exception.type", "panic");
        self.put("exception.message", scrub(&panic.message));
        self.put("code.location", panic.location.as_str());
        self.stack(&panic.frames)
    }

    /// Adds a stack, where there is one.
    #[must_use]
    pub fn stack(mut self, frames: &[Frame]) -> Self {
        if !frames.is_empty() {
            self.put("exception.stacktrace", stacktrace(frames));
        }
        self
    }
}

impl From<Value> for Line<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Object(fields) => {
                Self(fields.into_iter().map(|(name, value)| (Cow::Owned(name), Field::Json(value))).collect())
            }
            other => Self(vec![(Cow::Borrowed("body"), Field::Json(other))]),
        }
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Json(value) => value.serialize(serializer),
        }
    }
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Field<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Value> for Field<'_> {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl From<bool> for Field<'_> {
    fn from(value: bool) -> Self {
        Self::Json(value.into())
    }
}

impl From<i64> for Field<'_> {
    fn from(number: i64) -> Self {
        Self::Json(number.into())
    }
}

impl From<u16> for Field<'_> {
    fn from(number: u16) -> Self {
        Self::Json(number.into())
    }
}

impl From<usize> for Field<'_> {
    fn from(number: usize) -> Self {
        Self::Json(number.into())
    }
}

fn stacktrace(frames: &[Frame]) -> String {
    let lines: Vec<_> =
        frames.iter().take(FRAMES).map(|frame| format!("{} ({})", frame.function, frame.place)).collect();
    lines.join("\n")
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    }
}

/// How long something took: never less than nothing, whatever the clock does.
#[must_use]
pub fn milliseconds(from_ms: i64, to_ms: i64) -> i64 {
    (to_ms - from_ms).max(0)
}

/// Room for those of a request, and for some more.
const FIELDS: usize = 16;

/// Frames in a line: a log is read by people.
const FRAMES: usize = 16;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn has_each_name_once_and_the_last_value() {
        let mut line = Line::from(json!({"a": null, "b": [1]}));
        line.put("a", "\"x\"\n");
        line = line.with("n", 7_i64).with("a", "y".to_owned());
        assert_eq!(serde_json::to_string(&line).unwrap(), r#"{"a":"y","b":[1],"n":7}"#);
    }

    #[test]
    fn escapes_what_would_end_a_line() {
        let line = Line::new(0, Level::Warn, "request").with("exception.message", "a\nb\"c");
        let text = serde_json::to_string(&line).unwrap();
        assert!(text.ends_with(r#""exception.message":"a\nb\"c"}"#), "{text}");
        assert!(text.starts_with(r#"{"timestamp":"1970-01-01T00:00:00.000Z","severity_text":"WARN","body":"request""#));
    }
}
