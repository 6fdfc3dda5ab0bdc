//! What a report says: made field by field, from what is known to be harmless.
//!
//! The allow-list is the code below: what it does not name is not sent. Free text goes through [`scrub`]; of an account only a
//! hash of its id is told, of a request its method and its route's template, of a statement its text without values.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use sentry_core::protocol::{
    Breadcrumb, ClientSdkInfo, Context, DebugMeta, Event, Exception, Frame as SentryFrame, Level as SentryLevel,
    Mechanism, Request, Span, SpanId, SpanStatus, Stacktrace, TraceContext, TraceId, Transaction, User, Uuid, Values,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::outbox::{Losses, Message};
use super::scope::{Scope, Step, Trail};
use super::scrub::scrub;
use super::stack::Frame;
use super::trace::Trace;
use crate::domain::time::rfc3339;
use crate::ports::Level;
use crate::release::release;

/// An error to report.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// How bad.
    pub level: Level,
    /// What it is: the code of the error, or `panic`.
    pub kind: &'static str,
    /// What it says; scrubbed here.
    pub message: &'a str,
    /// Where in the sources, for a panic.
    pub location: &'a str,
    /// The stack, innermost first, when there is one.
    pub frames: &'a [Frame],
    /// Name of what was going on: `GET /api/v1/auth/me`, a cron, an object.
    pub during: &'a str,
    /// Status of the answer, when there is one.
    pub status: Option<u16>,
}

/// Where the report comes from.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// `ENVIRONMENT`.
    pub environment: &'static str,
}

