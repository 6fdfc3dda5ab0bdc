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
use worker::Env;

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
use crate::config::{Config, LogFormat};
use crate::domain::time;
use crate::ports::{Level, Outbound, Ports, Reporter as _};
use crate::release;
use crate::telemetry::{self, panics};

/// The installation, `None` when its configuration is bad. What is bad was logged then, once.
pub fn of(env: &Env) -> Option<&'static App> {
    INSTALLATION.get_or_init(|| install(env).map_err(|problems| report(&problems)).ok()).as_ref()
}

/// The installation, if there is one by now.
pub(super) fn present() -> Option<&'static App> {
    INSTALLATION.get()?.as_ref()
}

/// What every route answers when the configuration is bad.
#[must_use]
pub fn misconfigured(request: &Request<Body>) -> Response<Bytes> {
    crate::http::misconfigured(&SystemEntropy, &SystemClock, request)
}

fn install(env: &Env) -> Result<App, Vec<String>> {
    panics::install(edge::stack);
    release::stamp(&edge::release_stamp());
    let config = Config::parse(|name| variable(env, name));
    let config = config.map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let ports = ports(env, &config).map_err(|error| vec![error.to_string()])?;
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

fn ports(env: &Env, config: &Config) -> worker::Result<Ports> {
    let object_ms = config.deadlines.do_ms.into();
    let hashing = &config.hashing;
    let hashers = env.durable_object("HASHER")?;
    Ok(Ports {
        db: Arc::new(D1::new(env.d1("DB")?, config.deadlines.db_ms.into())),
        objects: Arc::new(R2::new(env.bucket("BACKUPS")?, object_ms)),
        limiter: Arc::new(Limiters::new(env.durable_object("LIMITER")?, object_ms)),
        throttle: Arc::new(Throttles::new(env.durable_object("THROTTLE")?, config.auth.throttle, object_ms)),
        hasher: Arc::new(HasherPool::new(hashers, hashing.cost(), hashing.pool, hashing.queue as usize, object_ms)),
        budget: Arc::new(Ledger::new(env.durable_object("BUDGET")?, object_ms)),
        circuits: Arc::new(Breakers::new(env.durable_object("CIRCUIT")?, object_ms)),
        backups: Arc::new(BackupObjects::new(env.durable_object("BACKUP")?, object_ms)),
        outbound: Arc::new(Fetch),
        pages: Assets::of(env).map(|assets| -> Arc<dyn Outbound> { Arc::new(assets) }),
        background: Arc::new(Detached),
        reporter: Arc::new(Console(config.log_format)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        drill: Arc::new(RuntimeDrill::new(env.durable_object("THROTTLE")?, object_ms)),
    })
}

fn report(problems: &[String]) {
    let line = json!({
        "timestamp": time::rfc3339(clock::now_ms()),
        "severity_text": "ERROR",
        "body": "misconfigured",
        "problems": problems,
    });
    Console(LogFormat::Json).write(Level::Error, &line.into());
}

static INSTALLATION: OnceLock<Option<App>> = OnceLock::new();
