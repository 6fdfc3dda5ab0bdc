//! Scheduled runs. The runtime swallows what a scheduled handler returns, so each run writes down how it went, in the
//! table `cron_runs` and as one log line.

use std::sync::Arc;

use serde_json::json;

use crate::app::App;
use crate::config::{Environment, Problem, names};
use crate::domain::day::day_of;
use crate::domain::id;
use crate::domain::time::rfc3339;
use crate::error::{Error, Result};
use crate::health;
use crate::ports::{BackupStatus, Bare, Entropy, Level};
use crate::store::{cron_runs, probe_hours, sessions, usage};
use crate::telemetry;
use crate::telemetry::line::{Line, milliseconds};
use crate::telemetry::report::Report;
use crate::telemetry::scope::{self, Scope};
use crate::telemetry::scrub::scrub;
use crate::telemetry::trace::Trace;

/// Runs what is due at `cron` and records it.
pub async fn run(app: &App, cron: &str, scheduled_ms: i64) {
    let started = app.now_ms();
    let scope = begun(app.ports.entropy.as_ref(), started);
    telemetry::sweep(app, &scope);
    // A panic of the bookkeeping itself is caught here; one of the work within, so that it is recorded as any failure.
    let _ = telemetry::event(app, &scope, "cron", recorded(app, &scope, cron, scheduled_ms)).await;
    telemetry::send(app).await;
}

/// What is due at `cron` in an installation whose configuration is bad: nothing is done, and the log says so.
pub fn misconfigured(ports: Bare<'_>, problems: &[Problem], cron: &str, scheduled_ms: i64) {
    let started = ports.clock.now_ms();
    let error = Error::Misconfigured;
    let scope = begun(ports.entropy, started);
    let mut line = Line::new(started, Level::Error, "cron").scope(&scope);
    line.put("cron", cron);
    line.put("scheduled_at", rfc3339(scheduled_ms));
    line.put("outcome", "error");
    line.put("recorded", false);
    line.put("error.type", error.code());
    line.put("settings", names(problems));
    ports.reporter.write(Level::Error, &line);
}

fn begun(entropy: &dyn Entropy, started_ms: i64) -> Arc<Scope> {
    let id = id::event_id(entropy, started_ms);
    let scope = Scope::new(id.clone(), Trace::begin(&id), started_ms);
    scope.set_name("cron");
    scope
}

async fn recorded(app: &App, scope: &Arc<Scope>, cron: &str, scheduled_ms: i64) {
    let started = scope.started_ms;
    let begun = begin(app, cron, scheduled_ms, started).await;
    let monitor = app.sentry.as_ref().map(|sentry| sentry.check_in(monitor(cron), cron, LONGEST_MINUTES));
    // Told while the work is done, not before.
    telemetry::send_in_background(app);
    let done = scope::guard(Arc::clone(scope), work(app, cron, scheduled_ms, started)).await;
    let milliseconds_taken = app.now_ms() - started;
    let panic = done.as_ref().err().cloned();
    let result = done.unwrap_or_else(|panic| Err(Error::Panicked(scrub(&panic.message))));
    let (ok, detail) = match &result {
        Ok(detail) => (true, detail.clone()),
        Err(error) => (false, format!("{}: {}", error.code(), scrub(error.cause().unwrap_or_default()))),
    };
    let recorded = match &begun {
        Ok(id) => cron_runs::finish(app.ports.db.as_ref(), id, milliseconds_taken, ok, &detail).await.is_ok(),
        Err(_) => false,
    };
    let level = if ok && recorded { Level::Info } else { Level::Error };
    let mut line = Line::new(started, level, "cron").scope(scope);
    line.put("cron", cron);
    line.put("scheduled_at", rfc3339(scheduled_ms));
    line.put("outcome", if ok { "ok" } else { "error" });
    line.put("detail", detail);
    line.put("duration_ms", milliseconds(started, app.now_ms()));
    line.put("recorded", recorded);
    if let Err(error) = &result {
        line.put("error.type", error.code());
        line = line.stack(error.frames());
    }
    if let Some(panic) = &panic {
        line = line.panic(panic);
    }
    app.log(level, line);
    if let (Some(sentry), Some(monitor)) = (&app.sentry, &monitor) {
        sentry.check_out(monitor, level == Level::Info, milliseconds_taken);
        if let Some(panic) = &panic {
            telemetry::capture_panic(app, scope, panic, cron, None);
        } else if let Err(error) = &result {
            let message = error.cause().unwrap_or_default();
            let kind = error.code();
            let level = Level::Error;
            sentry.capture(
                scope,
                &Report { level, kind, message, location: "", frames: error.frames(), during: cron, status: None },
            );
        }
        sentry.trace(scope, "cron", &|| format!("cron {cron}"), None);
    }
}

/// What the monitor of a schedule is called where reports go.
fn monitor(cron: &str) -> &'static str {
    match cron {
        BACKUP => "edgekeep-backup",
        HOURLY => "edgekeep-clean-up",
        PROBES => "edgekeep-probes",
        _ => "edgekeep-cron",
    }
}

