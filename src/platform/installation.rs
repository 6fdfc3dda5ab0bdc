//! The one installation of an isolate: configuration and ports, made on the first event and kept.
//!
//! What must hold: nothing in it belongs to a request. Bindings do not: they belong to the isolate, and the runtime itself
//! hands them out beyond requests. Stubs and promises do: they are made anew for each call.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use js_sys::{JSON, Reflect};
use serde_json::json;
use wasm_bindgen::JsValue;
use worker::{Bucket, D1Database, Env, ObjectNamespace};

use super::background::Detached;
use super::backups::BackupObjects;
use super::budget::Ledger;
use super::circuit::Breakers;
use super::clock::{self, SystemClock};
use super::d1::D1;
use super::drill::RuntimeDrill;
use super::edge;
use super::entropy::SystemEntropy;
use super::hasher::HasherPool;
use super::limiter::Limiters;
use super::log::Console;
use super::outbound::{Assets, Fetch};
use super::r2::R2;
use super::throttle::Throttles;
use crate::app::App;
use crate::config::{Config, LogFormat, Problem};
use crate::domain::time;
use crate::ports::{Bare, Level, Outbound, Ports, Reporter as _};
use crate::release;
use crate::telemetry::{self, panics};

/// The installation.
///
/// # Errors
/// All that is wrong with its configuration and bindings. It was logged in full then, once.
pub fn of(env: &Env) -> Result<&'static App, &'static [Problem]> {
    let installed = INSTALLATION.get_or_init(|| install(env).inspect_err(|problems| report(problems)));
    installed.as_ref().map_err(Vec::as_slice)
}

/// The installation, if there is one by now.
pub(super) fn present() -> Option<&'static App> {
    INSTALLATION.get()?.as_ref().ok()
}

/// What every route answers when the configuration is bad.
#[must_use]
pub fn misconfigured(problems: &[Problem], request: &Request<Body>) -> Response<Bytes> {
    crate::http::misconfigured(BARE, problems, request)
}

/// What becomes of a scheduled event when the configuration is bad.
pub fn misconfigured_cron(problems: &[Problem], cron: &str, scheduled_ms: i64) {
    crate::cron::misconfigured(BARE, problems, cron, scheduled_ms);
}

fn install(env: &Env) -> Result<App, Vec<Problem>> {
    panics::install(edge::stack);
    release::stamp(&edge::release_stamp());
    let config = Config::parse(|name| variable(env, name));
    let bindings = Bindings::of(env);
    let (config, bindings) = match (config, bindings) {
        (Ok(config), Ok(bindings)) => (config, bindings),
        (config, bindings) => {
            let problems = [config.err(), bindings.err()];
            return Err(problems.into_iter().flatten().flatten().collect());
        }
    };
    let ports = ports(bindings, &config);
    let app = App::new(config, ports);
    // An end that can't be caught: the stack or the memory is used up, or the program is where it must not be. `worker` has the
    // next event begin with a new instance, which tells of the one before.
    let end = edge::previous_end();
    if !end.is_empty() {
        telemetry::instance_ended(&app, &end);
    }
    Ok(app)
}

/// A variable or secret. One that is not text, say a number in `[vars]`, is read as it would have been written.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &JsValue::from_str(name)).ok().filter(|value| !value.is_undefined())?;
    value.as_string().or_else(|| JSON::stringify(&value).ok().map(String::from))
}

/// What the Worker is bound to by wrangler.toml.
struct Bindings {
    db: D1Database,
    backups: Bucket,
    limiter: ObjectNamespace,
    throttle: ObjectNamespace,
    hasher: ObjectNamespace,
    budget: ObjectNamespace,
    circuit: ObjectNamespace,
    backup: ObjectNamespace,
    /// Not there where there is no web app.
    pages: Option<Assets>,
}

impl Bindings {
    /// Looks for each before it gives up, so that all problems are told at once.
    fn of(env: &Env) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let db = found("DB", env.d1("DB"), &mut problems);
        let backups = found("BACKUPS", env.bucket("BACKUPS"), &mut problems);
        let mut object = |name| found(name, env.durable_object(name), &mut problems);
        let (limiter, throttle, hasher) = (object("LIMITER"), object("THROTTLE"), object("HASHER"));
        let (budget, circuit) = (object("BUDGET"), object("CIRCUIT"));
        // The scratch object is called by the object of backups, which finds it by itself.
        let (backup, scratch) = (object("BACKUP"), object("SCRATCH"));
        let all = || {
            scratch?;
            Some(Self {
                db: db?,
                backups: backups?,
                limiter: limiter?,
                throttle: throttle?,
                hasher: hasher?,
                budget: budget?,
                circuit: circuit?,
                backup: backup?,
                pages: Assets::of(env),
            })
        };
        all().ok_or(problems)
    }
}

fn found<T>(name: &'static str, binding: worker::Result<T>, problems: &mut Vec<Problem>) -> Option<T> {
    let problem = |_| problems.push(Problem { name, message: "is not bound, or to something else".into() });
    binding.map_err(problem).ok()
}

fn ports(bindings: Bindings, config: &Config) -> Ports {
    let object_ms = config.deadlines.do_ms.into();
    let hashing = &config.hashing;
    let Bindings { db, backups, limiter, throttle, hasher, budget, circuit, backup, pages } = bindings;
    Ports {
        db: Arc::new(D1::new(db, config.deadlines.db_ms.into())),
        objects: Arc::new(R2::new(backups, object_ms)),
        limiter: Arc::new(Limiters::new(limiter, object_ms)),
        throttle: Arc::new(Throttles::new(throttle.clone(), config.auth.throttle, object_ms)),
        hasher: Arc::new(HasherPool::new(hasher, hashing.cost(), hashing.pool, hashing.queue as usize, object_ms)),
        budget: Arc::new(Ledger::new(budget, object_ms)),
        circuits: Arc::new(Breakers::new(circuit, object_ms)),
        backups: Arc::new(BackupObjects::new(backup, object_ms)),
        outbound: Arc::new(Fetch),
        pages: pages.map(|assets| -> Arc<dyn Outbound> { Arc::new(assets) }),
        background: Arc::new(Detached),
        reporter: Arc::new(Console(config.log_format)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        drill: Arc::new(RuntimeDrill::new(throttle, object_ms)),
    }
}

fn report(problems: &[Problem]) {
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let line = json!({
        "timestamp": time::rfc3339(clock::now_ms()),
        "severity_text": "ERROR",
        "body": "misconfigured",
        "problems": problems,
    });
    Console(LogFormat::Json).write(Level::Error, &line.into());
}

static INSTALLATION: OnceLock<Result<App, Vec<Problem>>> = OnceLock::new();

/// Without a configuration lines look as they do by default.
const BARE: Bare<'static> = Bare { reporter: &Console(LogFormat::Json), clock: &SystemClock, entropy: &SystemEntropy };
