//! What a handler answers.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::problem::Failure;
use crate::error::{Error, Result};

/// An answer before the headers that every answer carries.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    event: Option<Event>,
    failure: Option<Failure>,
}

/// Something that whoever watches over security wants to know. The names are those of the OWASP logging vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Name, for instance `authn_login_success`.
    pub name: &'static str,
    /// Id of the account, where one is known for certain.
    pub user_id: Option<String>,
}

impl Reply {
    /// A JSON answer.
    ///
    /// # Errors
    /// When the value can't be written as JSON: a defect.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(|error| Error::internal(format!("answer: {error}")))?;
        let mut reply = Self { status, headers: HeaderMap::new(), body: body.into(), event: None, failure: None };
        reply.headers.insert(header::CONTENT_TYPE, JSON);
        Ok(reply)
    }

    /// An answer of bytes that mean nothing to HTTP.
    #[must_use]
    pub fn bytes(body: Bytes) -> Self {
        let mut reply = Self { body, ..Self::no_content() };
        reply.status = StatusCode::OK;
        reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        reply
    }

    /// An answer without a body.
    #[must_use]
    pub fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            event: None,
            failure: None,
        }
    }

    /// Adds a header beside those of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Names what this answer means for security.
    #[must_use]
    pub fn with_event(mut self, name: &'static str, user_id: &str) -> Self {
        self.event = Some(Event { name, user_id: Some(user_id.to_owned()) });
        self
    }

    /// Names what this answer means for security, unless it has a name already: of the operator, who is no account.
    #[must_use]
    pub fn or_event(mut self, name: &'static str) -> Self {
        self.event.get_or_insert(Event { name, user_id: None });
        self
    }

    /// Says for the log, and for nobody else, why this answer is not a good one.
    #[must_use]
    pub fn with_failure(mut self, code: &'static str, cause: String) -> Self {
        self.failure = Some(Failure { code, cause: Some(cause), frames: Vec::new(), is_reported: true });
        self
    }

    /// As a response; event and failure travel in its extensions to the log line.
    #[must_use]
    pub fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(event) = self.event {
            response.extensions_mut().insert(event);
        }
        if let Some(failure) = self.failure {
            response.extensions_mut().insert(failure);
        }
        response
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
