//! Scheduled runs: recorded, whatever happens.

use std::pin::pin;

use edgekeep::cron;
use edgekeep::ports::Clock as _;
use edgekeep::ports::{BackupRun, BackupStatus, DbError, LastBackup, Level, PortError};
use futures_util::future::{Either, select};

use crate::support::World;
use crate::support::clock::START_MS;
use crate::support::faults::Fault;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const EVERY_DAY: &str = "17 3 * * *";

#[tokio::test]
async fn a_run_is_recorded_with_what_it_did() {
    let world = World::new();
    cron::run(&world.app, EVERY_DAY, START_MS - 5).await;
    let rows = world.db.look("SELECT * FROM cron_runs", []);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].text("cron").unwrap(), EVERY_DAY);
    assert_eq!(rows[0].text("outcome").unwrap(), "ok");
    assert_eq!(rows[0].integer("scheduled_at").unwrap(), START_MS - 5);
    assert_eq!(rows[0].integer("started_at").unwrap(), START_MS);
    assert_eq!(rows[0].integer("milliseconds").unwrap(), 0);
    let (level, line) = world.log.lines().pop().unwrap();
    assert_eq!(level, Level::Info);
    assert_eq!(line["outcome"], "ok");
    assert_eq!(line["recorded"], true);
}

#[tokio::test]
async fn cleans_up_sessions_that_ended_a_week_ago_with_their_tokens() {
    let world = World::new();
    let ended = world.someone("ended@example.com").await;
    let live = world.someone("live@example.com").await;
    world.post("/api/v1/auth/logout").bearer(&ended.access_token).send().await.expect(204);
    world.clock.advance(6 * DAY_MS);
    cron::run(&world.app, EVERY_DAY, world.app.now_ms()).await;
    assert_eq!(world.db.number("SELECT count(*) FROM sessions", []), 2, "a week has not passed");
    world.clock.advance(2 * DAY_MS);
    cron::run(&world.app, EVERY_DAY, world.app.now_ms()).await;
    assert_eq!(world.db.number("SELECT count(*) FROM sessions", []), 1);
    assert_eq!(world.db.number("SELECT count(*) FROM refresh_tokens", []), 1);
    assert_eq!(world.db.number("SELECT count(*) FROM users", []), 2, "accounts stay");
    world.refresh(&live.refresh_token).await.expect(200);
    assert!(world.log.lines().iter().any(|(_, line)| line["detail"] == "1 ended sessions deleted"));
}

#[tokio::test]
async fn cleans_up_in_bites_and_leaves_the_rest_for_the_next_run() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10700)
        INSERT INTO sessions (id, user_id, device, created_at, last_used_at, idle_expires_at, expires_at)
        SELECT 's' || i, ?1, 'x', 1, 1, 1, 1 FROM n";
    world.db.look(insert, [person.user_id.as_str().into()]);
    world.db.take_statements();
    cron::run(&world.app, EVERY_DAY, START_MS).await;
    assert_eq!(world.db.number("SELECT count(*) FROM sessions", []), 701);
    assert!(world.db.take_statements().len() < 50, "D1 allows 50 queries to one invocation on the free plan");
    cron::run(&world.app, EVERY_DAY, START_MS).await;
    assert_eq!(world.db.number("SELECT count(*) FROM sessions", []), 1);
    world.me(&person.access_token).await.expect(200);
}

#[tokio::test]
async fn forgets_runs_of_more_than_thirty_days_ago_in_bites() {
    let world = World::new();
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2700)
        INSERT INTO cron_runs (id, cron, scheduled_at, started_at) SELECT 'r' || i, 'x', ?1 + i, ?1 + i FROM n";
    world.db.look(insert, [(START_MS - 31 * DAY_MS).into()]);
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(world.db.number("SELECT count(*) FROM cron_runs", []), 701);
    assert_eq!(world.db.number("SELECT count(*) FROM cron_runs WHERE id = 'r2000'", []), 0, "the oldest go first");
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(world.db.number("SELECT count(*) FROM cron_runs", []), 2);
    world.clock.advance(30 * DAY_MS);
    cron::run(&world.app, "0 * * * *", world.app.now_ms()).await;
    assert_eq!(world.db.number("SELECT count(*) FROM cron_runs", []), 3, "thirty days are kept");
    world.clock.advance(1);
    cron::run(&world.app, "0 * * * *", world.app.now_ms()).await;
    assert_eq!(world.db.number("SELECT count(*) FROM cron_runs", []), 2);
}

#[tokio::test]
async fn a_run_of_the_probes_is_recorded_like_any_other() {
    const PROBES: &str = "*/5 * * * *";
    let world = World::new();
    cron::run(&world.app, PROBES, START_MS - 5).await;
    world.limiter.faults.always(Fault::Fail(PortError::Timeout));
    world.clock.advance(300_000);
    cron::run(&world.app, PROBES, world.app.now_ms()).await;
    let rows = world.db.look("SELECT * FROM cron_runs ORDER BY started_at", []);
    let outcomes: Vec<_> = rows.iter().map(|row| row.text("outcome").unwrap()).collect();
    assert_eq!(outcomes, ["ok", "error"]);
    assert!(rows.iter().all(|row| row.text("cron").unwrap() == PROBES && row.integer("milliseconds").unwrap() == 0));
    assert_eq!(rows[0].integer("scheduled_at").unwrap(), START_MS - 5);
    assert!(rows[1].text("detail").unwrap().contains("limiter"));
    assert!(world.log.lines().iter().all(|(_, line)| line["recorded"] == true));
}

