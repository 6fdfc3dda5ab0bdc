//! Edgekeep: accounts, AI-text detection and exact limits in one Cloudflare Worker.
//!
//! Without the feature `embedded-model` only the detector is left: the trainer builds before there is a model to embed.

#[cfg(feature = "embedded-model")]
pub mod app;
#[cfg(feature = "embedded-model")]
pub mod backup;
#[cfg(feature = "embedded-model")]
pub mod config;
#[cfg(feature = "embedded-model")]
pub mod cron;
pub mod detector;
#[cfg(feature = "embedded-model")]
pub mod domain;
#[cfg(feature = "embedded-model")]
pub mod error;
#[cfg(feature = "embedded-model")]
pub mod extract;
#[cfg(feature = "embedded-model")]
pub mod hashing;
#[cfg(feature = "embedded-model")]
pub mod health;
#[cfg(feature = "embedded-model")]
pub mod http;
#[cfg(feature = "embedded-model")]
pub mod opinion;
#[cfg(feature = "embedded-model")]
pub mod platform;
#[cfg(feature = "embedded-model")]
pub mod ports;
#[cfg(feature = "embedded-model")]
pub mod release;
#[cfg(feature = "embedded-model")]
pub mod routes;
#[cfg(feature = "embedded-model")]
pub mod store;
#[cfg(feature = "embedded-model")]
pub mod tally;
#[cfg(feature = "embedded-model")]
pub mod telemetry;

#[cfg(target_arch = "wasm32")]
mod entry {
    use std::sync::Arc;

    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;
    use worker::{Env, ScheduleContext, ScheduledEvent, event, worker_sys};

    use crate::platform::{background, eager, installation, request};
    use crate::{cron, http};

    /// One request. What `#[event(fetch)]` would make of an `async fn`, but for [`eager`].
    #[wasm_bindgen]
    pub fn fetch(edge: web_sys::Request, env: Env, context: worker_sys::Context) -> Result<JsValue, JsValue> {
        eager::value_or_promise(async move {
            let request = match request::from_edge(edge) {
                Ok(request) => request,
                Err(status) => return request::empty(status),
            };
            let response = match installation::of(&env) {
                Ok(app) => http::serve(&app.for_request(Arc::new(background::Request(context))), request).await,
                Err(problems) => installation::misconfigured(problems, &request),
            };
            request::to_edge(&response)
        })
    }

    /// The runtime throws a scheduled handler's result away; the run records its own.
    #[event(scheduled)]
    async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
        #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
        let scheduled_ms = event.schedule() as i64;
        match installation::of(&env) {
            Ok(app) => cron::run(app, &event.cron(), scheduled_ms).await,
            Err(problems) => installation::misconfigured_cron(problems, &event.cron(), scheduled_ms),
        }
    }
}
