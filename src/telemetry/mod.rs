//! What happened, told to those who run this: log lines, and reports of errors.
//!
//! Every event (a request, a cron run, a call or an alarm of a Durable Object, work after an answer) runs in a [`scope`] that
//! knows its id and its trace, keeps the last steps, and catches its panic. Knows no HTTP, no SQL and no runtime.

pub mod line;
pub mod panics;
pub mod scope;
pub mod scrub;
pub mod stack;
pub mod trace;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::app::App;
use crate::ports::Level;
use line::Line;
use panics::Panic;
use scope::Scope;
use trace::Trace;

/// Runs the work of an event that is no request: within a scope of its own, its panic told in one line.
///
/// # Errors
/// The panic, told already.
pub async fn event<F: Future>(app: &App, scope: &Arc<Scope>, body: &'static str, work: F) -> Result<F::Output, Panic> {
    sweep(app, scope);
    let done = scope::guard(Arc::clone(scope), work).await;
    if let Err(panic) = &done {
        let line = Line::new(app.now_ms(), Level::Error, body).scope(scope).panic(panic);
        app.log(Level::Error, &line.into());
    }
    done
}

/// Tells of panics that happened outside of any event. Costs next to nothing when there are none.
pub fn sweep(app: &App, scope: &Scope) {
    for panic in panics::uncaught() {
        let line = Line::new(app.now_ms(), Level::Error, "panic").trace(&scope.trace).panic(&panic);
        app.log(Level::Error, &line.into());
    }
}

/// Tells that the instance before this one ended without a chance to say so. `stack` is where it was.
pub fn instance_ended(app: &App, stack: &str) {
    let panic = Panic {
        message: "the instance was aborted: memory, stack or unreachable".into(),
        location: String::new(),
        frames: stack::without_panic_machinery(stack::parse(stack)),
    };
    let line = Line::new(app.now_ms(), Level::Error, "abort").panic(&panic).with("exception.type", "abort");
    app.log(Level::Error, &line.into());
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
        let _ = event(&app, &scope, "background", work).await;
    })
}
