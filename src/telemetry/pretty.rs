//! Log lines for people who look at a terminal: `LOG_FORMAT=pretty`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A line as text: time of day, level, what it is about, then what matters first, then the rest.
#[must_use]
pub fn pretty(line: &Value) -> String {
    let Some(fields) = line.as_object() else { return line.to_string() };
    let mut out = String::new();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = text("timestamp").get(11..19).unwrap_or_default();
    let _ = write!(out, "{time} {:<5} {}", text("severity_text"), text("body"));
    for name in FIRST {
        if let Some(value) = fields.get(name) {
            let _ = write!(out, " {}", bare(value));
        }
    }
    for (name, value) in rest(fields) {
        let _ = write!(out, " {name}={}", bare(value));
    }
    if let Some(stack) = fields.get("exception.stacktrace").and_then(Value::as_str) {
        for frame in stack.lines() {
            let _ = write!(out, "\n    at {frame}");
        }
    }
    out
}

fn rest(fields: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let shown = |name: &str| FIRST.contains(&name) || LEFT_OUT.contains(&name);
    fields.iter().filter(move |(name, _)| !shown(name))
}

fn bare(value: &Value) -> String {
    match value.as_str() {
        Some(text) if text.contains(' ') => format!("{text:?}"),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

const FIRST: [&str; 4] = ["http.request.method", "http.route", "http.response.status_code", "cron"];
const LEFT_OUT: [&str; 9] = [
    "timestamp",
    "severity_text",
    "body",
    "service.version",
    "http.response.body.size",
    "trace_id",
    "span_id",
    "parent_span_id",
    "exception.stacktrace",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn puts_first_what_people_look_for() {
        let line = json!({
            "timestamp": "2026-01-02T03:04:05.678Z", "severity_text": "ERROR", "body": "request", "trace_id": "x",
            "http.request.method": "GET", "http.route": "/a/{id}", "http.response.status_code": 500,
            "exception.message": "index out of bounds", "exception.stacktrace": "a (b:1)\nc (d:2)",
        });
        let expected = "03:04:05 ERROR request GET /a/{id} 500 exception.message=\"index out of bounds\"\n    at a (b:1)\n    at c (d:2)";
        assert_eq!(pretty(&line), expected);
        assert_eq!(pretty(&json!([1])), "[1]");
    }
}
