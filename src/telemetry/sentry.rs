//! Reports to Sentry: made from sentry-core's types, sent by our own transport.
//!
//! The client that sentry-core brings asks the system for the time and wants threads; neither is to be had on WebAssembly. Its
//! types say what a report is, so only those are used, with time and ids from our ports. What must hold: nothing here
//! delays or breaks an event. What can't be sent in time is dropped and counted, see [`super::outbox`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use sentry_core::protocol::{MonitorCheckIn, MonitorCheckInStatus, MonitorConfig, MonitorSchedule, Uuid};
use serde::Serialize;

use super::outbox::{Batch, Category, Message, Outbox, Sent};
use super::report::{self, Place, Report};
use super::scope::Scope;
use crate::config::SentryConfig;
use crate::domain::id;
use crate::ports::{Clock, Entropy, Outbound, OutboundRequest, OutboundResponse, PortError};

/// The reports of an isolate.
pub struct Sentry {
    config: SentryConfig,
    environment: &'static str,
    outbox: Mutex<Outbox>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    outbound: Arc<dyn Outbound>,
}

/// A scheduled run that checks in.
#[derive(Debug, Clone)]
pub struct Monitor {
    /// Name of the monitor.
    pub slug: &'static str,
    /// Its schedule, as cron writes it, in UTC.
    pub schedule: String,
    /// Minutes that a run may take.
    pub max_minutes: u64,
    /// Id of this run.
    check_in: Uuid,
}

impl Sentry {
    /// Reports to where the configuration says, by these ports.
    #[must_use]
    pub fn new(
        config: SentryConfig,
        environment: &'static str,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        outbound: Arc<dyn Outbound>,
    ) -> Self {
        Self { config, environment, outbox: Mutex::default(), clock, entropy, outbound }
    }

    /// Reports an error of an event.
    pub fn capture(&self, scope: &Scope, report: &Report<'_>) {
        let now_ms = self.clock.now_ms();
        if self.outbox().takes(Category::Error, now_ms) {
            let id = self.new_uuid(now_ms);
            let event = report::event(&self.place(), scope, report, id, now_ms);
            self.add(Category::Error, Some(id), &event);
        }
    }

    /// Reports what an event did and how long it took, if its trace is one of those that are.
    pub fn trace(&self, scope: &Scope, op: &'static str, name: &dyn Fn() -> String, status: Option<u16>) {
        if !scope.trace.is_sampled(self.config.traces_sample_rate) {
            return;
        }
        let now_ms = self.clock.now_ms();
        if self.outbox().takes(Category::Transaction, now_ms) {
            let id = self.new_uuid(now_ms);
            let transaction = report::transaction(&self.place(), scope, (op, &name(), status), id, now_ms);
            self.add(Category::Transaction, Some(id), &transaction);
        }
    }

    /// Tells that a scheduled run begins. The monitor is made there, or its schedule changed, by this very message.
    #[must_use]
    pub fn check_in(&self, slug: &'static str, schedule: &str, max_minutes: u64) -> Monitor {
        let check_in = self.new_uuid(self.clock.now_ms());
        let monitor = Monitor { slug, schedule: schedule.to_owned(), max_minutes, check_in };
        self.add_check_in(&monitor, MonitorCheckInStatus::InProgress, None);
        monitor
    }

    /// Tells how a scheduled run ended.
    pub fn check_out(&self, monitor: &Monitor, ok: bool, milliseconds: i64) {
        let status = if ok { MonitorCheckInStatus::Ok } else { MonitorCheckInStatus::Error };
        #[expect(clippy::cast_precision_loss, reason = "a run lasts minutes")]
        self.add_check_in(monitor, status, Some(milliseconds as f64 / 1000.0));
    }

    /// Whether something waits that can be sent now.
    #[must_use]
    pub fn wants_to_send(&self) -> bool {
        self.outbox().wants_to_send(self.clock.now_ms())
    }

