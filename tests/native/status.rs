//! Availability, from probes every five minutes.

use edgekeep::cron;
use edgekeep::ports::{DbError, PortError};
use serde_json::{Value, json};

use crate::support::faults::Fault;
use crate::support::golden::assert_golden_json;
use crate::support::{Answer, World};

const PROBES: &str = "*/5 * * * *";
const PERIOD_MS: i64 = 300_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

async fn probe(world: &World) {
    cron::run(&world.app, PROBES, world.app.now_ms()).await;
    world.clock.advance(PERIOD_MS);
}

async fn part(world: &World, name: &str) -> Value {
    let answer = world.get("/api/v1/status").send().await.expect(200);
    let parts = answer.at("/parts");
    parts.as_array().unwrap().iter().find(|part| part["name"] == name).cloned().expect("the part")
}

fn days(answer: &Answer) -> Vec<Value> {
    answer.at("/days").as_array().unwrap().clone()
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
    let days = days(&answer);
    assert_eq!(days.len(), 90);
    assert!(days.iter().all(|day| day["availability"].is_null()), "nothing is made up");
}

#[tokio::test]
async fn each_day_has_the_share_of_its_own_probes_in_utc() {
    let world = World::new();
    // Five minutes before midnight, one probe of which the limiter misses; at midnight a good one.
    let midnight = crate::support::clock::START_MS.div_euclid(DAY_MS) * DAY_MS + DAY_MS;
    world.clock.advance(midnight - PERIOD_MS - world.app.now_ms());
    world.limiter.faults.fail_on(1, PortError::Timeout);
    probe(&world).await;
    assert_eq!(world.app.now_ms(), midnight);
    probe(&world).await;
    // Nothing on the third day. On the fourth two probes, the last one ms before its end.
    world.clock.advance(2 * DAY_MS - PERIOD_MS);
    probe(&world).await;
    world.clock.advance(DAY_MS - PERIOD_MS - 1);
    cron::run(&world.app, PROBES, world.app.now_ms()).await;
    let body = world.get("/api/v1/status").send().await.expect(200);
    let found = days(&body);
    assert_eq!(found.len(), 90);
    let dates: Vec<_> = found.iter().map(|day| day["date"].as_str().unwrap()).collect();
    assert_eq!((dates[0], dates[89]), ("2025-10-08", "2026-01-05"), "today is the last");
    assert!(dates.windows(2).all(|pair| pair[0] < pair[1]));
    let tail: Vec<_> = found[86..].iter().map(|day| &day["availability"]).collect();
    assert_eq!(json!(tail), json!([2.0 / 3.0, 1.0, null, 1.0]));
    let limiter: Vec<_> = found[86..].iter().map(|day| &day["parts"][1]).collect();
    let limiter_is = |availability: Value| json!({"name": "limiter", "availability": availability});
    assert_eq!(json!(limiter), json!([json!(0.0), json!(1.0), Value::Null, json!(1.0)].map(limiter_is)));
    assert!(found[..86].iter().all(|day| day["availability"].is_null()));
    let mut body = body.json();
    body["days"].as_array_mut().unwrap().drain(..86);
    assert_golden_json("status.json", &body);
}

#[tokio::test]
async fn the_first_of_the_days_shown_is_still_recorded_whole() {
    let world = World::new();
    let midnight = crate::support::clock::START_MS.div_euclid(DAY_MS) * DAY_MS + DAY_MS;
    world.clock.advance(midnight - world.app.now_ms());
    probe(&world).await;
    // The last moment of the 90th day, and a clean-up in it.
    world.clock.advance(midnight + 90 * DAY_MS - 1 - world.app.now_ms());
    cron::run(&world.app, PROBES, world.app.now_ms()).await;
    let found = days(&world.get("/api/v1/status").send().await.expect(200));
    assert_eq!((&found[0]["date"], &found[0]["availability"]), (&json!("2026-01-03"), &json!(1.0)));
    world.clock.advance(60_000);
    let found = days(&world.get("/api/v1/status").send().await.expect(200));
    assert_eq!((&found[0]["date"], &found[0]["availability"]), (&json!("2026-01-04"), &Value::Null));
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
    // Every hour for more than ninety days, with the hourly clean-up.
    for _ in 0..92 * 24 {
        cron::run(&world.app, PROBES, world.app.now_ms()).await;
        cron::run(&world.app, "0 * * * *", world.app.now_ms()).await;
        world.clock.advance(HOUR_MS);
    }
    let rows = world.db.number("SELECT count(*) FROM probe_hours", []);
    assert_eq!(rows, (90 * 24 + 1) * 3, "ninety days of hours, and the one that runs");
    let runs = world.db.number("SELECT count(*) FROM cron_runs", []);
    assert_eq!(runs, (30 * 24 + 1) * 2, "and thirty days of runs");
    for _ in 0..12 {
        probe(&world).await;
    }
    assert_eq!(world.db.number("SELECT count(*) FROM probe_hours", []), rows, "an hour is one row, not twelve");
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
