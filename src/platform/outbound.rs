//! HTTP servers elsewhere, by the runtime's `fetch`.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;

use super::edge;
use super::request::headers_text;
use crate::ports::{Outbound, OutboundRequest, OutboundResponse, PortError};

/// The runtime's `fetch`, under the request's deadline.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fetch;

#[async_trait]
impl Outbound for Fetch {
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, PortError> {
        SendFuture::new(async {
            let headers = headers_text(&request.headers);
            let OutboundRequest { method, url, body, deadline_ms, max_response_bytes, .. } = &request;
            let sent = edge::outbound(method.as_str(), url, &headers, body, *deadline_ms, *max_response_bytes);
            match JsFuture::from(sent).await {
                Ok(answer) => read(&answer).ok_or_else(|| PortError::Failed("fetch: no answer".into())),
                Err(error) => Err(failure(&error, url)),
            }
        })
        .await
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
