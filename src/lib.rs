//! Edgekeep: accounts, AI-text detection and exact limits in one Cloudflare Worker.

pub mod app;
pub mod config;
pub mod cron;
pub mod detector;
pub mod domain;
pub mod error;
pub mod extract;
pub mod hashing;
#[cfg(feature = "embedded-model")]
pub mod http;
pub mod platform;
pub mod ports;
#[cfg(feature = "embedded-model")]
pub mod routes;
pub mod store;
pub mod telemetry;

#[cfg(target_arch = "wasm32")]
mod entry {
    use std::panic::AssertUnwindSafe;

    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;
    use wasm_bindgen_futures::future_to_promise;
    use worker::{Env, ScheduleContext, ScheduledEvent, event, worker_sys};

    use crate::platform::{eager, installation, request};
    use crate::telemetry::{self, scope::Work};
    use crate::{cron, http};

    /// One request. What `#[event(fetch)]` would make of an `async fn`, but for [`eager`].
    #[wasm_bindgen]
    pub fn fetch(edge: web_sys::Request, env: Env, context: worker_sys::Context) -> Result<JsValue, JsValue> {
        eager::value_or_promise(async move {
            let request = match request::from_edge(edge) {
                Ok(request) => request,
                Err(status) => return request::empty(status),
            };
            let Some(app) = installation::of(&env) else {
                return request::to_edge(&installation::misconfigured(&request));
            };
            let served = http::serve_scoped(app, request).await;
            if let Some(work) = telemetry::afterwards(app, &served.scope) {
                wait_until(&context, work)?;
            }
            request::to_edge(&served.response)
        })
    }

    /// The runtime throws a scheduled handler's result away; the run records its own.
    #[event(scheduled)]
    async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
        let Some(app) = installation::of(&env) else { return };
        #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
        let scope = cron::run(app, &event.cron(), event.schedule() as i64).await;
        if let Some(work) = telemetry::afterwards(app, &scope) {
            work.await;
        }
    }

    /// Keeps the request alive for work after its answer.
    fn wait_until(context: &worker_sys::Context, work: Work) -> Result<(), JsValue> {
        context.wait_until(&future_to_promise(AssertUnwindSafe(async move {
            work.await;
            Ok(JsValue::UNDEFINED)
        })))
    }
}
