//! Durable Objects: asking one from outside, and answering in one.
//!
//! Exactness rests on one habit, kept by every object here: between reading its state and having written it there is no
//! `await`. An object runs one thing at a time between two awaits, its writes within such a stretch commit together, and the
//! runtime holds an answer back until they are on disk. So nothing is decided twice, and nothing that was answered is lost.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::{ObjectNamespace, Request, Response};

use super::deadline::within;
use super::edge;
use crate::ports::PortError;

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
        let promise = edge::ask(&self.namespace, name, path, &body);
        let answer = match within(self.deadline_ms, JsFuture::from(promise)).await {
            Ok(Ok(answer)) => answer.as_string().unwrap_or_default(),
            Ok(Err(error)) => return Err(PortError::Failed(format!("object: {}", edge::message(&error)))),
            Err(_) => return Err(PortError::Timeout),
        };
        match answer.split_at_checked(3) {
            Some(("200", body)) => Ok(Answer::Done(body.to_owned())),
            Some(("503", _)) => Ok(Answer::Full),
            Some((status, body)) => Err(PortError::Failed(format!("object: {status} {body}"))),
            None => Err(PortError::Failed("object: no answer".into())),
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
            Answer::Full => Err(PortError::Failed("object: full".into())),
        }
    }
}

pub(super) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, PortError> {
    serde_json::from_str(body).map_err(|error| PortError::Failed(format!("object: {error}")))
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