/// What is due. Says what it did.
async fn work(app: &App, cron: &str, scheduled_ms: i64, now_ms: i64) -> Result<String> {
    assert!(!(app.config.environment == Environment::Development && cron == DRILL), "drill: a deliberate panic");
    if cron == PROBES {
        return probe(app, now_ms).await;
    }
    // The backup does not wait for the clean-up to succeed.
    let backup = if cron == BACKUP {
        Some(start_backup(app, scheduled_ms).await)
    } else {
        if cron == HOURLY {
            watch_backups(app).await;
        }
        None
    };
    let deleted = clean_up(app, now_ms).await?;
    let done = format!("{deleted} ended sessions deleted");
    Ok(match backup {
        Some(begun) => format!("{done}; {}", begun?),
        None => done,
    })
}

/// Begins the backup of the day for which the run was scheduled. Twice the same day is one backup.
async fn start_backup(app: &App, scheduled_ms: i64) -> Result<String> {
    let time = rfc3339(scheduled_ms);
    let day = time.get(..10).unwrap_or_default();
    let BackupStatus { run, waiting, .. } = app.ports.backups.start(day).await?;
    Ok(match run {
        _ if waiting.is_some_and(|slot| slot == day) => format!("backup of {day} waits for another to end"),
        Some(run) if run.slot == day && run.phase != "done" => format!("backup of {day} begun"),
        _ => format!("backup of {day} is there already"),
    })
}

/// Says so when there is no good backup of late. Asking also gives a run that has lost its alarm a new one.
async fn watch_backups(app: &App) {
    let now_ms = app.now_ms();
    let (level, detail, last) = match app.ports.backups.status().await {
        Ok(status) => match status.last {
            Some(last) if now_ms - last.at_ms <= BACKUP_DUE_MS => return,
            Some(last) => (Level::Error, "the newest verified backup is older than 26 hours".into(), Some(last)),
            None if is_due(app, now_ms).await => {
                (Level::Error, "there is no verified backup, for more than 26 hours".into(), None)
            }
            None => (Level::Warn, "there is no verified backup yet".into(), None),
        },
        Err(error) => (Level::Error, format!("backups can't be asked: {error:?}"), None),
    };
    let line = json!({
        "timestamp": rfc3339(now_ms),
        "severity_text": if level == Level::Error { "ERROR" } else { "WARN" },
        "body": "backup_missing",
        "detail": detail,
        "backup.id": last.as_ref().map(|last| &last.id),
        "backup.age_hours": last.as_ref().map(|last| (now_ms - last.at_ms) / 3_600_000),
        "backup.bytes": last.as_ref().map(|last| last.bytes),
    });
    app.log(level, line);
    if level == Level::Error {
        telemetry::capture_alarm(app, "backup_missing", &detail, "cron");
    }
}

/// The installation has been at work for so long that it should have a backup.
async fn is_due(app: &App, now_ms: i64) -> bool {
    let first_ms = cron_runs::first(app.ports.db.as_ref()).await;
    matches!(first_ms, Ok(Some(first_ms)) if now_ms - first_ms > BACKUP_DUE_MS)
}

async fn begin(app: &App, cron: &str, scheduled_ms: i64, now_ms: i64) -> Result<String> {
    let id = app.new_id()?;
    cron_runs::begin(app.ports.db.as_ref(), &id, cron, scheduled_ms, now_ms).await?;
    Ok(id)
}

/// Asks each part how it is and writes that down.
async fn probe(app: &App, now_ms: i64) -> Result<String> {
    let probes = health::ask(app).await;
    let parts = probes.parts();
    probe_hours::record(app.ports.db.as_ref(), &parts, now_ms).await?;
    if probes.are_all_ok() {
        return Ok(format!("{} parts ok", parts.len()));
    }
    Err(Error::Unavailable(probes.causes.join("; ")))
}

/// Deletes sessions that ended more than [`KEEP_ENDED_MS`] ago, in bites small enough for one statement, and old records
/// of runs. What one run does not manage, the next does.
async fn clean_up(app: &App, now_ms: i64) -> Result<u64> {
    let db = app.ports.db.as_ref();
    let mut deleted = 0;
    for _ in 0..BITES {
        let bite = sessions::delete_ended(db, now_ms - KEEP_ENDED_MS, BITE).await?;
        deleted += bite;
        if bite < u64::from(BITE) {
            break;
        }
    }
    for _ in 0..RUN_BITES {
        if cron_runs::delete_before(db, now_ms - KEEP_RUNS_MS, BITE).await? < u64::from(BITE) {
            break;
        }
    }
    usage::delete_before(db, day_of(now_ms - KEEP_USAGE_MS)).await?;
    Ok(deleted)
}

/// The schedule of probes.
const PROBES: &str = "*/5 * * * *";
/// When the backup is due, as in wrangler.toml.
const BACKUP: &str = "23 3 * * *";
/// When it is looked at.
const HOURLY: &str = "0 * * * *";
/// A day, and two hours to make it.
const BACKUP_DUE_MS: i64 = 26 * 60 * 60 * 1000;
/// No schedule at all: in development, a run that panics.
const DRILL: &str = "drill";
/// Minutes after which a run is taken for dead: the platform ends it then.
const LONGEST_MINUTES: u64 = 15;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// An ended session is kept for a week: a replayed token is then told apart from an unknown one.
const KEEP_ENDED_MS: i64 = 7 * DAY_MS;
/// Shown are 30 days.
const KEEP_USAGE_MS: i64 = 90 * DAY_MS;
/// Some 9,500 runs, most of them probes.
const KEEP_RUNS_MS: i64 = 30 * DAY_MS;
const BITE: u32 = 500;
const BITES: u32 = 20;
/// In an hour come 13 runs or so.
const RUN_BITES: u32 = 4;
