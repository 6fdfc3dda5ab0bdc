//! One JSON line per request, with OpenTelemetry field names.
//!
//! The line is built from what is known to be harmless: route template, status, codes, ids. Nothing of what the client
//! sent gets in but the method, so neither a path nor a header can carry a secret or a forged line into the log.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response};

use super::problem::Failure;
use super::reply::Event;
use crate::app::App;
use crate::ports::Level;
use crate::telemetry;
use crate::telemetry::line::{Line, milliseconds};
use crate::telemetry::panics::Panic;
use crate::telemetry::report::Report;
use crate::telemetry::scope::Scope;
use crate::telemetry::scrub::scrub;

/// What is known of a request before it is routed.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Method.
    pub method: Method,
    /// Its id, its trace, its beginning, and what it has done.
    pub scope: Arc<Scope>,
}

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
    app.ports.reporter.write(level, &line(arrival, response, level, app.now_ms()));
}

/// The line of a request that was answered by now.
pub(super) fn line<'a>(arrival: &'a Arrival, response: &'a Response<Bytes>, level: Level, now_ms: i64) -> Line<'a> {
    let status = response.status().as_u16();
    let scope = &arrival.scope;
    let mut line = Line::new(scope.started_ms, level, "request");
    line.put("http.request.method", method(&arrival.method));
    if let Some(route) = scope.name() {
        line.put("http.route", route);
    }
    line.put("http.response.status_code", status);
    line.put("http.response.body.size", response.body().len());
    line.put("http.server.request.duration_ms", milliseconds(scope.started_ms, now_ms));
    line = line.scope(scope);
    if let Some(failure) = response.extensions().get::<Failure>() {
        line.put("error.type", failure.code);
        if let Some(cause) = &failure.cause {
            line.put("exception.message", scrub(cause));
        }
        line = line.stack(&failure.frames);
    }
    if let Some(panic) = response.extensions().get::<Panic>() {
        line = line.panic(panic);
    }
    if let Some(event) = response.extensions().get::<Event>() {
        line.put("event.name", event.name);
        if let Some(user_id) = &event.user_id {
            line.put("user.id", user_id.as_str());
        }
    }
    line
}

/// Reports what went wrong in a request, and its trace; the sending begins after the answer.
pub fn report(app: &App, arrival: &Arrival, response: &Response<Bytes>) {
    let Some(sentry) = &app.sentry else { return };
    let scope = &arrival.scope;
    let status = response.status().as_u16();
    let name = || format!("{} {}", method(&arrival.method), scope.name().unwrap_or("(no route)"));
    if let Some(panic) = response.extensions().get::<Panic>() {
        telemetry::capture_panic(app, scope, panic, &name(), Some(status));
    } else if let Some(failure) = response.extensions().get::<Failure>().filter(|_| status >= 500)
        && !failure.is_reported
        && let Some(message) = &failure.cause
    {
        // What is down is told by its probes too: a warning. What is wrong is a defect.
        let level = if status == 500 { Level::Error } else { Level::Warn };
        let report = Report {
            level,
            kind: failure.code,
            message,
            location: "",
            frames: &failure.frames,
            during: &name(),
            status: Some(status),
        };
        sentry.capture(scope, &report);
    }
    sentry.trace(scope, "http.server", &name, Some(status));
    telemetry::send_in_background(app);
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
