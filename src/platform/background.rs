//! Work that outlives the answer: `waitUntil` of the event that it belongs to.

use std::panic::AssertUnwindSafe;

use futures_util::future::BoxFuture;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use worker::worker_sys;

use super::clock::SystemClock;
use super::installation;
use crate::ports::{Background, Clock};
use crate::telemetry;

/// A request's own lifetime: the runtime keeps its isolate until what was spawned here is done.
pub struct Request(pub worker_sys::Context);

impl Background for Request {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        // Refused only by a context that is over already: then nothing can be done for the work any more.
        let _ = self.0.wait_until(&promise(work));
    }

    fn spawn_after(&self, milliseconds: u32, work: BoxFuture<'static, ()>) {
        self.spawn(after(milliseconds, work));
    }
}

/// Where an event has no such call, as in an object: the runtime lets the work run on as long as it waits for something.
#[derive(Debug, Clone, Copy, Default)]
pub struct Detached;

impl Background for Detached {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        let _ = promise(work);
    }

    fn spawn_after(&self, milliseconds: u32, work: BoxFuture<'static, ()>) {
        self.spawn(after(milliseconds, work));
    }
}

fn after(milliseconds: u32, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        SystemClock.sleep(milliseconds).await;
        work.await;
    })
}

fn promise(work: BoxFuture<'static, ()>) -> js_sys::Promise {
    let work = match installation::present() {
        Some(app) => telemetry::guarded(app, work),
        None => work,
    };
    future_to_promise(AssertUnwindSafe(async {
        work.await;
        Ok(JsValue::UNDEFINED)
    }))
}