/// The event of an error.
#[must_use]
pub fn event(place: &Place, scope: &Scope, report: &Report<'_>, id: Uuid, now_ms: i64) -> Event<'static> {
    let trail = scope.so_far();
    let mut tags = BTreeMap::from([
        ("request_id".to_owned(), scope.id.clone()),
        ("error.code".to_owned(), report.kind.to_owned()),
    ]);
    if let Some(status) = report.status {
        tags.insert("http.status_code".to_owned(), status.to_string());
    }
    Event {
        event_id: id,
        level: if report.level == Level::Error { SentryLevel::Error } else { SentryLevel::Warning },
        fingerprint: Cow::Owned(fingerprint(report)),
        culprit: None,
        transaction: Some(report.during.to_owned()),
        message: None,
        logentry: None,
        logger: None,
        modules: BTreeMap::new(),
        platform: Cow::Borrowed("native"),
        timestamp: moment(now_ms),
        server_name: None,
        release: Some(Cow::Borrowed(release().name.as_str())),
        dist: None,
        environment: Some(Cow::Borrowed(place.environment)),
        user: user(&trail),
        request: None,
        contexts: contexts(&scope.trace, "error", None),
        breadcrumbs: Values { values: trail.steps.iter().map(breadcrumb).collect() },
        exception: Values { values: exceptions(report) },
        stacktrace: None,
        template: None,
        threads: Values { values: Vec::new() },
        tags,
        extra: BTreeMap::new(),
        debug_meta: Cow::Owned(DebugMeta { sdk_info: None, images: Vec::new() }),
        sdk: Some(Cow::Owned(sdk())),
    }
}

/// The transaction of an event: `(op, name, status of the answer)`.
#[must_use]
pub fn transaction(
    place: &Place,
    scope: &Scope,
    (op, name, status): (&'static str, &str, Option<u16>),
    id: Uuid,
    now_ms: i64,
) -> Transaction<'static> {
    let trail = scope.so_far();
    let method = name.split_once(' ').map(|(method, _)| method.to_owned());
    Transaction {
        event_id: id,
        name: Some(name.to_owned()),
        release: Some(Cow::Borrowed(release().name.as_str())),
        environment: Some(Cow::Borrowed(place.environment)),
        user: user(&trail),
        tags: BTreeMap::from([("request_id".to_owned(), scope.id.clone())]),
        extra: BTreeMap::new(),
        sdk: Some(Cow::Owned(sdk())),
        platform: Cow::Borrowed("native"),
        timestamp: Some(moment(now_ms)),
        start_timestamp: moment(scope.started_ms),
        spans: trail.steps.iter().zip(1..).map(|(step, at)| span(&scope.trace, step, at)).collect(),
        contexts: contexts(&scope.trace, op, status),
        request: method.map(|method| Request { method: Some(method), ..Request::default() }),
        server_name: None,
    }
}

/// An envelope (<https://develop.sentry.dev/sdk/data-model/envelopes/>): the message, and with it what was lost before.
#[must_use]
pub fn envelope(dsn: &str, message: &Message, losses: &Losses, now_ms: i64) -> Vec<u8> {
    let mut header = json!({"dsn": dsn, "sent_at": rfc3339(now_ms), "sdk": {"name": NAME, "version": VERSION}});
    if let (Some(id), Some(header)) = (&message.event_id, header.as_object_mut()) {
        header.insert("event_id".to_owned(), json!(id));
    }
    let mut body = header.to_string().into_bytes();
    item(&mut body, message.category.item_type(), &message.json);
    if !losses.is_empty() {
        let list: Vec<_> = losses
            .iter()
            .map(|((reason, category), count)| json!({"reason": reason, "category": category.as_str(), "quantity": count}))
            .collect();
        let report = json!({"timestamp": rfc3339(now_ms), "discarded_events": list});
        item(&mut body, "client_report", report.to_string().as_bytes());
    }
    body.push(b'\n');
    body
}

fn item(body: &mut Vec<u8>, kind: &str, payload: &[u8]) {
    body.extend_from_slice(format!("\n{{\"type\":\"{kind}\",\"length\":{}}}\n", payload.len()).as_bytes());
    body.extend_from_slice(payload);
}

/// The cause first, then what became of it, as Sentry wants them. `database: constraint: ...` is a chain of two.
fn exceptions(report: &Report<'_>) -> Vec<Exception> {
    let message = scrub(report.message);
    let stacktrace = stacktrace(report.frames);
    let own = |value: String, stacktrace| Exception {
        ty: report.kind.to_owned(),
        value: Some(value),
        module: None,
        stacktrace,
        raw_stacktrace: None,
        thread_id: None,
        mechanism: Some(Mechanism {
            ty: if report.kind == "panic" { "panic" } else { "generic" }.to_owned(),
            handled: Some(report.kind != "panic"),
            ..Mechanism::default()
        }),
    };
    if report.kind == "panic" || report.kind == "abort" {
        let value = if report.location.is_empty() { message } else { format!("{message} ({})", report.location) };
        return vec![own(value, stacktrace)];
    }
    let Some((part, cause)) = message.split_once(": ") else { return vec![own(message, stacktrace)] };
    let cause = Exception { ty: part.to_owned(), mechanism: None, ..own(cause.to_owned(), None) };
    vec![cause, own(format!("{} failed", report.during), stacktrace)]
}

/// Sentry's order is the outermost first.
fn stacktrace(frames: &[Frame]) -> Option<Stacktrace> {
    let frame = |frame: &Frame| SentryFrame {
        function: Some(frame.function.clone()),
        filename: Some(frame.place.clone()),
        in_app: Some(frame.in_app),
        ..SentryFrame::default()
    };
    (!frames.is_empty())
        .then(|| Stacktrace { frames: frames.iter().rev().map(frame).collect(), ..Stacktrace::default() })
}

/// What is the same defect: its kind and its text without numbers; a panic by where it was, whoever met it; an error by the
/// route that it broke.
fn fingerprint(report: &Report<'_>) -> Vec<Cow<'static, str>> {
    let mut text = scrub(report.message);
    text.retain(|character| !character.is_ascii_digit());
    let place = match report.location.rsplit_once(':') {
        Some((file, _)) => file.to_owned(),
        None => report.during.to_owned(),
    };
    vec![Cow::Borrowed(report.kind), Cow::Owned(text), Cow::Owned(place)]
}

fn breadcrumb(step: &Step) -> Breadcrumb {
    Breadcrumb {
        timestamp: moment(step.from_ms),
        ty: if step.op == "http.client" { "http" } else { "query" }.to_owned(),
        category: Some(step.op.to_owned()),
        level: if step.failed.is_some() { SentryLevel::Warning } else { SentryLevel::Info },
        message: Some(short(&step.what)),
        data: step_data(step),
    }
}

fn span(trace: &Trace, step: &Step, at: u64) -> Span {
    Span {
        span_id: child(&trace.span_id, at),
        trace_id: trace.trace_id.parse().unwrap_or_default(),
        parent_span_id: trace.span_id.parse().ok(),
        same_process_as_parent: Some(true),
        op: Some(step.op.to_owned()),
        description: Some(short(&step.what)),
        timestamp: Some(moment(step.to_ms)),
        start_timestamp: moment(step.from_ms),
        status: Some(if step.failed.is_some() { SpanStatus::InternalError } else { SpanStatus::Ok }),
        tags: BTreeMap::new(),
        data: step_data(step),
    }
}

fn step_data(step: &Step) -> BTreeMap<String, Value> {
    let mut data = BTreeMap::from([("duration_ms".to_owned(), json!(step.to_ms - step.from_ms))]);
    if let Some(failed) = step.failed {
        data.insert("error.type".to_owned(), json!(failed));
    }
    data
}

fn contexts(trace: &Trace, op: &str, status: Option<u16>) -> BTreeMap<String, Context> {
    let span_status = match status {
        Some(500..) => Some(SpanStatus::InternalError),
        Some(429) => Some(SpanStatus::ResourceExhausted),
        Some(404) => Some(SpanStatus::NotFound),
        Some(401) => Some(SpanStatus::Unauthenticated),
        Some(403) => Some(SpanStatus::PermissionDenied),
        Some(400..) => Some(SpanStatus::InvalidArgument),
        Some(_) => Some(SpanStatus::Ok),
        None => None,
    };
    let trace = TraceContext {
        span_id: trace.span_id.parse().unwrap_or_default(),
        trace_id: trace.trace_id.parse().unwrap_or_else(|_| TraceId::default()),
        parent_span_id: trace.parent.as_deref().and_then(|parent| parent.parse().ok()),
        op: Some(op.to_owned()),
        description: None,
        status: span_status,
        origin: None,
        data: status.map(|status| ("http.response.status_code".to_owned(), json!(status))).into_iter().collect(),
    };
    BTreeMap::from([("trace".to_owned(), Context::Trace(Box::new(trace)))])
}

/// The same account has the same hash, and nobody gets from it to the account who does not have the account's id.
fn user(trail: &Trail) -> Option<User> {
    let id = trail.user_id.as_ref()?;
    let hash = Sha256::digest(format!("edgekeep:sentry:{id}"));
    let id: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Some(User { id: Some(id), email: None, ip_address: None, username: None, other: BTreeMap::new() })
}

fn child(span_id: &str, at: u64) -> SpanId {
    let parent = u64::from_str_radix(span_id, 16).unwrap_or(0);
    let id = parent.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(at).max(1);
    format!("{id:016x}").parse().unwrap_or_default()
}

fn sdk() -> ClientSdkInfo {
    ClientSdkInfo { name: NAME.to_owned(), version: VERSION.to_owned(), integrations: Vec::new(), packages: Vec::new() }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_STEP).collect()
}

fn moment(at_ms: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at_ms).unwrap_or(0))
}

/// Name and version of what sends.
pub const CLIENT: &str = concat!("edgekeep/", env!("CARGO_PKG_VERSION"));
const NAME: &str = "edgekeep";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Characters of a statement: enough to know it by.
const LONGEST_STEP: usize = 300;
