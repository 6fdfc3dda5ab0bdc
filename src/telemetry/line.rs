//! One log line: a JSON object with OpenTelemetry's names.
//!
//! A line is built from what is known to be harmless: templates, codes, ids, numbers, and texts that have been through
//! [`scrub`]. Nothing else gets in.

use serde_json::{Map, Value, json};

use super::panics::Panic;
use super::scope::Scope;
use super::scrub::scrub;
use super::stack::Frame;
use super::trace::Trace;
use crate::domain::time::rfc3339;
use crate::ports::Level;

/// A line in the making.
#[derive(Debug, Clone)]
pub struct Line(Map<String, Value>);

impl Line {
    /// A line about something that happened at `at_ms`.
    #[must_use]
    pub fn new(at_ms: i64, level: Level, body: &'static str) -> Self {
        let mut line = Self(Map::new());
        line.put("timestamp", rfc3339(at_ms));
        line.put("severity_text", severity(level));
        line.put("body", body);
        line.put("service.version", env!("CARGO_PKG_VERSION"));
        line
    }

    /// Adds a field.
    pub fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.put(name, value);
        self
    }

    /// Adds which event it was.
    #[must_use]
    pub fn scope(mut self, scope: &Scope) -> Self {
        self.put("request_id", scope.id.as_str());
        self.trace(&scope.trace)
    }

    /// Adds which trace it belongs to.
    #[must_use]
    pub fn trace(mut self, trace: &Trace) -> Self {
        self.put("trace_id", trace.trace_id.as_str());
        self.put("span_id", trace.span_id.as_str());
        if let Some(parent) = &trace.parent {
            self.put("parent_span_id", parent.as_str());
        }
        self
    }

    /// Adds a panic, its message scrubbed.
    #[must_use]
    pub fn panic(mut self, panic: &Panic) -> Self {
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

impl From<Line> for Value {
    fn from(line: Line) -> Self {
        Self::Object(line.0)
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

/// Written as a value, so that numbers of an error have a place too.
#[must_use]
pub fn milliseconds(from_ms: i64, to_ms: i64) -> Value {
    json!((to_ms - from_ms).max(0))
}

/// Frames in a line: a log is read by people.
const FRAMES: usize = 16;
