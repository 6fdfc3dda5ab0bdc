//! Durable Objects: asking one from outside, and answering in one.
//!
//! Exactness rests on one habit, kept by every object here: between reading its state and having written it there is no
//! `await`. An object runs one thing at a time between two awaits, its writes within such a stretch commit together, and the
//! runtime holds an answer back until they are on disk. So nothing is decided twice, and nothing that was answered is lost.

use std::sync::Arc;

use js_sys::{Array, Promise};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Env, ObjectNamespace, Request, Response};

use super::deadline::within;
use super::{edge, installation};
use crate::app::App;
use crate::config::Environment;
use crate::domain::id;
use crate::ports::{Level, PortError};
use crate::telemetry;
use crate::telemetry::line::{Line, milliseconds};
use crate::telemetry::scope::{self, Scope};
use crate::telemetry::scrub::scrub;
use crate::telemetry::trace::Trace;

/// The objects of one class, asked under a deadline.
pub(super) struct Objects {
    namespace: JsValue,
    deadline_ms: u64,
}

/// What an object said.
pub(super) enum Answer {
    /// 200, with a JSON body.
    Done(String),
    /// 503: it has no room.
    Full,
}

impl Objects {
    pub(super) fn new(namespace: ObjectNamespace, deadline_ms: u64) -> Self {
        Self { namespace: namespace.into(), deadline_ms }
    }

    pub(super) fn deadline_ms(&self) -> u64 {
        self.deadline_ms
    }

    /// Asks the object of that name.
    pub(super) async fn ask(&self, name: &str, path: &str, asked: &impl Serialize) -> Result<Answer, PortError> {
        let body = serde_json::to_string(asked).map_err(|error| PortError::Failed(error.to_string()))?;
        let answer = self.within(edge::ask(&self.namespace, name, path, &body, &traceparent())).await?;
        let answer = answer.as_string().unwrap_or_default();
        let (status, body) = answer.split_at_checked(3).unwrap_or(("no answer", ""));
        if status == "200" { Ok(Answer::Done(body.to_owned())) } else { refused(status, body) }
    }

    /// Sends bytes to the object of that name, which always has room; gives the bytes that it answers.
    pub(super) async fn send(&self, name: &str, path: &str, bytes: &[u8]) -> Result<Vec<u8>, PortError> {
        let answer = self.within(edge::send(&self.namespace, name, path, bytes, &traceparent())).await?;
        let answer: &Array = answer.unchecked_ref();
        let (status, body) = (answer.get(0).as_f64(), edge::bytes(answer.get(1).unchecked_ref()));
        if status == Some(200.0) {
            return Ok(body);
        }
        let status = status.map_or("no answer".into(), |status| status.to_string());
        match refused(&status, &String::from_utf8_lossy(&body))? {
            Answer::Done(_) | Answer::Full => Err(full()),
        }
    }

    async fn within(&self, promise: Promise) -> Result<JsValue, PortError> {
        match within(self.deadline_ms, JsFuture::from(promise)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(PortError::Failed(format!("object: {}", edge::message(&error)))),
            Err(_) => Err(PortError::Timeout),
        }
    }

    /// Asks the object of that name, which always has room.
    pub(super) async fn tell<T: DeserializeOwned>(
        &self,
        name: &str,
        path: &str,
        asked: &impl Serialize,
    ) -> Result<T, PortError> {
        match self.ask(name, path, asked).await? {
            Answer::Done(body) => parse(&body),
            Answer::Full => Err(full()),
        }
    }
}

/// What an answer other than 200 says.
fn refused(status: &str, body: &str) -> Result<Answer, PortError> {
    match (status, body) {
        ("503", _) => Ok(Answer::Full),
        ("500", PANICKED) => Err(PortError::Defect("object: it has panicked".into())),
        _ => Err(PortError::Failed(format!("object: {status} {body:.200}"))),
    }
}

