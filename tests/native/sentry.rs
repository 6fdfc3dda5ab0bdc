//! Reports to Sentry: well-formed, complete, free of anything personal, and never in the way.

use std::sync::Arc;

use edgekeep::cron;
use edgekeep::ports::{DbError, HashError, OutboundRequest, PortError};
use sentry_core::protocol::{EnvelopeItem, Event, MonitorCheckIn, MonitorCheckInStatus, Transaction};
use sentry_core::{Envelope, Level};
use serde_json::Value;

use crate::support::World;
use crate::support::clock::START_MS;
use crate::support::faults::Fault;

const DSN: &str = "https://0123456789abcdef0123456789abcdef@sentry.example/42";

fn world(settings: &[(&str, &str)]) -> World {
    let all: Vec<_> = [("ENVIRONMENT", "development"), ("SENTRY_DSN", DSN)].iter().chain(settings).copied().collect();
    let world = World::with(&all);
    (0..200).for_each(|_| world.outbound.answer(200, &[], "{}"));
    world
}

/// What was sent, read by Sentry's own types; each envelope is held to the documented format first.
fn envelopes(world: &World) -> Vec<Envelope> {
    world.outbound.sent().iter().map(read).collect()
}

fn read(request: &OutboundRequest) -> Envelope {
    assert_eq!(request.method, "POST");
    assert_eq!(request.headers["content-type"], "application/x-sentry-envelope");
    let auth = request.headers["x-sentry-auth"].to_str().unwrap();
    assert!(auth.starts_with("Sentry sentry_version=7, sentry_client=edgekeep/"), "{auth}");
    assert!(auth.ends_with("sentry_key=0123456789abcdef0123456789abcdef"), "{auth}");
    Envelope::from_slice(&request.body).unwrap_or_else(|error| panic!("{error}: {:?}", request.body))
}

fn events(world: &World) -> Vec<Event<'static>> {
    let items = envelopes(world).into_iter().flat_map(Envelope::into_items);
    items.filter_map(|item| if let EnvelopeItem::Event(event) = item { Some(*event) } else { None }).collect()
}

fn transactions(world: &World) -> Vec<Transaction<'static>> {
    let items = envelopes(world).into_iter().flat_map(Envelope::into_items);
    items.filter_map(|item| if let EnvelopeItem::Transaction(one) = item { Some(*one) } else { None }).collect()
}

fn check_ins(world: &World) -> Vec<MonitorCheckIn> {
    let items = envelopes(world).into_iter().flat_map(Envelope::into_items);
    items.filter_map(|item| if let EnvelopeItem::MonitorCheckIn(one) = item { Some(one) } else { None }).collect()
}

