//! Scheduled runs. The runtime swallows what a scheduled handler returns, so each run writes down how it went, in the
//! table `cron_runs` and as one log line.

use serde_json::json;

use crate::app::App;
use crate::domain::budget::day_of;
use crate::error::Result;
use crate::ports::Level;
use crate::store::{cron_runs, sessions, usage};

/// Runs what is due at `cron` and records it.
pub async fn run(app: &App, cron: &str, scheduled_ms: i64) {
    let started = app.now_ms();
    let begun = begin(app, cron, scheduled_ms, started).await;
    let result = clean_up(app, started).await;
    let result = match (result, cron) {
        (Ok(deleted), BACKUP) => {
            start_backup(app, scheduled_ms).await.map(|slot| format!("{}; {slot}", cleaned(deleted)))
        }
        (Ok(deleted), _) => Ok(cleaned(deleted)),
        (Err(error), BACKUP) => start_backup(app, scheduled_ms).await.and(Err(error)),
        (Err(error), _) => Err(error),
    };
    if cron != BACKUP {
        watch_backups(app).await;
    }
    let milliseconds = app.now_ms() - started;
    let (ok, detail) = match &result {
        Ok(done) => (true, done.clone()),
        Err(error) => (false, format!("{}: {}", error.code(), error.cause().unwrap_or_default())),
    };
    let recorded = match &begun {
        Ok(id) => cron_runs::finish(app.ports.db.as_ref(), id, milliseconds, ok, &detail).await.is_ok(),
        Err(_) => false,
    };
    let level = if ok && recorded { Level::Info } else { Level::Error };
    let line = json!({
        "timestamp": crate::domain::time::rfc3339(started),
        "severity_text": if level == Level::Info { "INFO" } else { "ERROR" },
        "body": "cron",
        "cron": cron,
        "scheduled_at": crate::domain::time::rfc3339(scheduled_ms),
        "outcome": if ok { "ok" } else { "error" },
        "detail": detail,
        "duration_ms": milliseconds,
        "recorded": recorded,
    });
    app.log(level, &line);
}

fn cleaned(deleted: u64) -> String {
    format!("{deleted} ended sessions deleted")
}

/// Begins the backup of the day for which the run was scheduled. Twice the same day is one backup.
async fn start_backup(app: &App, scheduled_ms: i64) -> Result<String> {
    let time = crate::domain::time::rfc3339(scheduled_ms);
    let day = time.get(..10).unwrap_or_default();
    app.ports.backups.start(day).await?;
    Ok(format!("backup of {day} begun"))
}

/// Says so when there is no good backup of late. Asking also gives a run that has lost its alarm a new one.
async fn watch_backups(app: &App) {
    let now_ms = app.now_ms();
    let (level, detail, last) = match app.ports.backups.status().await {
        Ok(status) => match status.last {
            Some(last) if now_ms - last.at_ms <= BACKUP_DUE_MS => return,
            Some(last) => (Level::Error, "the newest verified backup is older than 26 hours".into(), Some(last)),
            None => (Level::Warn, "there is no verified backup yet".into(), None),
        },
        Err(error) => (Level::Error, format!("backups can't be asked: {error:?}"), None),
    };
    let line = json!({
        "timestamp": crate::domain::time::rfc3339(now_ms),
        "severity_text": if level == Level::Error { "ERROR" } else { "WARN" },
        "body": "backup_missing",
        "detail": detail,
        "backup.id": last.as_ref().map(|last| &last.id),
        "backup.age_hours": last.as_ref().map(|last| (now_ms - last.at_ms) / 3_600_000),
        "backup.bytes": last.as_ref().map(|last| last.bytes),
    });
    app.log(level, &line);
}

async fn begin(app: &App, cron: &str, scheduled_ms: i64, now_ms: i64) -> Result<String> {
    let id = app.new_id()?;
    cron_runs::begin(app.ports.db.as_ref(), &id, cron, scheduled_ms, now_ms).await?;
    Ok(id)
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
    cron_runs::delete_before(db, now_ms - KEEP_RUNS_MS).await?;
    usage::delete_before(db, day_of(now_ms - KEEP_USAGE_MS)).await?;
    Ok(deleted)
}

/// When the backup is due, as in wrangler.toml.
const BACKUP: &str = "23 3 * * *";
/// A day, and two hours to make it.
const BACKUP_DUE_MS: i64 = 26 * 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// An ended session is kept for a week: a replayed token is then told apart from an unknown one.
const KEEP_ENDED_MS: i64 = 7 * DAY_MS;
/// Shown are 30 days.
const KEEP_USAGE_MS: i64 = 90 * DAY_MS;
const KEEP_RUNS_MS: i64 = 90 * DAY_MS;
const BITE: u32 = 500;
const BITES: u32 = 20;
