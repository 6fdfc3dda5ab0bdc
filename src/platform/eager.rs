//! Answers that are ready at once go back at once.
//!
//! A future that is handed to the runtime as a promise is polled one microtask later, and its answer travels through
//! closures and a second promise. For a route that waits for nothing that is a good part of its whole cost.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;

/// Polls `work` here and now. Gives its value when it is ready, otherwise a promise of it.
pub fn value_or_promise(work: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Result<JsValue, JsValue> {
    let relay = Arc::new(Relay(Mutex::new(None)));
    let mut work = Relayed { waker: Waker::from(Arc::clone(&relay)), relay, work: Box::pin(work) };
    match Pin::new(&mut work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        // A request that panicked is dropped as a whole; what it shares with others is said in `telemetry::scope`.
        Poll::Pending => Ok(future_to_promise(AssertUnwindSafe(work)).into()),
    }
}

/// A future that sees one and the same waker in every poll. Some futures, worker's `Delay` among them, keep the waker of
/// their first poll for good; the first poll here is not one that the runtime makes.
struct Relayed<F> {
    work: Pin<Box<F>>,
    waker: Waker,
    relay: Arc<Relay>,
}

impl<F: Future> Future for Relayed<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        *this.relay.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        this.work.as_mut().poll(&mut Context::from_waker(&this.waker))
    }
}

/// Wakes whoever polled last.
struct Relay(Mutex<Option<Waker>>);

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        let waker = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
