//! One JSON line per request, with OpenTelemetry field names.
//!
//! The line is built from what is known to be harmless: route template, status, codes, ids. Nothing of what the client
//! sent gets in but the method, so neither a path nor a header can carry a secret or a forged line into the log.

use bytes::Bytes;
use http::{Method, Response};
use serde_json::{Map, Value, json};

use super::problem::Failure;
use super::reply::Event;
use crate::app::App;
use crate::ports::Level;

/// What is known of a request before it is routed.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Method.
    pub method: Method,
    /// Id, as in `x-request-id`.
    pub request_id: String,
    /// Trace that it belongs to.
    pub trace_id: String,
    /// When it came, ms.
    pub now_ms: i64,
}

/// The template of the matched route; travels in the extensions of the response.
#[derive(Debug, Clone, Copy)]
pub struct Matched(pub &'static str);

/// Writes the line of a request.
pub fn write(app: &App, arrival: &Arrival, response: &Response<Bytes>) {
    let status = response.status().as_u16();
    let level = match status {
        500.. => Level::Error,
        _ => Level::Info,
    };
    if level < app.config.log_level {
        return;
    }
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("timestamp", json!(crate::domain::time::rfc3339(arrival.now_ms)));
    put("severity_text", json!(if level == Level::Error { "ERROR" } else { "INFO" }));
    put("body", json!("request"));
    put("service.version", json!(env!("CARGO_PKG_VERSION")));
    put("http.request.method", json!(method(&arrival.method)));
    if let Some(Matched(route)) = response.extensions().get() {
        put("http.route", json!(route));
    }
    put("http.response.status_code", json!(status));
    put("http.response.body.size", json!(response.body().len()));
    put("http.server.request.duration_ms", json!(app.now_ms() - arrival.now_ms));
    put("request_id", json!(arrival.request_id));
    put("trace_id", json!(arrival.trace_id));
    if let Some(failure) = response.extensions().get::<Failure>() {
        put("error.type", json!(failure.code));
        if let Some(cause) = &failure.cause {
            put("exception.message", json!(cause));
        }
    }
    if let Some(event) = response.extensions().get::<Event>() {
        put("event.name", json!(event.name));
        if let Some(user_id) = &event.user_id {
            put("user.id", json!(user_id));
        }
    }
    app.ports.reporter.write(level, &Value::Object(line));
}

/// OpenTelemetry's name for methods that are not among the known ones: a method is text from outside.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}
