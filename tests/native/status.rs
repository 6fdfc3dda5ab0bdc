//! Availability, from probes every five minutes.

use edgekeep::cron;
use edgekeep::ports::{DbError, PortError};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::faults::Fault;

const PROBES: &str = "*/5 * * * *";
const PERIOD_MS: i64 = 300_000;
const DAY_MS: i64 = 86_400_000;

async fn probe(world: &World) {
    cron::run(&world.app, PROBES, world.app.now_ms()).await;
    world.clock.advance(PERIOD_MS);
}

async fn part(world: &World, name: &str) -> Value {
    let answer = world.get("/api/v1/status").send().await.expect(200);
    let parts = answer.at("/parts");
    parts.as_array().unwrap().iter().find(|part| part["name"] == name).cloned().expect("the part")
}

#[tokio::test]
async fn nothing_is_claimed_without_probes() {
    let world = World::new();
    let answer = world.get("/api/v1/status").send().await.expect(200);
    assert_eq!(answer.text("/status"), "unknown");
    assert_eq!(
        answer.at("/parts/0/availability/0"),
        json!({"window": "24h", "probes": 0, "share": null, "meets_target": null})
    );
    assert_eq!(answer.at("/incidents"), json!([]));
}

#[tokio::test]
async fn a_part_that_fails_is_down_has_an_incident_and_costs_availability() {
    let world = World::new();
    for _ in 0..6 {
        probe(&world).await;
    }
    world.objects.faults.always(Fault::Fail(PortError::Failed("no bucket".into())));
    let began = edgekeep::domain::time::rfc3339(world.app.now_ms());
    probe(&world).await;
    probe(&world).await;
    let answer = world.get("/api/v1/status").send().await.expect(200);
    assert_eq!(answer.text("/status"), "down");
    assert_eq!(answer.at("/incidents"), json!([{"part": "objects", "started_at": began}]), "it lasts");
    let objects = part(&world, "objects").await;
    assert_eq!(objects["state"], "down");
    assert_eq!(objects["availability"][0], json!({"window": "24h", "probes": 8, "share": 0.75, "meets_target": false}));
    assert_eq!(
        part(&world, "database").await["availability"][3],
        json!({"window": "90d", "probes": 8, "share": 1.0, "meets_target": true})
    );
    let line = world.log.lines().into_iter().rev().find(|(_, line)| line["cron"] == PROBES).unwrap().1;
    assert_eq!((line["outcome"].as_str(), line["error.type"].as_str()), (Some("error"), Some("unavailable")));
    world.objects.faults.heal();
    let ended = edgekeep::domain::time::rfc3339(world.app.now_ms());
    probe(&world).await;
    let answer = world.get("/api/v1/status").send().await.expect(200);
    assert_eq!(answer.text("/status"), "up");
    assert_eq!(answer.at("/incidents"), json!([{"part": "objects", "started_at": began, "ended_at": ended}]));
}

#[tokio::test]
async fn windows_end_where_they_say() {
    let world = World::new();
    world.limiter.faults.fail_on(1, PortError::Timeout);
    probe(&world).await;
    for (days, seen) in [(2, [0, 1, 1, 1]), (8, [0, 0, 1, 1]), (31, [0, 0, 0, 1])] {
        world.clock.advance(days * DAY_MS - (world.app.now_ms() - crate::support::clock::START_MS));
        let limiter = part(&world, "limiter").await;
        let probes: Vec<_> = (0..4).map(|at| limiter["availability"][at]["probes"].as_i64().unwrap()).collect();
        assert_eq!(probes, seen, "after {days} days");
        assert_eq!(limiter["state"], "unknown", "a probe of long ago says nothing about now");
    }
}

#[tokio::test]
async fn the_record_never_grows_beyond_ninety_days() {
    let world = World::new();
    for _ in 0..100 {
        cron::run(&world.app, PROBES, world.app.now_ms()).await;
        world.clock.advance(DAY_MS);
    }
    let rows = world.db.number("SELECT count(*) FROM probe_hours", []);
    assert!(rows <= 91 * 3, "{rows}");
    assert_eq!(world.db.number("SELECT count(*) FROM cron_runs", []), 0, "nor do the records of runs");
    for _ in 0..12 {
        probe(&world).await;
    }
    assert!(world.db.number("SELECT count(*) FROM probe_hours", []) <= rows + 6, "an hour is one row, not twelve");
}

#[tokio::test]
async fn a_probe_that_is_delivered_twice_counts_once() {
    let world = World::new();
    cron::run(&world.app, PROBES, world.app.now_ms()).await;
    cron::run(&world.app, PROBES, world.app.now_ms()).await;
    assert_eq!(part(&world, "database").await["availability"][0]["probes"], 1);
}

#[tokio::test]
async fn a_dead_database_is_an_error_in_the_log_and_503_for_the_question() {
    let world = World::new();
    world.db.faults.always(Fault::Fail(DbError::Timeout));
    probe(&world).await;
    assert_eq!(world.log.last()["outcome"], "error");
    world.get("/api/v1/status").send().await.expect_problem(503, "unavailable");
}

#[tokio::test]
async fn is_read_at_most_once_in_half_a_minute() {
    let world = World::new();
    probe(&world).await;
    let before = world.db.faults.calls();
    for _ in 0..10 {
        world.get("/api/v1/status").send().await.expect(200);
    }
    assert_eq!(world.db.faults.calls() - before, 3);
}
