//! Probes of the parts that a request needs: for `/readyz`, and every five minutes for the record.
//!
//! What must hold: the parts are asked at the same time, each under one deadline, and however often somebody wants to know,
//! they are asked at most once in `FRESH_MS` by an isolate.

use std::fmt::Debug;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::Either;
use serde::Serialize;

use crate::app::App;
use crate::ports::LastBackup;
use crate::store::probe::probe;

/// How a part answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// As it should.
    Ok,
    /// With an error.
    Failing,
    /// Not within the deadline.
    Timeout,
}

/// How all parts answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probes {
    /// When they were asked, ms.
    pub at_ms: i64,
    /// The database.
    pub database: Check,
    /// The Durable Objects, by way of a limiter.
    pub limiter: Check,
    /// The object store.
    pub objects: Check,
    /// When the last backup that ended well began, ms; `None` when none is known of.
    pub last_backup: Option<LastBackup>,
    /// What went wrong, for the log.
    pub causes: Vec<String>,
}

impl Probes {
    /// Every part answered.
    #[must_use]
    pub fn are_all_ok(&self) -> bool {
        self.causes.is_empty()
    }

    /// Name of each part, and whether it answered.
    #[must_use]
    pub fn parts(&self) -> [(&'static str, bool); 3] {
        let is_ok = |check| check == Check::Ok;
        [("database", is_ok(self.database)), ("limiter", is_ok(self.limiter)), ("objects", is_ok(self.objects))]
    }
}

/// What an isolate last learned: shared by its requests, and of no harm when it is a few seconds old.
#[derive(Debug, Clone, Default)]
pub struct Latest(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    probes: Option<Probes>,
    /// Someone is asking since then.
    asking_since_ms: Option<i64>,
}

/// The probes, no older than `FRESH_MS`; while somebody is asking, those before it.
pub async fn latest(app: &App) -> Probes {
    if let Some(probes) = app.health.usable(app) {
        return probes;
    }
    let probes = ask(app).await;
    app.health.keep(&probes);
    probes
}

/// Asks all parts now.
pub async fn ask(app: &App) -> Probes {
    let ports = &app.ports;
    let at_ms = app.now_ms();
    let (database, limiter, objects, last_backup) = futures_util::join!(
        check(app, probe(ports.db.as_ref())),
        check(app, ports.limiter.ping()),
        check(app, ports.objects.size(PROBE_KEY)),
        within(app, ports.backups.status()),
    );
    let parts = [("database", &database), ("limiter", &limiter), ("objects", &objects)];
    let causes = parts.iter().filter_map(|(name, (_, cause))| Some(format!("{name}: {}", cause.as_ref()?))).collect();
    // That backups can't be asked is told of by the hourly look at them.
    let last_backup = last_backup.and_then(std::result::Result::ok).and_then(|status| status.last);
    Probes { at_ms, database: database.0, limiter: limiter.0, objects: objects.0, last_backup, causes }
}

impl Latest {
    fn usable(&self, app: &App) -> Option<Probes> {
        let now_ms = app.now_ms();
        let patience_ms = i64::from(app.config.deadlines.probe_ms);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age_ms = state.probes.as_ref().map(|probes| now_ms - probes.at_ms);
        let is_fresh = age_ms.is_some_and(|age_ms| (0..FRESH_MS).contains(&age_ms));
        // Whoever asks may have been ended by the runtime: then the next one asks.
        let is_asked = state.asking_since_ms.is_some_and(|since_ms| now_ms - since_ms <= patience_ms);
        if is_fresh || (is_asked && age_ms.is_some_and(|age_ms| age_ms < STALE_MS)) {
            return state.probes.clone();
        }
        state.asking_since_ms = Some(now_ms);
        None
    }

    fn keep(&self, probes: &Probes) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { probes: Some(probes.clone()), asking_since_ms: None };
    }
}

async fn check<T, E: Debug>(app: &App, probe: impl Future<Output = Result<T, E>> + Send) -> (Check, Option<String>) {
    match within(app, probe).await {
        Some(Ok(_)) => (Check::Ok, None),
        Some(Err(error)) => (Check::Failing, Some(format!("{error:?}"))),
        None => (Check::Timeout, Some("no answer within the deadline".into())),
    }
}

async fn within<T>(app: &App, work: impl Future<Output = T> + Send) -> Option<T> {
    let deadline = pin!(app.ports.clock.sleep(app.config.deadlines.probe_ms));
    match futures_util::future::select(pin!(work), deadline).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// How long an answer is as good as a new one.
pub const FRESH_MS: i64 = 5_000;
/// How old an answer may be that is given while a new one is being asked for.
const STALE_MS: i64 = 30_000;
/// No object lies there: asking for it costs least.
const PROBE_KEY: &str = "readyz";