#[tokio::test]
async fn a_run_that_dies_leaves_a_row_without_outcome() {
    // The call that writes down what the probes found, and the one that deletes sessions.
    for (cron, call) in [("*/5 * * * *", 3), ("0 * * * *", 2)] {
        let world = World::new();
        world.db.faults.on(call, Fault::Hang);
        let run = pin!(cron::run(&world.app, cron, START_MS));
        let Either::Right(_) = select(run, world.clock.sleep(900_000)).await else { panic!("it did not die") };
        let rows = world.db.look("SELECT cron, outcome, milliseconds FROM cron_runs", []);
        assert_eq!((rows.len(), rows[0].text("cron").unwrap().as_str()), (1, cron));
        assert!(rows[0].optional_text("outcome").unwrap().is_none());
        assert!(rows[0].optional_integer("milliseconds").unwrap().is_none());
    }
}

#[tokio::test]
async fn survives_a_database_that_fails_on_any_call_and_says_so() {
    let world = World::new();
    let before = world.db.faults.calls();
    cron::run(&world.app, EVERY_DAY, START_MS).await;
    let calls = world.db.faults.calls() - before;
    assert!(calls >= 4, "begin, clean, forget, finish: {calls}");
    for n in 1..=calls {
        for error in [DbError::Timeout, DbError::Unavailable("reset".into()), DbError::Other("no such table".into())] {
            let world = World::new();
            world.db.faults.fail_on(n, error);
            cron::run(&world.app, EVERY_DAY, START_MS).await;
            let (level, line) = world.log.lines().pop().expect("one line whatever happens");
            assert_eq!(world.log.lines().len(), 1);
            assert_eq!(level, Level::Error, "{line}");
            let rows = world.db.look("SELECT outcome, detail FROM cron_runs", []);
            match n {
                1 => assert!(rows.is_empty() && line["recorded"] == false, "the work is done all the same: {line}"),
                n if n == calls => {
                    assert!(rows[0].optional_text("outcome").unwrap().is_none() && line["recorded"] == false)
                }
                _ => assert_eq!(rows[0].text("outcome").unwrap(), "error"),
            }
        }
    }
}

#[tokio::test]
async fn a_failure_names_its_cause_in_the_record_and_in_the_log() {
    let world = World::new();
    world.db.look("DROP TABLE refresh_tokens", []);
    world.db.look("DROP TABLE sessions", []);
    cron::run(&world.app, EVERY_DAY, START_MS).await;
    let rows = world.db.look("SELECT outcome, detail FROM cron_runs", []);
    assert_eq!(rows[0].text("outcome").unwrap(), "error");
    assert!(rows[0].text("detail").unwrap().contains("no such table"));
    assert_eq!(world.log.last()["outcome"], "error");
}

#[tokio::test]
async fn a_dead_database_and_no_randomness_end_in_one_line() {
    let world = World::new();
    world.db.faults.always(Fault::Fail(DbError::Timeout));
    world.entropy.set_broken(true);
    cron::run(&world.app, EVERY_DAY, START_MS).await;
    assert_eq!(world.log.lines().len(), 1);
    assert_eq!(world.log.last()["outcome"], "error");
}

#[tokio::test]
async fn the_backup_of_the_day_begins_at_its_time_and_at_no_other() {
    let world = World::new();
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert!(world.backups.slots.lock().unwrap().is_empty());
    let stands = |slot: &str, phase: &str, waiting: Option<&str>| {
        let (slot, phase) = (slot.to_owned(), phase.to_owned());
        let run = BackupRun { id: "id".into(), slot, phase, started_ms: 0, rows: 0, sql_bytes: 0, problem: None };
        let waiting = waiting.map(str::to_owned);
        *world.backups.standing.lock().unwrap() = BackupStatus { run: Some(run), last: None, waiting };
    };
    let day = "2026-01-02";
    for (slot, phase, waiting, told) in [
        (day, "begin", None, "begun"),
        (day, "done", None, "is there already"),
        ("by hand", "rows", Some(day), "waits for another to end"),
        ("by hand", "rows", None, "is there already"),
    ] {
        stands(slot, phase, waiting);
        cron::run(&world.app, "23 3 * * *", START_MS).await;
        assert_eq!(world.log.last()["detail"], format!("0 ended sessions deleted; backup of {day} {told}"));
    }
    assert_eq!(*world.backups.slots.lock().unwrap(), [day; 4]);
}

#[tokio::test]
async fn a_backup_that_is_missing_is_an_error_in_the_log() {
    let world = World::new();
    let last = |age_hours: i64| {
        let at_ms = START_MS - age_hours * 3_600_000;
        let last = LastBackup { id: "20260101T032300Z-00000001".into(), at_ms, bytes: 7, rows: 1 };
        world.backups.standing.lock().unwrap().last = Some(last);
    };
    let lines = || {
        let all = world.log.lines();
        all.into_iter().filter(|(_, line)| line["body"] == "backup_missing").map(|(level, _)| level).collect::<Vec<_>>()
    };
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(lines(), [Level::Warn], "there is none yet");
    last(26);
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(lines().len(), 1);
    last(27);
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(lines()[1..], [Level::Error]);
    world.backups.faults.fail_on(1, edgekeep::ports::PortError::Timeout);
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(lines()[2..], [Level::Error]);
}

#[tokio::test]
async fn that_there_never_was_a_backup_or_is_none_any_more_is_an_error_after_a_day() {
    let world = World::new();
    let last = || {
        let all = world.log.lines();
        all.into_iter().rfind(|(_, line)| line["body"] == "backup_missing").map(|(level, _)| level)
    };
    cron::run(&world.app, "0 * * * *", START_MS).await;
    world.clock.advance(26 * 3_600_000);
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(last(), Some(Level::Warn), "a new installation has time for its first");
    world.clock.advance(1);
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(last(), Some(Level::Error));
}