/// The losses that were reported, summed up.
fn reported_losses(world: &World) -> u64 {
    let texts = world.outbound.sent().into_iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap());
    let lines: Vec<String> = texts.flat_map(|text| text.lines().map(ToOwned::to_owned).collect::<Vec<_>>()).collect();
    let reports = lines.windows(2).filter(|pair| pair[0].contains("\"client_report\""));
    let counts = reports.flat_map(|pair| {
        let report: Value = serde_json::from_str(&pair[1]).unwrap();
        assert!(report["timestamp"].is_string());
        report["discarded_events"].as_array().unwrap().clone()
    });
    counts.map(|loss| loss["quantity"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn a_defect_is_one_event_that_says_where_it_comes_from() {
    let world = world(&[]);
    let person = world.someone("ada@example.com").await;
    world.db.faults.fail_on(1, DbError::Other("D1_ERROR: no such column: name".into()));
    let answer = world.me(&person.access_token).await.expect_problem(500, "internal");
    let events = events(&world);
    let [event] = &events[..] else { panic!("one event: {events:?}") };
    assert_eq!(event.level, Level::Error);
    assert_eq!(event.transaction.as_deref(), Some("GET /api/v1/auth/me"));
    assert_eq!(event.environment.as_deref(), Some("development"));
    assert!(event.release.as_deref().unwrap().starts_with(concat!("edgekeep@", env!("CARGO_PKG_VERSION"), "+")));
    assert_eq!(event.tags["request_id"], answer.text("/request_id"));
    assert_eq!(event.tags["http.status_code"], "500");
    let chain: Vec<_> =
        event.exception.iter().map(|one| (one.ty.as_str(), one.value.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        chain,
        [("database", "D1_ERROR: no such column: name"), ("internal", "GET /api/v1/auth/me failed")],
        "the cause first"
    );
    let crumbs: Vec<_> = event.breadcrumbs.iter().map(|one| one.message.clone().unwrap()).collect();
    assert!(crumbs.iter().any(|crumb| crumb.starts_with("SELECT ")), "{crumbs:?}");
    let json = serde_json::to_value(event).unwrap();
    assert_eq!(json["contexts"]["trace"]["trace_id"], world.log.last()["trace_id"]);
}

#[tokio::test]
async fn whose_it_was_is_told_by_a_hash_once_it_is_proven() {
    let world = world(&[]);
    let person = world.someone("ada@example.com").await;
    world.db.faults.fail_on(2, DbError::Other("x".into()));
    world.get("/api/v1/auth/sessions").bearer(&person.access_token).send().await.expect(500);
    let user = events(&world).remove(0).user.expect("a user");
    let id = user.id.expect("an id");
    assert!(id.len() == 16 && !person.user_id.contains(&id), "{id}");
    assert!(user.email.is_none() && user.ip_address.is_none() && user.username.is_none() && user.other.is_empty());
}

#[tokio::test]
async fn a_panic_is_one_event_with_its_place_and_no_second_one_for_the_500() {
    let world = world(&[]);
    world.get("/__debug/panic").send().await.expect(500);
    let one = events(&world);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].exception[0].ty, "panic");
    assert_eq!(one[0].exception[0].mechanism.as_ref().unwrap().handled, Some(false));
    world.get("/__debug/panic-in-object").send().await.expect(500);
    assert_eq!(events(&world).len(), 1, "an object reports its own");
}

#[tokio::test]
async fn the_same_defect_has_one_fingerprint_and_others_have_others() {
    let world = world(&[]);
    let person = world.someone("ada@example.com").await;
    let fail = async |text: &str, path: &str| {
        world.db.faults.fail_on(1, DbError::Other(text.into()));
        world.get(path).bearer(&person.access_token).send().await.expect(500);
        events(&world).pop().unwrap().fingerprint.to_vec()
    };
    let (me, sessions) = ("/api/v1/auth/me", "/api/v1/auth/sessions");
    let first = fail("row 17 of table users", me).await;
    assert_eq!(fail("row 4711 of table users", me).await, first);
    assert_ne!(fail("row 17 of table users", sessions).await, first);
    assert_ne!(fail("no such table: users", me).await, first);
}

#[tokio::test]
async fn what_is_expected_is_not_reported() {
    let world = world(&[("DETECT_LIMIT", "1/hour")]);
    let person = world.someone("ada@example.com").await;
    world.login("ada@example.com", "granite otter lamp 48").await.expect(401);
    world.get("/nothing").send().await.expect(404);
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.detect(&person.access_token, "A text.").await.expect(429);
    world.hasher.faults.fail_on(1, HashError::Busy { retry_after: 1 });
    world.register("bob@example.com").await.expect(503);
    assert!(world.outbound.sent().is_empty());
    world.hasher.faults.fail_on(1, HashError::Failed("object: no answer".into()));
    world.register("bob@example.com").await.expect(503);
    assert_eq!(events(&world)[0].level, Level::Warning, "a part that is down");
}

#[tokio::test]
async fn nothing_personal_is_in_any_envelope_or_line() {
    let world = world(&[("SENTRY_TRACES_SAMPLE_RATE", "1")]);
    let person = world.someone("ada.lovelace@example.com").await;
    let text = "The difference between the almost right word and the right word is really a large matter.";
    world.detect(&person.access_token, text).await.expect(200);
    for secret in ["ada.lovelace@example.com", "granite otter lamp 47", &person.access_token, text, "203.0.113.77"] {
        world.keep_secret(secret);
        for error in [DbError::Other(secret.into()), DbError::Constraint(secret.into()), DbError::Shape(secret.into())]
        {
            world.db.faults.fail_on(1, error);
            world.me(&person.access_token).await.expect(500);
        }
        world.throttle.faults.fail_on(1, PortError::Failed(format!("of {secret}")));
        world.login("ada.lovelace@example.com", "granite otter lamp 47").await.expect(503);
    }
    cron::run(&world.app, "0 * * * *", START_MS).await;
    world.background.settle().await;
    assert!(world.outbound.sent().len() > 20);
    for request in world.outbound.sent() {
        world.assert_free_of_secrets(std::str::from_utf8(&request.body).unwrap());
        world.assert_free_of_secrets(&format!("{:?} {}", request.headers, request.url));
    }
    world.assert_log_is_clean();
}

#[tokio::test]
async fn without_a_dsn_nothing_is_sent() {
    let world = World::with(&[("ENVIRONMENT", "development"), ("SENTRY_TRACES_SAMPLE_RATE", "1")]);
    world.get("/__debug/error").send().await.expect(500);
    cron::run(&world.app, "drill", START_MS).await;
    assert!(world.app.sentry.is_none() && world.outbound.sent().is_empty());
}

#[tokio::test]
async fn goes_through_the_tunnel_when_there_is_one() {
    let world = world(&[("SENTRY_TUNNEL", "https://tunnel.example/reports")]);
    world.get("/__debug/error").send().await.expect(500);
    let sent = world.outbound.sent();
    assert_eq!(sent[0].url, "https://tunnel.example/reports");
    let header: Value = serde_json::from_slice(sent[0].body.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!(header["dsn"], DSN, "the tunnel learns from the envelope where it belongs");
    let direct = self::world(&[]);
    direct.get("/__debug/error").send().await.expect(500);
    assert_eq!(direct.outbound.sent()[0].url, "https://sentry.example/api/42/envelope/");
}

#[tokio::test]
async fn a_receiver_in_trouble_costs_no_request_and_every_loss_is_counted() {
    for fault in [Fault::Fail(PortError::Timeout), Fault::Fail(PortError::Failed("reset".into()))] {
        let world = world(&[]);
        world.outbound.faults.always(fault);
        for _ in 0..100 {
            world.get("/__debug/error").send().await.expect_problem(500, "internal");
        }
        assert_eq!(world.outbound.faults.calls(), 1, "after a failure it waits");
        world.outbound.faults.heal();
        world.clock.advance(61_000);
        world.get("/__debug/error").send().await.expect(500);
        world.background.settle().await;
        assert_eq!(events(&world).len() as u64 + reported_losses(&world), 101);
    }
}

#[tokio::test]
async fn a_receiver_that_says_429_is_left_alone_for_as_long_as_it_says() {
    let world = World::with(&[("ENVIRONMENT", "development"), ("SENTRY_DSN", DSN)]);
    world.outbound.answer(429, &[("x-sentry-rate-limits", "60:error:key"), ("retry-after", "60")], "");
    world.outbound.answer(200, &[], "{}");
    world.get("/__debug/error").send().await.expect(500);
    world.get("/__debug/error").send().await.expect(500);
    world.clock.advance(59_000);
    world.get("/__debug/error").send().await.expect(500);
    assert_eq!(world.outbound.sent().len(), 1);
    world.clock.advance(1_000);
    world.get("/__debug/error").send().await.expect(500);
    assert_eq!(world.outbound.sent().len(), 2);
    assert_eq!(reported_losses(&world), 2);
}

#[tokio::test]
async fn a_thousand_errors_while_the_receiver_hangs_are_bounded_and_counted() {
    let world = world(&[]);
    world.outbound.faults.always(Fault::Hang);
    for _ in 0..1_000 {
        let mut request = http::Request::new(axum::body::Body::empty());
        *request.uri_mut() = "https://edgekeep.example/__debug/error".parse().unwrap();
        assert_eq!(edgekeep::http::serve(&world.app, request).await.status(), 500);
    }
    assert!(world.outbound.faults.calls() <= 2);
    // Those that hang are given up on, and what waited is sent in its turn.
    world.outbound.faults.heal();
    world.clock.advance(10_000);
    let sentry = Arc::clone(world.app.sentry.as_ref().unwrap());
    sentry.clone().flush().await;
    assert!(events(&world).len() <= 64, "{}", events(&world).len());
    assert_eq!(events(&world).len() as u64 + reported_losses(&world), 1_000);
}

#[tokio::test]
async fn transactions_have_a_span_for_each_step_and_are_sampled_by_the_trace() {
    let world = world(&[("SENTRY_TRACES_SAMPLE_RATE", "1")]);
    world.register("ada@example.com").await.expect(201);
    let all = transactions(&world);
    let [one] = &all[..] else { panic!("one transaction: {all:?}") };
    assert_eq!(one.name.as_deref(), Some("POST /api/v1/auth/register"));
    let ops: Vec<_> = one.spans.iter().map(|span| span.op.as_deref().unwrap()).collect();
    assert_eq!(ops, ["durable_object", "durable_object", "db.batch"], "limiter, hasher, database");
    let json = serde_json::to_value(one).unwrap();
    let trace = &json["contexts"]["trace"];
    assert!(json["spans"].as_array().unwrap().iter().all(|span| span["parent_span_id"] == trace["span_id"]));
    assert_eq!(trace["op"], "http.server");
    let half = self::world(&[("SENTRY_TRACES_SAMPLE_RATE", "0.5")]);
    for (trace, sent) in [("4bf92f3577b34da6a3c0000000000001", 1), ("4bf92f3577b34da6a3cfffffffffffff", 0)] {
        let before = transactions(&half).len();
        let parent = format!("00-{trace}-00f067aa0ba902b7-01");
        half.get("/healthz").header("traceparent", &parent).send().await.expect(200);
        assert_eq!(transactions(&half).len() - before, sent, "{trace}");
    }
}

#[tokio::test]
async fn a_cron_run_checks_in_and_out_with_its_schedule() {
    let world = world(&[]);
    cron::run(&world.app, "0 * * * *", START_MS).await;
    world.background.settle().await;
    cron::run(&world.app, "drill", START_MS).await;
    world.background.settle().await;
    let all = check_ins(&world);
    let told: Vec<_> = all.iter().map(|one| (one.monitor_slug.as_str(), one.status)).collect();
    assert_eq!(
        told,
        [
            ("edgekeep-clean-up", MonitorCheckInStatus::InProgress),
            ("edgekeep-clean-up", MonitorCheckInStatus::Ok),
            ("edgekeep-cron", MonitorCheckInStatus::InProgress),
            ("edgekeep-cron", MonitorCheckInStatus::Error),
        ]
    );
    assert_eq!(all[0].check_in_id, all[1].check_in_id);
    assert_ne!(all[1].check_in_id, all[2].check_in_id);
    let config = serde_json::to_value(&all[0].monitor_config).unwrap();
    assert_eq!(config["schedule"], serde_json::json!({"type": "crontab", "value": "0 * * * *"}));
    assert_eq!(events(&world).len(), 1, "and the panic is an event");
}
