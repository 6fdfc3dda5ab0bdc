//! For the operator: how scheduled runs went.

use http::StatusCode;
use serde::Serialize;

use super::call::Call;
use super::reply::Reply;
use crate::domain::time::rfc3339;
use crate::error::Result;
use crate::store::cron_runs::{self, CronRun};

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct CronRunBody {
    cron: String,
    scheduled_at: String,
    started_at: String,
    /// `null` for a run that has not ended, or never will.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    duration_ms: Option<i64>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    outcome: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    detail: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct CronRunsBody {
    runs: Vec<CronRunBody>,
}

/// The latest scheduled runs, newest first.
///
/// # Errors
/// [`crate::error::Error::Unavailable`].
pub async fn list(call: Call, (): ()) -> Result<Reply> {
    let found = cron_runs::latest(call.app.ports.db.as_ref(), RUNS).await?;
    let on_the_wire = |run: CronRun| CronRunBody {
        cron: run.cron,
        scheduled_at: rfc3339(run.scheduled_at),
        started_at: rfc3339(run.started_at),
        duration_ms: run.milliseconds,
        outcome: run.outcome,
        detail: run.detail,
    };
    Reply::json(StatusCode::OK, &CronRunsBody { runs: found.into_iter().map(on_the_wire).collect() })
}

/// A day: 288 probes, 24 runs by the hour, a backup, and some.
const RUNS: u32 = 320;
