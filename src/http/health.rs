//! Is it alive, is it ready.

use std::fmt::Debug;
use std::pin::pin;

use futures_util::future::Either;
use http::StatusCode;
use serde::Serialize;

use super::call::Call;
use super::reply::Reply;
use crate::error::Result;
use crate::store::probe::probe;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Live {
    status: &'static str,
    version: &'static str,
    commit: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Ready {
    status: &'static str,
    checks: Checks,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Checks {
    database: Check,
    limiter: Check,
    objects: Check,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum Check {
    Ok,
    Failing,
    Timeout,
}

/// The Worker runs, and what it was built from. Asks nobody.
///
/// # Errors
/// Never in practice.
pub async fn live(_: Call, (): ()) -> Result<Reply> {
    Reply::json(StatusCode::OK, &LIVE)
}

/// The parts that a request needs answer: each is asked at the same time, under one deadline. 503 when one does not; why,
/// is for the log.
///
/// # Errors
/// Never: what fails is in the answer.
pub async fn ready(call: Call, (): ()) -> Result<Reply> {
    let ports = &call.app.ports;
    let (database, limiter, objects) = futures_util::join!(
        check(&call, probe(ports.db.as_ref())),
        check(&call, ports.limiter.ping()),
        check(&call, ports.objects.size(PROBE_KEY)),
    );
    let parts = [("database", &database), ("limiter", &limiter), ("objects", &objects)];
    let causes: Vec<_> =
        parts.iter().filter_map(|(name, (_, cause))| Some(format!("{name}: {}", cause.as_ref()?))).collect();
    let checks = Checks { database: database.0, limiter: limiter.0, objects: objects.0 };
    if causes.is_empty() {
        return Reply::json(StatusCode::OK, &Ready { status: "ready", checks });
    }
    let reply = Reply::json(StatusCode::SERVICE_UNAVAILABLE, &Ready { status: "unready", checks })?;
    Ok(reply.with_failure("unready", causes.join("; ")))
}

async fn check<T, E: Debug>(call: &Call, probe: impl Future<Output = Result<T, E>> + Send) -> (Check, Option<String>) {
    let deadline = pin!(call.app.ports.clock.sleep(call.app.config.deadlines.probe_ms));
    match futures_util::future::select(pin!(probe), deadline).await {
        Either::Left((Ok(_), _)) => (Check::Ok, None),
        Either::Left((Err(error), _)) => (Check::Failing, Some(format!("{error:?}"))),
        Either::Right(_) => (Check::Timeout, Some("no answer within the deadline".into())),
    }
}

const LIVE: Live = Live { status: "ok", version: env!("CARGO_PKG_VERSION"), commit: env!("EDGEKEEP_GIT_SHA") };
/// No object lies there: asking for it costs least.
const PROBE_KEY: &str = "readyz";
