//! What happened, told to those who run this: log lines, and reports of errors.
//!
//! Every event (a request, a cron run, a call or an alarm of a Durable Object, work after an answer) runs in a [`scope`] that
//! knows its id and its trace, keeps the last steps, and catches its panic. Knows no HTTP, no SQL and no runtime.

pub mod defect;
pub mod limits;
pub mod line;
pub mod observed;
pub mod outbox;
pub mod panics;
pub mod pretty;
pub mod report;
pub mod scope;
pub mod scrub;
pub mod sentry;
pub mod stack;
pub mod trace;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::app::App;
use crate::ports::Level;
use line::Line;
use panics::Panic;
use report::Report;
use scope::Scope;
use trace::Trace;

/// Runs the work of an event that is no request: within a scope of its own, its panic told in one line and one report.
///
/// # Errors
/// The panic, told already.
pub async fn event<F: Future>(app: &App, scope: &Arc<Scope>, body: &'static str, work: F) -> Result<F::Output, Panic> {
    sweep(app, scope);
    let done = scope::guard(Arc::clone(scope), work).await;
    if let Err(panic) = &done {
        let line = Line::new(app.now_ms(), Level::Error, body).scope(scope).panic(panic);
        app.log(Level::Error, line);
        capture_panic(app, scope, panic, &format!("{body} {}", scope.name().unwrap_or_default()), None);
    }
    done
}

/// Tells of panics that happened outside of any event. Costs next to nothing when there are none.
pub fn sweep(app: &App, scope: &Scope) {
    for panic in panics::uncaught() {
        let line = Line::new(app.now_ms(), Level::Error, "panic").trace(&scope.trace).panic(&panic);
        app.log(Level::Error, line);
        capture_panic(app, scope, &panic, "outside of an event", None);
    }
}

/// Tells that the instance before this one ended without a chance to say so. `stack` is where it was.
pub fn instance_ended(app: &App, stack: &str) {
    let panic = Panic {
        message: "the instance was aborted: memory, stack or unreachable".into(),
        location: String::new(),
        frames: stack::without_panic_machinery(stack::parse(stack)),
    };
    let now_ms = app.now_ms();
    let line = Line::new(now_ms, Level::Error, "abort").panic(&panic).with("exception.type", "abort");
    app.log(Level::Error, line);
    if let Some(sentry) = &app.sentry {
        let id = format!("abort-{now_ms}");
        let scope = Scope::new(id.clone(), Trace::begin(&id), now_ms);
        let Panic { message, frames, .. } = &panic;
        sentry.capture(
            &scope,
            &Report {
                level: Level::Error,
                kind: "abort",
                message,
                location: "",
                frames,
                during: "abort",
                status: None,
            },
        );
    }
}

/// Reports a panic.
pub fn capture_panic(app: &App, scope: &Scope, panic: &Panic, during: &str, status: Option<u16>) {
    if let Some(sentry) = &app.sentry {
        let Panic { message, location, frames } = panic;
        sentry
            .capture(scope, &Report { level: Level::Error, kind: "panic", message, location, frames, during, status });
    }
}

/// Reports something that nobody's request has met but that somebody should look at.
pub fn capture_alarm(app: &App, kind: &'static str, detail: &str, during: &str) {
    if let (Some(sentry), Some(scope)) = (&app.sentry, scope::current()) {
        let report =
            Report { level: Level::Error, kind, message: detail, location: "", frames: &[], during, status: None };
        sentry.capture(&scope, &report);
    }
}

/// The sending of what waits to be reported, when there is something that can be sent now.
#[must_use]
fn sending(app: &App) -> Option<BoxFuture<'static, ()>> {
    let sentry = app.sentry.as_ref()?;
    sentry.wants_to_send().then(|| Arc::clone(sentry).flush())
}

/// Sends what waits, and waits for that.
pub async fn send(app: &App) {
    if let Some(sending) = sending(app) {
        sending.await;
    }
}

/// Sends what waits while the event goes on, or after it.
pub fn send_in_background(app: &App) {
    if let Some(sending) = sending(app) {
        app.ports.background.spawn(sending);
    }
}

/// Work for after the answer, so that its panic is told as one of the event that it comes from.
#[must_use]
pub fn guarded(app: &App, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
    let scope = scope::current().unwrap_or_else(|| {
        let id = format!("background-{}", app.now_ms());
        Scope::new(id.clone(), Trace::begin(&id), app.now_ms())
    });
    let app = app.clone();
    Box::pin(async move {
        let done = event(&app, &scope, "background", work).await;
        if done.is_err() {
            send(&app).await;
        }
    })
}
