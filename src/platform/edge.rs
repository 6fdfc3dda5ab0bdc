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
    pub(super) fn reply(status: u16, common: &JsValue, headers: &str, body: &[u8]) -> Result<Response, JsValue>;

    #[wasm_bindgen(catch, js_name = headersOf)]
    pub(super) fn headers_of(headers: &str) -> Result<JsValue, JsValue>;

    pub(super) fn whole(request: &Request) -> Promise<Uint8Array>;

    #[wasm_bindgen(catch)]
    pub(super) fn reader(request: &Request) -> Result<JsValue, JsValue>;

    pub(super) fn chunk(reader: &JsValue) -> Promise;

    pub(super) fn ask(namespace: &JsValue, name: &str, path: &str, body: &str, traceparent: &str) -> Promise;

    pub(super) fn outbound(
        server: &JsValue,
        method: &str,
        url: &str,
        headers: &str,
        body: &[u8],
        deadline_ms: u32,
        limit: u32,
    ) -> Promise;

    pub(super) fn query(db: &JsValue, sql: &str, values: &str) -> Promise;

    pub(super) fn batch(db: &JsValue, statements: &str) -> Promise;

    pub(super) fn bookmark(db: &JsValue) -> Promise;

    #[wasm_bindgen(catch, js_name = journalCommit)]
    pub(super) fn journal_commit(
        storage: &JsValue,
        run: &str,
        mode: &str,
        bytes: &[u8],
        count: f64,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_name = journalPeek)]
    pub(super) fn journal_peek(storage: &JsValue, from: f64, count: f64) -> Result<Uint8Array, JsValue>;

    pub(super) fn send(namespace: &JsValue, name: &str, path: &str, bytes: &[u8], traceparent: &str) -> Promise;

    #[wasm_bindgen(catch, js_name = sqlRows)]
    pub(super) fn sql_rows(storage: &JsValue, statement: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = sqlPage)]
    pub(super) fn sql_page(storage: &JsValue, statement: &str, values: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = sqlOnce)]
    pub(super) fn sql_once(storage: &JsValue, statement: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch)]
    pub(super) fn transaction(storage: &JsValue, work: &mut dyn FnMut() -> Result<(), JsValue>) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = readObject)]
    pub(super) fn read_object(bucket: &JsValue, key: &str, offset: f64, length: f64) -> Promise;

    #[wasm_bindgen(js_name = putObject)]
    pub(super) fn put_object(bucket: &JsValue, key: &str, bytes: &[u8], fresh: bool) -> Promise;

    #[wasm_bindgen(js_name = beginUpload)]
    pub(super) fn begin_upload(bucket: &JsValue, key: &str) -> Promise;

    #[wasm_bindgen(catch, js_name = openPart)]
    pub(super) fn open_part(
        bucket: &JsValue,
        key: &str,
        upload: &str,
        number: u16,
        size: f64,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = writePart)]
    pub(super) fn write_part(part: &JsValue, bytes: &[u8]) -> Promise;

    #[wasm_bindgen(js_name = closePart)]
    pub(super) fn close_part(part: &JsValue) -> Promise;

    #[wasm_bindgen(js_name = abortPart)]
    pub(super) fn abort_part(part: &JsValue);

    #[wasm_bindgen(js_name = completeUpload)]
    pub(super) fn complete_upload(bucket: &JsValue, key: &str, upload: &str, parts: &str) -> Promise;

    #[wasm_bindgen(js_name = abortUpload)]
    pub(super) fn abort_upload(bucket: &JsValue, key: &str, upload: &str) -> Promise;

    #[wasm_bindgen(js_name = listObjects)]
    pub(super) fn list_objects(bucket: &JsValue, prefix: &str) -> Promise;

    #[wasm_bindgen(js_name = deleteObject)]
    pub(super) fn delete_object(bucket: &JsValue, key: &str) -> Promise;

    pub(super) fn stack() -> String;

    fn release(bytes: &Uint8Array);

    #[wasm_bindgen(js_name = releaseStamp)]
    pub(super) fn release_stamp() -> String;

    #[wasm_bindgen(js_name = previousEnd)]
    pub(super) fn previous_end() -> String;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = debug)]
    pub(super) fn print_debug(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = log)]
    pub(super) fn print_info(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = warn)]
    pub(super) fn print_warning(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(super) fn print_error(line: &str);
}

/// Bytes that a function of `edge.js` gave, which are gone from there afterwards.
pub(super) fn bytes(given: &Uint8Array) -> Vec<u8> {
    let bytes = given.to_vec();
    release(given);
    bytes
}

/// The text that a function of `edge.js` gave, which comes as bytes when it is long.
pub(super) fn text(given: &JsValue) -> Option<String> {
    match given.dyn_ref::<Uint8Array>() {
        Some(given) => String::from_utf8(bytes(given)).ok(),
        None => given.as_string(),
    }
}

/// The message of a rejection: what an `Error` says, without its stack.
pub(super) fn message(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "not an Error".into()),
    }
}
