//! The scope of one event (a request, a cron run, a call of a Durable Object): who it is, and what it has done so far.
//!
//! What must hold: a scope is current only while the future of its event is being polled, so that two events of one isolate
//! never see each other's; and everything it keeps is bounded. Ports and handlers reach it by [`current`], since a port
//! serves all requests and is handed none.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use super::panics::{self, Panic};
use super::trace::Trace;

/// One event and what it left behind.
#[derive(Debug)]
pub struct Scope {
    /// Id of the event, as in `x-request-id`.
    pub id: String,
    /// The trace that it belongs to.
    pub trace: Trace,
    /// When it began, ms.
    pub started_ms: i64,
    trail: Mutex<Trail>,
}

/// What happened within an event.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    /// Template of the route, name of the cron or of the object.
    pub name: Option<&'static str>,
    /// Id of the account, once it is proven.
    pub user_id: Option<String>,
    /// The last calls to other parts.
    pub steps: VecDeque<Step>,
    /// Steps that were forgotten for the bound.
    pub forgotten: u32,
}

/// One call to another part: a breadcrumb, and a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Kind, by OpenTelemetry's and Sentry's names: `db.query`, `http.client`, `function`.
    pub op: &'static str,
    /// What was done. Never values: SQL as it stands in the sources, the class of an object, the host of a call.
    pub what: String,
    /// When it began, ms.
    pub from_ms: i64,
    /// When it ended, ms.
    pub to_ms: i64,
    /// How it failed, if it did: a kind of failure, never its text.
    pub failed: Option<&'static str>,
}

impl Scope {
    /// The scope of an event that begins now.
    #[must_use]
    pub fn new(id: String, trace: Trace, started_ms: i64) -> Arc<Self> {
        Arc::new(Self { id, trace, started_ms, trail: Mutex::default() })
    }

    /// Names the event: a route's template, a cron, an object.
    pub fn set_name(&self, name: &'static str) {
        self.trail().name = Some(name);
    }

    /// The name, once it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.trail().name
    }

    /// Says whose event it is.
    pub fn set_user(&self, id: &str) {
        self.trail().user_id = Some(id.to_owned());
    }

    /// Adds a step and forgets the oldest beyond [`MOST_STEPS`].
    pub fn add(&self, step: Step) {
        let mut trail = self.trail();
        if trail.steps.len() >= MOST_STEPS {
            trail.steps.pop_front();
            trail.forgotten = trail.forgotten.saturating_add(1);
        }
        trail.steps.push_back(step);
    }

    /// What happened so far.
    #[must_use]
    pub fn so_far(&self) -> Trail {
        self.trail().clone()
    }

    fn trail(&self) -> MutexGuard<'_, Trail> {
        self.trail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the work of an event within its scope, and catches its panic. Work that panicked is dropped; nothing else of the
/// isolate notices. Where panics do not unwind this is the work alone.
///
/// # Errors
/// The panic.
pub async fn guard<F: Future>(scope: Arc<Scope>, work: F) -> Result<F::Output, Panic> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let here = Here::enter(&scope);
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        drop(here);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(panics::caught(payload.as_ref()))),
        }
    })
    .await
}

/// The scope of the event that is being handled right now.
#[must_use]
pub fn current() -> Option<Arc<Scope>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Makes a scope current until it is dropped, and then the one before.
struct Here(Option<Arc<Scope>>);

impl Here {
    fn enter(scope: &Arc<Scope>) -> Self {
        Self(CURRENT.replace(Some(Arc::clone(scope))))
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Steps kept of one event.
pub const MOST_STEPS: usize = 100;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Scope>>> = const { RefCell::new(None) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(id: &str) -> Arc<Scope> {
        Scope::new(id.into(), Trace::begin(id), 0)
    }

    fn id() -> Option<String> {
        current().map(|scope| scope.id.clone())
    }

    #[tokio::test]
    async fn two_events_at_once_each_see_their_own() {
        let event = |name: &'static str| async move {
            let mut seen = Vec::new();
            for _ in 0..3 {
                seen.push(id());
                tokio::task::yield_now().await;
            }
            assert_eq!(seen, vec![Some(name.to_owned()); 3]);
        };
        let (a, b) = tokio::join!(guard(scope("a"), event("a")), guard(scope("b"), event("b")));
        assert!(a.is_ok() && b.is_ok());
        assert_eq!(id(), None);
    }

    #[tokio::test]
    async fn a_panic_ends_its_event_and_no_other() {
        let bad = async {
            tokio::task::yield_now().await;
            panic!("as asked");
        };
        let good = async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            id()
        };
        let (bad, good) = tokio::join!(guard(scope("bad"), bad), guard(scope("good"), good));
        let bad: Result<(), Panic> = bad;
        assert_eq!(bad.unwrap_err().message, "as asked");
        assert_eq!(good.unwrap(), Some("good".to_owned()));
        assert_eq!(id(), None);
    }

    #[test]
    fn keeps_the_newest_steps_and_counts_the_rest() {
        let scope = scope("a");
        for at in 0..150 {
            scope.add(Step { op: "db.query", what: String::new(), from_ms: at, to_ms: at, failed: None });
        }
        let trail = scope.so_far();
        assert_eq!((trail.steps.len(), trail.forgotten), (MOST_STEPS, 50));
        assert_eq!(trail.steps.back().map(|step| step.from_ms), Some(149));
    }
}
