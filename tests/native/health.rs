//! Is it alive, is it ready.

use edgekeep::ports::{DbError, LastBackup, PortError};
use serde_json::json;

use crate::support::World;
use crate::support::faults::Fault;

#[tokio::test]
async fn alive_asks_nobody() {
    let world = World::new();
    world.db.faults.always(Fault::Hang);
    world.limiter.faults.always(Fault::Hang);
    world.objects.faults.always(Fault::Hang);
    let answer = world.get("/healthz").send().await.expect(200);
    assert_eq!(answer.text("/status"), "ok");
    assert_eq!(answer.text("/version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(world.db.faults.calls() + world.limiter.faults.calls() + world.objects.faults.calls(), 0);
}

#[tokio::test]
async fn ready_asks_each_part_once() {
    let world = World::new();
    let answer = world.get("/readyz").send().await.expect(200);
    let checks = json!({"database": "ok", "limiter": "ok", "objects": "ok"});
    assert_eq!(answer.json(), json!({"status": "ready", "checks": checks}));
    assert_eq!(world.db.faults.calls(), 1);
    assert_eq!(world.backups.faults.calls(), 1, "for when the last backup was");
    assert_eq!(world.limiter.faults.calls(), 1);
    assert_eq!(world.objects.faults.calls(), 1);
}

#[tokio::test]
async fn one_failing_part_makes_it_unready_and_is_named() {
    for (at, name) in ["database", "limiter", "objects"].iter().enumerate() {
        let world = World::new();
        match at {
            0 => world.db.faults.fail_on(1, DbError::Unavailable("D1 DB reset".into())),
            1 => world.limiter.faults.fail_on(1, PortError::Failed("boom".into())),
            _ => world.objects.faults.fail_on(1, PortError::Timeout),
        }
        let answer = world.get("/readyz").send().await.expect(503);
        let mut checks = json!({"database": "ok", "limiter": "ok", "objects": "ok"});
        checks[name] = json!("failing");
        assert_eq!(answer.json(), json!({"status": "unready", "checks": checks}), "and nothing of the cause");
        world.clock.advance(5_000);
        world.get("/readyz").send().await.expect(200);
    }
}

#[tokio::test]
async fn parts_that_hang_cost_one_deadline_together() {
    let world = World::with(&[("PROBE_DEADLINE_MS", "2000")]);
    world.db.faults.always(Fault::Hang);
    world.limiter.faults.always(Fault::Hang);
    world.objects.faults.always(Fault::Hang);
    let before = world.app.now_ms();
    let answer = world.get("/readyz").send().await.expect(503);
    let checks = json!({"database": "timeout", "limiter": "timeout", "objects": "timeout"});
    assert_eq!(answer.at("/checks"), checks);
    assert_eq!(world.app.now_ms() - before, 2000);
}

#[tokio::test]
async fn a_database_without_its_migrations_is_not_ready() {
    let world = World::new();
    world.db.look("DROP TABLE installation", []);
    let answer = world.get("/readyz").send().await.expect(503);
    assert_eq!(answer.text("/checks/database"), "failing");
    assert!(!answer.body_text().contains("installation"));
}

#[tokio::test]
async fn why_it_is_unready_is_in_the_log() {
    let world = World::new();
    world.db.faults.fail_on(1, DbError::Unavailable("D1 DB reset".into()));
    world.get("/readyz").send().await.expect(503);
    let line = world.log.last();
    assert_eq!(line["http.response.status_code"], 503);
    assert_eq!(line["severity_text"], "ERROR");
    assert_eq!(line["error.type"], "unready");
    assert_eq!(line["exception.message"], "database: Unavailable(\"D1 DB reset\")");
}

#[tokio::test]
async fn is_asked_at_most_once_in_five_seconds_however_many_want_to_know() {
    let world = World::new();
    for _ in 0..20 {
        world.get("/readyz").send().await.expect(200);
    }
    assert_eq!(world.objects.faults.calls(), 1);
    world.clock.advance(4_999);
    world.get("/readyz").send().await.expect(200);
    assert_eq!(world.objects.faults.calls(), 1);
    world.clock.advance(1);
    world.objects.faults.fail_on(1, PortError::Timeout);
    world.get("/readyz").send().await.expect(503);
    assert_eq!(world.objects.faults.calls(), 2);
    world.get("/readyz").send().await.expect(503);
    assert_eq!(world.objects.faults.calls(), 2, "a bad answer is kept as long as a good one");
}

#[tokio::test]
async fn while_one_asks_the_others_get_what_was_known_before() {
    let world = World::with(&[("PROBE_DEADLINE_MS", "2000")]);
    world.get("/readyz").send().await.expect(200);
    world.clock.advance(6_000);
    world.objects.faults.always(Fault::Hang);
    let (one, other) = tokio::join!(world.get("/readyz").send(), world.get("/readyz").send());
    one.expect(503);
    other.expect(200);
    assert_eq!(world.objects.faults.calls(), 2);
}

#[tokio::test]
async fn tells_how_old_the_last_good_backup_is() {
    let world = World::new();
    let at_ms = world.app.now_ms() - 90_000_000;
    let last = LastBackup { id: "b".into(), at_ms, bytes: 4_096, rows: 7 };
    world.backups.standing.lock().unwrap().last = Some(last);
    let answer = world.get("/readyz").send().await.expect(200);
    assert_eq!(answer.at("/last_backup/age_seconds"), 90_000);
    assert_eq!(answer.at("/last_backup/bytes"), 4_096);
    assert_eq!(answer.text("/last_backup/at"), "2026-01-01T02:04:05.678Z");
}
