//! Cross-origin requests: an allow-list, and one origin per answer.

use http::{HeaderMap, HeaderValue, header};

use crate::config::Config;
use crate::domain::origin::Origin;

/// The request's `Origin`, when it is on the allow-list.
#[must_use]
pub fn allowed(headers: &HeaderMap, config: &Config) -> Option<HeaderValue> {
    let value = headers.get(header::ORIGIN)?;
    let origin = Origin::parse(value.to_str().ok()?).ok()?;
    config.cors_origins.contains(&origin).then(|| value.clone())
}

/// Marks an answer. `Vary` stands on every answer of an installation with an allow-list, so that a cache never hands one
/// origin's answer to another.
pub fn mark(headers: &mut HeaderMap, origin: Option<&HeaderValue>, config: &Config) {
    if !config.cors_origins.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("RateLimit, RateLimit-Policy, Retry-After, Traceparent, X-Request-Id"),
        );
    }
}

/// Adds what a preflight asks for: the methods of the path and the headers that the API reads.
pub fn preflight(headers: &mut HeaderMap, methods: &HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods.clone());
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Authorization, Content-Type, Traceparent"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
}
