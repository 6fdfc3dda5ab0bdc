//! The functions of `edge.js`: crossings into JavaScript, counted and few.
//!
//! What must hold: futures made from these promises are awaited in the request that made them, and never kept.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};

#[wasm_bindgen(module = "/src/platform/edge.js")]
extern "C" {
    pub(super) fn head(request: &Request) -> String;

    #[wasm_bindgen(catch)]
    pub(super) fn reply(status: u16, headers: &str, body: &[u8]) -> Result<Response, JsValue>;

    pub(super) fn whole(request: &Request) -> Promise<Uint8Array>;

    #[wasm_bindgen(catch)]
    pub(super) fn reader(request: &Request) -> Result<JsValue, JsValue>;

    pub(super) fn chunk(reader: &JsValue) -> Promise;

    pub(super) fn ask(namespace: &JsValue, name: &str, path: &str, body: &str, traceparent: &str) -> Promise;

    pub(super) fn outbound(
        method: &str,
        url: &str,
        headers: &str,
        body: &[u8],
        deadline_ms: u32,
        limit: u32,
    ) -> Promise;

    pub(super) fn query(db: &JsValue, sql: &str, values: &str) -> Promise;

    pub(super) fn batch(db: &JsValue, statements: &str) -> Promise;

    pub(super) fn stack() -> String;

    #[wasm_bindgen(js_name = previousEnd)]
    pub(super) fn previous_end() -> String;
}

/// The message of a rejection: what an `Error` says, without its stack.
pub(super) fn message(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "not an Error".into()),
    }
}
