//! HTTP servers elsewhere, by the runtime's `fetch`, and the one that is a binding: the web app's files.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::send::{SendFuture, SendWrapper};

use super::edge;
use super::request::headers_text;
use crate::ports::{Outbound, OutboundRequest, OutboundResponse, PortError};

/// The runtime's `fetch`, under the request's deadline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fetch;

#[async_trait]
impl Outbound for Fetch {
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, PortError> {
        SendFuture::new(send(&JsValue::UNDEFINED, request)).await
    }
}

/// The runtime's server of the files that were deployed with the Worker. It looks at a path and at no host.
pub struct Assets(SendWrapper<JsValue>);

impl Assets {
    /// The binding, if there is one: a Worker may be deployed without files.
    #[must_use]
    pub fn of(env: &JsValue) -> Option<Self> {
        let binding = js_sys::Reflect::get(env, &JsValue::from_str("ASSETS")).ok()?;
        binding.is_object().then_some(Self(SendWrapper(binding)))
    }
}

#[async_trait]
impl Outbound for Assets {
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, PortError> {
        SendFuture::new(send(&self.0, request)).await
    }
}

async fn send(server: &JsValue, request: OutboundRequest) -> Result<OutboundResponse, PortError> {
    let headers = headers_text(&request.headers);
    let OutboundRequest { method, url, body, deadline_ms, max_response_bytes, .. } = &request;
    let sent = edge::outbound(server, method.as_str(), url, &headers, body, *deadline_ms, *max_response_bytes);
    match JsFuture::from(sent).await {
        Ok(answer) => read(&answer).ok_or_else(|| PortError::Failed("fetch: no answer".into())),
        Err(error) => Err(failure(&error, url)),
    }
}

fn read(answer: &JsValue) -> Option<OutboundResponse> {
    let parts = Array::from(answer);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a status is a small whole number")]
    let status = parts.get(0).as_f64()? as u16;
    let text = parts.get(1).as_string()?;
    let mut headers = HeaderMap::new();
    let mut lines = text.split('\n');
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    Some(OutboundResponse { status, headers, body: Bytes::from(Uint8Array::new(&parts.get(2)).to_vec()) })
}

/// Some messages of the runtime quote the address, which may hold a key.
fn failure(error: &JsValue, url: &str) -> PortError {
    let name = js_sys::Reflect::get(error, &JsValue::from_str("name")).ok().and_then(|name| name.as_string());
    match name.as_deref() {
        Some("TimeoutError" | "AbortError") => PortError::Timeout,
        _ => PortError::Failed(format!("fetch: {}", edge::message(error).replace(url, "(address)"))),
    }
}