    /// Sends what waits, for ten seconds at most; the rest goes with a later event.
    pub fn flush(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let end_ms = self.clock.now_ms() + LONGEST_FLUSH_MS;
            while let Some(batch) = self.next(end_ms) {
                let answer = self.outbound.send(self.request(&batch)).await;
                self.settle(batch, answer);
            }
        })
    }

    fn next(&self, end_ms: i64) -> Option<Batch> {
        let now_ms = self.clock.now_ms();
        let lease_ms = i64::from(self.config.deadline_ms) + LEASE_MARGIN_MS;
        if now_ms < end_ms { self.outbox().begin(now_ms, lease_ms) } else { None }
    }

    fn settle(&self, batch: Batch, answer: Result<OutboundResponse, PortError>) {
        let now_ms = self.clock.now_ms();
        let Ok(answer) = answer else { return self.outbox().end(batch, Sent::Failed, now_ms) };
        let text = |name: HeaderName| answer.headers.get(name).and_then(|value| value.to_str().ok());
        let limits = text(RATE_LIMITS);
        let sent = match answer.status {
            200..=299 => Sent::Taken { limits },
            429 => Sent::TooMany { limits, retry_after: text(header::RETRY_AFTER) },
            _ => Sent::Refused,
        };
        self.outbox().end(batch, sent, now_ms);
    }

    fn request(&self, batch: &Batch) -> OutboundRequest {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-sentry-envelope"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(report::CLIENT));
        if let Ok(value) = HeaderValue::from_str(&self.config.auth(report::CLIENT)) {
            headers.insert(AUTH, value);
        }
        let body = report::envelope(&self.config.dsn, &batch.message, &batch.losses, self.clock.now_ms());
        OutboundRequest {
            method: Method::POST,
            url: self.config.endpoint.clone(),
            headers,
            body: Bytes::from(body),
            deadline_ms: self.config.deadline_ms,
            max_response_bytes: LARGEST_ANSWER,
        }
    }

    fn add_check_in(&self, monitor: &Monitor, status: MonitorCheckInStatus, duration: Option<f64>) {
        if !self.outbox().takes(Category::Monitor, self.clock.now_ms()) {
            return;
        }
        let check_in = MonitorCheckIn {
            check_in_id: monitor.check_in,
            monitor_slug: monitor.slug.to_owned(),
            status,
            environment: Some(self.environment.to_owned()),
            duration,
            monitor_config: Some(MonitorConfig {
                schedule: MonitorSchedule::Crontab { value: monitor.schedule.clone() },
                checkin_margin: Some(CHECK_IN_MARGIN_MINUTES),
                max_runtime: Some(monitor.max_minutes),
                timezone: Some("UTC".to_owned()),
                failure_issue_threshold: Some(1),
                recovery_threshold: Some(1),
            }),
        };
        self.add(Category::Monitor, None, &check_in);
    }

    fn add(&self, category: Category, id: Option<Uuid>, payload: &impl Serialize) {
        // Strings and numbers: writing them can't fail.
        let json = serde_json::to_vec(payload).unwrap_or_default();
        let event_id = id.map(|id| id.simple().to_string());
        self.outbox().add(Message { category, event_id, json });
    }

    fn place(&self) -> Place {
        Place { environment: self.environment }
    }

    fn new_uuid(&self, now_ms: i64) -> Uuid {
        // Without randomness: two reports of one millisecond are taken for one, which is better than none.
        let id = id::new_id(self.entropy.as_ref(), now_ms).ok();
        id.and_then(|id| id.parse().ok()).unwrap_or_else(|| Uuid::from_u128(u128::try_from(now_ms).unwrap_or(1)))
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runtime gives work after an answer 30 seconds.
const LONGEST_FLUSH_MS: i64 = 10_000;
/// Between the deadline of a request and the moment at which whoever made it must be dead.
const LEASE_MARGIN_MS: i64 = 5_000;
const CHECK_IN_MARGIN_MINUTES: u64 = 5;
const LARGEST_ANSWER: u32 = 64 * 1024;
const RATE_LIMITS: HeaderName = HeaderName::from_static("x-sentry-rate-limits");
const AUTH: HeaderName = HeaderName::from_static("x-sentry-auth");
