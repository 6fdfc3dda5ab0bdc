//! From the runtime's request to the router's, and back from its answer.
//!
//! Not by worker's own `http` feature: with it every answer is chunked and loses its `Content-Length`. What must hold: a
//! body is not touched before somebody asks for it, and is handed over chunk by chunk, so that limits on its size can bite.

use std::cell::OnceCell;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Request;
use worker::send::SendWrapper;

use super::edge;
use crate::http::headers::standing;

/// The router's request. Fails for a URL, method or header that HTTP has no place for, with the status to answer.
///
/// # Errors
/// The status: 400, or 414 for a URL that is too long.
pub fn from_edge(edge: Request) -> Result<http::Request<Body>, StatusCode> {
    let head = edge::head(&edge);
    let mut lines = head.split('\n');
    let (Some(method), Some(url)) = (lines.next(), lines.next()) else { return Err(StatusCode::BAD_REQUEST) };
    if url.len() > MAX_URL {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let mut request = http::Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| StatusCode::BAD_REQUEST)?;
    *request.uri_mut() = Uri::try_from(url).map_err(|_| StatusCode::BAD_REQUEST)?;
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| StatusCode::BAD_REQUEST)?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| StatusCode::BAD_REQUEST)?;
        request.headers_mut().append(name, value);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let announced =
            request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        *request.body_mut() = Body::from_stream(EdgeBody::new(edge, announced));
    }
    Ok(request)
}

/// The runtime's answer, with its `Content-Length`.
///
/// # Errors
/// What JavaScript says against it; the runtime logs it and answers 500.
pub fn to_edge(response: &http::Response<Bytes>) -> Result<JsValue, JsValue> {
    let over_tls = response.headers().contains_key(header::STRICT_TRANSPORT_SECURITY);
    COMMON.with(|(plain, tls)| {
        let common = if over_tls { tls } else { plain };
        let common = common.get_or_init(|| Common::new(over_tls));
        let (shared, headers) = common.split(response.headers());
        edge::reply(response.status().as_u16(), &shared, &headers, response.body()).map(JsValue::from)
    })
}

/// The headers that every answer carries, made in JavaScript once: answers are handed over with them and their own.
struct Common {
    headers: Vec<(HeaderName, HeaderValue)>,
    shared: JsValue,
}

impl Common {
    fn new(over_tls: bool) -> Self {
        let headers: Vec<_> = standing(over_tls).collect();
        let shared = edge::headers_of(&headers_text(headers.iter().map(|(name, value)| (name, value))));
        // Without them every header crosses by itself, as those of an answer that lacks one do.
        match shared {
            Ok(shared) => Self { headers, shared },
            Err(_) => Self { headers: Vec::new(), shared: JsValue::UNDEFINED },
        }
    }

    /// What is shared of these headers, if all of it is, and the text of the others.
    fn split(&self, headers: &HeaderMap) -> (JsValue, String) {
        if self.headers.iter().all(|(name, value)| headers.get(name) == Some(value)) {
            let is_own = |name: &HeaderName| !self.headers.iter().any(|(common, _)| common == name);
            (self.shared.clone(), headers_text(headers.iter().filter(|(name, _)| is_own(name))))
        } else {
            (JsValue::UNDEFINED, headers_text(headers))
        }
    }
}

thread_local! {
    static COMMON: (OnceCell<Common>, OnceCell<Common>) = const { (OnceCell::new(), OnceCell::new()) };
}

/// Headers as they cross into JavaScript: a line of name, a line of value, and so on.
pub(super) fn headers_text<'a>(headers: impl IntoIterator<Item = (&'a HeaderName, &'a HeaderValue)>) -> String {
    let mut text = String::with_capacity(HEADERS_LENGTH);
    for (name, value) in headers {
        text.push_str(name.as_str());
        text.push('\n');
        match value.to_str() {
            Ok(value) => text.push_str(value),
            Err(_) => text.push_str(&String::from_utf8_lossy(value.as_bytes())),
        }
        text.push('\n');
    }
    text
}

/// An answer of a status and nothing else.
///
/// # Errors
/// As for [`to_edge`].
pub fn empty(status: StatusCode) -> Result<JsValue, JsValue> {
    edge::reply(status.as_u16(), &JsValue::UNDEFINED, "", &[]).map(JsValue::from)
}

/// A request body that is read when it is polled. One that is announced to be short is taken in one piece; a length that
/// is announced is the length that arrives, the server in front sees to that.
struct EdgeBody {
    request: Request,
    is_short: bool,
    state: SendWrapper<State>,
}

enum State {
    Untouched,
    Whole(JsFuture),
    Chunk { reader: JsValue, reading: JsFuture },
    Done,
}

impl EdgeBody {
    fn new(request: Request, announced: Option<u64>) -> Self {
        Self {
            request,
            is_short: announced.is_some_and(|length| length <= SHORT),
            state: SendWrapper(State::Untouched),
        }
    }

    fn start(&self) -> Result<State, JsValue> {
        if self.is_short {
            let promise: js_sys::Promise = edge::whole(&self.request).unchecked_into();
            return Ok(State::Whole(JsFuture::from(promise)));
        }
        let reader = edge::reader(&self.request)?;
        Ok(if reader.is_undefined() { State::Done } else { State::next(reader) })
    }
}

impl State {
    fn next(reader: JsValue) -> Self {
        let reading = JsFuture::from(edge::chunk(&reader));
        Self::Chunk { reader, reading }
    }
}

impl Stream for EdgeBody {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let answer = match &mut this.state.0 {
                State::Untouched => match this.start() {
                    Ok(state) => {
                        this.state.0 = state;
                        continue;
                    }
                    Err(error) => Err(error),
                },
                State::Whole(reading) | State::Chunk { reading, .. } => ready!(Pin::new(reading).poll(cx)),
                State::Done => return Poll::Ready(None),
            };
            let before = std::mem::replace(&mut this.state.0, State::Done);
            return Poll::Ready(match answer {
                Ok(end) if end.is_undefined() => None,
                Ok(bytes) => {
                    if let State::Chunk { reader, .. } = before {
                        this.state.0 = State::next(reader);
                    }
                    Some(Ok(Bytes::from(Uint8Array::new(&bytes).to_vec())))
                }
                Err(error) => Some(Err(BrokenOff(edge::message(&error)))),
            });
        }
    }
}

/// The body ended before its end.
#[derive(Debug)]
struct BrokenOff(String);

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BrokenOff {}

/// What `http::Uri` can hold.
const MAX_URL: usize = 65_534;

/// Up to here one piece is cheaper than a stream, and small enough to take before the limit of a route is asked.
const SHORT: u64 = 16 * 1024;

/// Room for the headers of an answer, so that the text is not moved while it grows.
const HEADERS_LENGTH: usize = 1024;
