//! The headers that every answer carries.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::telemetry::scope::Scope;

/// Sets those of the API. An answer of it is never stored, framed, sniffed or run; over TLS the host stays on TLS.
pub fn secure(headers: &mut HeaderMap, over_tls: bool) {
    for (name, value) in standing(over_tls) {
        headers.insert(name, value);
    }
}

/// Says which request is answered.
pub fn identify(headers: &mut HeaderMap, scope: &Scope) {
    for (name, value) in [(X_REQUEST_ID, scope.id.clone()), (TRACEPARENT, scope.trace.to_string())] {
        if let Ok(value) = HeaderValue::from_maybe_shared(value) {
            headers.insert(name, value);
        }
    }
}

/// Of these, the ones that have the same value in every answer.
pub fn standing(over_tls: bool) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    ALWAYS.into_iter().chain(over_tls.then_some((header::STRICT_TRANSPORT_SECURITY, HSTS)))
}

/// `x-request-id`.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// `traceparent`: in the answer, where the request stands in its trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

const ALWAYS: [(HeaderName, HeaderValue); 7] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
];

/// Two years, the value that the preload list asks for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
