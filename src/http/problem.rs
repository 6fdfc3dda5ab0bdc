//! Errors on the wire: `application/problem+json` (RFC 9457).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::cookie;
use super::limits;
use super::reply::Event;
use crate::error::{Error, FieldProblem};
use crate::telemetry::stack::Frame;

/// What the log line tells of a failed request; travels in the extensions of the response.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The stable code.
    pub code: &'static str,
    /// For the log only.
    pub cause: Option<String>,
    /// It has been reported where it showed.
    pub is_reported: bool,
    /// The stack of where a defect was found, innermost first.
    pub frames: Vec<Frame>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: String,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldProblem],
    #[serde(rename = "violated-policies", skip_serializing_if = "Vec::is_empty")]
    violated_policies: Vec<String>,
}

/// An error as a response, with the headers that belong to it.
#[must_use]
pub fn respond(error: &Error, request_id: &str) -> Response<Bytes> {
    let status = error.status();
    let violated_policies = match error {
        Error::RateLimited { name, policy, decision, cost } => limits::violated(name, policy, decision, *cost),
        _ => Vec::new(),
    };
    let problem = Problem {
        r#type: type_uri(error),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        code: error.code(),
        detail: error.detail(),
        request_id,
        errors: if let Error::InvalidInput(problems) = error { problems } else { &[] },
        violated_policies,
    };
    // Strings and numbers only: writing them can't fail, and an empty body would still carry the status.
    let mut response = Response::new(Bytes::from(serde_json::to_vec(&problem).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // Every 401 names the scheme by which to prove oneself (RFC 9110 15.5.2), also where a body is the way to it.
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    match error {
        Error::InvalidRefreshToken { cookie: true, .. } => {
            headers.append(header::SET_COOKIE, cookie::removal());
        }
        Error::RateLimited { name, policy, decision, .. } => limits::describe(headers, name, policy, decision),
        _ => {}
    }
    let user_id = match error {
        Error::InvalidRefreshToken { revoked_of, .. } => revoked_of.clone(),
        _ => None,
    };
    if let Some(name) = event(error) {
        response.extensions_mut().insert(Event { name, user_id });
    }
    let is_reported = matches!(error, Error::Panicked(_));
    let failure = Failure {
        code: error.code(),
        cause: error.cause().map(ToOwned::to_owned),
        frames: error.frames().to_vec(),
        is_reported,
    };
    response.extensions_mut().insert(failure);
    response
}

/// The registered type for an exhausted quota, our own for the rest.
fn type_uri(error: &Error) -> String {
    match error {
        Error::RateLimited { .. } => "https://iana.org/assignments/http-problem-types#quota-exceeded".into(),
        _ => format!("urn:edgekeep:problem:{}", error.code()),
    }
}

/// OWASP names for what an error means to whoever watches over security.
fn event(error: &Error) -> Option<&'static str> {
    match error {
        Error::InvalidCredentials => Some("authn_login_fail"),
        Error::TooManyAttempts { .. } => Some("authn_login_lock"),
        Error::InvalidRefreshToken { revoked_of: Some(_), .. } => Some("authn_token_reuse"),
        Error::Unauthenticated(_) | Error::OriginNotAllowed | Error::InvalidRefreshToken { .. } => Some("authz_fail"),
        Error::RateLimited { .. } => Some("excess_rate_limit_exceeded"),
        Error::InvalidInput(_)
        | Error::InvalidJson(_)
        | Error::InvalidMultipart
        | Error::File(_)
        | Error::OneOfFiles { .. }
        | Error::BodyTooLarge { .. }
        | Error::TextTooLong { .. } => Some("input_validation_fail"),
        _ => None,
    }
}
