//! Is it alive, is it ready.

use http::StatusCode;
use serde::Serialize;
use std::pin::pin;

use super::call::Call;
use super::reply::Reply;
use crate::error::Result;
use crate::store::probe::probe;

#[derive(Serialize)]
struct Live {
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    checks: Checks,
}

#[derive(Serialize)]
struct Checks {
    database: Check,
    limiter: Check,
    objects: Check,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Check {
    Ok,
    Failing,
    Timeout,
}

/// The Worker runs. Asks nobody.
///
/// # Errors
/// Never in practice.
pub async fn live(_: Call, (): ()) -> Result<Reply> {
    Reply::json(StatusCode::OK, &Live { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// The parts that a request needs answer: each is asked at the same time, under one deadline. 503 when one does not.
///
/// # Errors
/// Never: what fails is in the answer.
pub async fn ready(call: Call, (): ()) -> Result<Reply> {
    let ports = &call.app.ports;
    let (database, limiter, objects) = futures_util::join!(
        check(&call, async { probe(ports.db.as_ref()).await.is_ok() }),
        check(&call, async { ports.limiter.ping().await.is_ok() }),
        check(&call, async { ports.objects.size(PROBE_KEY).await.is_ok() }),
    );
    let checks = Checks { database, limiter, objects };
    let ready = [database, limiter, objects].iter().all(|check| *check == Check::Ok);
    let (status, text) = if ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unready") };
    Reply::json(status, &Ready { status: text, checks })
}

async fn check(call: &Call, probe: impl Future<Output = bool> + Send) -> Check {
    let deadline = pin!(call.app.ports.clock.sleep(call.app.config.deadlines.probe_ms));
    match futures_util::future::select(pin!(probe), deadline).await {
        futures_util::future::Either::Left((true, _)) => Check::Ok,
        futures_util::future::Either::Left((false, _)) => Check::Failing,
        futures_util::future::Either::Right(_) => Check::Timeout,
    }
}

/// No object lies there: asking for it costs least.
const PROBE_KEY: &str = "readyz";
