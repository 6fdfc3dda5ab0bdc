//! How available the installation has been.

use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use serde::Serialize;

use super::call::Call;
use super::reply::Reply;
use crate::app::App;
use crate::domain::day::{day_of, day_text};
use crate::domain::time::{DAY_MS, HOUR_MS, rfc3339};
use crate::domain::uptime::{self, TARGET};
use crate::error::Result;
use crate::store::probe_hours::{self, Counts};

/// Body of the answer.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct StatusBody {
    /// `up` when every part is, `down` when one is, `unknown` when there was no probe of late.
    status: &'static str,
    /// The share of probes that are to be answered.
    target: f64,
    parts: Vec<PartBody>,
    /// The last 90 days in UTC, one after the other; the last of them is today.
    days: Vec<StatusDayBody>,
    /// The newest first; of the last 90 days.
    incidents: Vec<IncidentBody>,
}

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct PartBody {
    name: &'static str,
    /// `up`, `down` or `unknown`.
    state: &'static str,
    /// When it was last probed.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    probed_at: Option<String>,
    availability: Vec<AvailabilityBody>,
}

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct AvailabilityBody {
    /// `24h`, `7d`, `30d` or `90d`.
    window: &'static str,
    /// Probes within it.
    probes: i64,
    /// The share that was answered; nothing is known without probes.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    share: Option<f64>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    meets_target: Option<bool>,
}

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct IncidentBody {
    part: String,
    started_at: String,
    /// Absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct StatusDayBody {
    /// `2026-01-02`, in UTC.
    date: String,
    /// The share of that day's probes, of all parts together, that were answered; nothing is known without probes.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    availability: Option<f64>,
    /// The same of each part.
    parts: Vec<DayPartBody>,
}

#[derive(Debug, Clone, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct DayPartBody {
    name: &'static str,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    availability: Option<f64>,
}

/// What an isolate last answered, for `FRESH_MS`: the answer reads three months, and changes every five minutes.
#[derive(Debug, Clone, Default)]
pub struct Latest(Arc<Mutex<Option<(i64, StatusBody)>>>);

/// Availability over 24 hours, 7, 30 and 90 days and on each day, the state of each part, incidents.
///
/// # Errors
/// When the database does not answer.
pub async fn status(call: Call, (): ()) -> Result<Reply> {
    let app = &call.app;
    let kept = app.status.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at_ms, body)) = kept
        && (0..FRESH_MS).contains(&(call.now_ms - at_ms))
    {
        return Reply::json(StatusCode::OK, &body);
    }
    let body = read(app, call.now_ms).await?;
    *app.status.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((call.now_ms, body.clone()));
    Reply::json(StatusCode::OK, &body)
}

async fn read(app: &App, now_ms: i64) -> Result<StatusBody> {
    let db = app.ports.db.as_ref();
    let (counts, latest, failed) = futures_util::join!(
        probe_hours::counts(db, WINDOWS.map(|(_, length_ms)| now_ms - length_ms)),
        probe_hours::latest(db, now_ms - RECENT_MS - HOUR_MS),
        probe_hours::failed_hours(db, now_ms - 90 * DAY_MS),
    );
    let (counts, latest, failed) = (counts?, latest?, failed?);
    let recent: Vec<_> = latest.into_iter().filter(|(_, at_ms, _)| now_ms - at_ms <= RECENT_MS).collect();
    let parts: Vec<_> = PARTS
        .iter()
        .map(|name| {
            let probed = recent.iter().find(|(part, _, _)| part == name);
            PartBody {
                name,
                state: state(probed.map(|(_, _, ok)| *ok)),
                probed_at: probed.map(|(_, at_ms, _)| rfc3339(*at_ms)),
                availability: windows(counts.iter().filter(|one| one.part == *name)),
            }
        })
        .collect();
    let down: Vec<_> = parts.iter().filter(|part| part.state == DOWN).map(|part| part.name).collect();
    let incidents = uptime::incidents(failed, &down, PERIOD_MS)
        .into_iter()
        .map(|one| IncidentBody {
            part: one.part,
            started_at: rfc3339(one.started_ms),
            ended_at: one.ended_ms.map(rfc3339),
        })
        .collect();
    let all = if down.is_empty() { parts.iter().all(|part| part.state == UP).then_some(true) } else { Some(false) };
    Ok(StatusBody { status: state(all), target: TARGET, parts, days: days(&counts, day_of(now_ms)), incidents })
}

fn windows<'a>(counts: impl Iterator<Item = &'a Counts>) -> Vec<AvailabilityBody> {
    let counted = counts.fold([(0, 0); 4], |mut sums, day| {
        sums.iter_mut().zip(day.windows).for_each(|(sum, window)| *sum = add(*sum, window));
        sums
    });
    WINDOWS
        .iter()
        .zip(counted)
        .map(|((window, _), (ok, failed))| {
            let share = uptime::availability(ok, failed);
            AvailabilityBody { window, probes: ok + failed, share, meets_target: share.map(|share| share >= TARGET) }
        })
        .collect()
}

fn days(counts: &[Counts], today: i64) -> Vec<StatusDayBody> {
    let body = |day: i64| {
        let share = |part: Option<&str>| {
            let of_it = |one: &&Counts| one.day == day && part.is_none_or(|part| one.part == part);
            let (ok, failed) = counts.iter().filter(of_it).fold((0, 0), |sum, one| add(sum, one.all));
            uptime::availability(ok, failed)
        };
        let parts = PARTS.map(|name| DayPartBody { name, availability: share(Some(name)) });
        StatusDayBody { date: day_text(day), availability: share(None), parts: parts.into() }
    };
    (today - DAYS + 1..=today).map(body).collect()
}

fn add((a, b): (i64, i64), (c, d): (i64, i64)) -> (i64, i64) {
    (a + c, b + d)
}

fn state(ok: Option<bool>) -> &'static str {
    match ok {
        Some(true) => UP,
        Some(false) => DOWN,
        None => "unknown",
    }
}

const PARTS: [&str; 3] = ["database", "limiter", "objects"];
const WINDOWS: [(&str, i64); 4] = [("24h", DAY_MS), ("7d", 7 * DAY_MS), ("30d", 30 * DAY_MS), ("90d", 90 * DAY_MS)];
/// Days that are shown: those that are kept, the one that is not over included.
const DAYS: i64 = 90;
const UP: &str = "up";
const DOWN: &str = "down";
/// Between two probes.
const PERIOD_MS: i64 = 5 * 60 * 1000;
/// A probe older than this says nothing about now.
const RECENT_MS: i64 = 3 * PERIOD_MS;
/// How long an answer is as good as a new one.
const FRESH_MS: i64 = 30_000;
