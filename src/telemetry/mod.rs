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

use crate::app::App;
use crate::ports::Level;
use line::Line;
use panics::Panic;
use scope::{Scope, Work};

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

/// What is to be done after the answer of an event: the work that it left, one after the other. `None` when there is
/// nothing, which is the rule.
#[must_use]
pub fn afterwards(app: &App, scope: &Arc<Scope>) -> Option<Work> {
    let deferred = scope.take_deferred();
    if deferred.is_empty() {
        return None;
    }
    let (app, scope) = (app.clone(), Arc::clone(scope));
    Some(Box::pin(async move {
        for work in deferred {
            // A panic has been told; the rest of the work is not its.
            let _ = event(&app, &scope, "background", work).await;
        }
    }))
}