fn full() -> PortError {
    PortError::Failed("object: full".into())
}

/// The trace that a call belongs to, for the object that is asked; empty outside of any event.
pub(super) fn traceparent() -> String {
    scope::current().map(|scope| scope.trace.to_string()).unwrap_or_default()
}

pub(super) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, PortError> {
    serde_json::from_str(body).map_err(|error| PortError::Failed(format!("object: {error}")))
}

/// Answers a call of an object: within the caller's trace, and whatever happens, with an answer. After a panic `forget` drops
/// what the object holds in memory, which may be half changed; its storage is as of the last stretch that was completed.
pub(super) async fn answer_call<W: Future<Output = worker::Result<Response>>>(
    (class, env): (&'static str, &Env),
    request: Request,
    forget: impl FnOnce(),
    work: impl FnOnce(Request) -> W,
) -> worker::Result<Response> {
    // Without an installation nobody asks an object anything: the Worker is misconfigured then.
    let Ok(app) = installation::of(env) else { return work(request).await };
    let traceparent = request.headers().get(TRACEPARENT)?;
    let scope = begin(app, class, traceparent.as_deref());
    let drill = app.config.environment == Environment::Development && request.path() == PANIC;
    let work = async move {
        assert!(!drill, "drill: a deliberate panic");
        work(request).await
    };
    let answered = telemetry::event(app, &scope, "object", work).await;
    telemetry::send_in_background(app);
    answered.unwrap_or_else(|_| {
        forget();
        Response::error(PANICKED, 500)
    })
}

/// Runs an object's alarm and writes its line. An alarm that failed is tried again by the runtime.
pub(super) async fn run_alarm(
    (class, env): (&'static str, &Env),
    forget: impl FnOnce(),
    work: impl Future<Output = worker::Result<Response>>,
) -> worker::Result<Response> {
    let Ok(app) = installation::of(env) else { return work.await };
    let scope = begin(app, class, None);
    let done = telemetry::event(app, &scope, "alarm", work).await;
    let done = match done {
        Ok(done) => {
            let level = if done.is_ok() { Level::Info } else { Level::Error };
            let mut line = Line::new(scope.started_ms, level, "alarm").scope(&scope);
            line.put("cloudflare.durable_object.class", class);
            line.put("duration_ms", milliseconds(scope.started_ms, app.now_ms()));
            line.put("outcome", if done.is_ok() { "ok" } else { "error" });
            if let Err(error) = &done {
                line.put("exception.message", scrub(&error.to_string()));
            }
            app.log(level, line);
            done
        }
        Err(_) => {
            forget();
            Err(worker::Error::RustError(PANICKED.into()))
        }
    };
    // Nobody waits for an alarm, and what it leaves behind ends with it.
    telemetry::send(app).await;
    done
}

fn begin(app: &App, class: &'static str, traceparent: Option<&str>) -> Arc<Scope> {
    let now_ms = app.now_ms();
    let id = id::event_id(app.ports.entropy.as_ref(), now_ms);
    let scope = Scope::new(id.clone(), Trace::go_on(traceparent, &id), now_ms);
    scope.set_name(class);
    scope
}

/// Reads what an object was asked.
pub(super) async fn read<T: DeserializeOwned>(request: &mut Request) -> worker::Result<T> {
    Ok(serde_json::from_str(&request.text().await?)?)
}

/// An object's answer.
pub(super) fn answer(value: &impl Serialize) -> worker::Result<Response> {
    Response::from_json(value)
}

/// An object's answer to a path that it does not have: a defect, both ends are of one version.
pub(super) fn no_such_path() -> worker::Result<Response> {
    Response::error("no such path", 404)
}

/// The body of an answer that a panic ended.
const PANICKED: &str = "panicked";
/// Where an object of a development installation is told to panic.
pub(super) const PANIC: &str = "/__debug/panic";
const TRACEPARENT: &str = "traceparent";
