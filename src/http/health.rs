//! Is it alive, is it ready.

use http::StatusCode;
use serde::Serialize;

use super::call::Call;
use super::reply::Reply;
use crate::domain::time::rfc3339;
use crate::error::Result;
use crate::health::{self, Check};
use crate::release::{Release, release};

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Live {
    status: &'static str,
    version: &'static str,
    commit: &'static str,
    /// As of when: the time of the commit, unless whoever built it named another.
    #[serde(skip_serializing_if = "Option::is_none")]
    built_at: Option<&'static str>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Ready {
    status: &'static str,
    checks: Checks,
    /// The newest backup that is complete and has been restored; absent when none is known of.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_backup: Option<LastBackup>,
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
pub(super) struct LastBackup {
    /// As of when it is.
    at: String,
    age_seconds: i64,
    /// Of the object in the bucket.
    bytes: u64,
}

/// The Worker runs, and what it was built from. Asks nobody.
///
/// # Errors
/// Never in practice.
pub async fn live(_: Call, (): ()) -> Result<Reply> {
    let Release { commit, built_at, .. } = release();
    Reply::json(StatusCode::OK, &Live { status: "ok", version: VERSION, commit, built_at: built_at.as_deref() })
}

/// The parts that a request needs answer, as of a few seconds ago: each was asked at the same time, under one deadline. 503
/// when one does not; why, is for the log. How old the last backup is, is told and does not decide: an installation without
/// backups still serves.
///
/// # Errors
/// Never: what fails is in the answer.
pub async fn ready(call: Call, (): ()) -> Result<Reply> {
    let probes = health::latest(&call.app).await;
    let checks = Checks { database: probes.database, limiter: probes.limiter, objects: probes.objects };
    let now_ms = call.app.now_ms();
    let last_backup = probes.last_backup.as_ref().map(|last| LastBackup {
        at: rfc3339(last.at_ms),
        age_seconds: (now_ms - last.at_ms).max(0) / 1000,
        bytes: last.bytes,
    });
    if probes.are_all_ok() {
        return Reply::json(StatusCode::OK, &Ready { status: "ready", checks, last_backup });
    }
    let reply = Reply::json(StatusCode::SERVICE_UNAVAILABLE, &Ready { status: "unready", checks, last_backup })?;
    Ok(reply.with_failure("unready", probes.causes.join("; ")))
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
