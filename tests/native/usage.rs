//! What was used and spent, and what is left.

use edgekeep::cron;
use edgekeep::ports::{DbError, Level, PortError};
use edgekeep::tally;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::faults::Fault;
use crate::support::golden::assert_golden_json;
use crate::support::world::{BATCH, DETECT, OPERATOR_TOKEN, OPERATOR_USAGE, USAGE};

const DAY_MS: i64 = 24 * 3_600_000;
const KEY: &str = "gsk_0123456789abcdefghij";
const TEXT: &str = "The town library closed its doors on a wet Thursday in March.";

fn world() -> World {
    World::with(&[("SECOND_OPINION", "on"), ("GROQ_API_KEY", KEY), ("AI_BUDGET_PER_ACCOUNT", "0.05/day;0.5/month")])
}

async fn second_opinion(world: &World, token: &str, input: u64) {
    let message = json!({"role": "assistant", "content": "{\"probability\": 0.5, \"reasons\": []}"});
    let usage = json!({"prompt_tokens": input, "completion_tokens": 0});
    let body = json!({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage});
    world.outbound.answer(200, &[], body.to_string());
    let answer =
        world.post(DETECT).bearer(token).json(&json!({"text": TEXT, "second_opinion": true})).await.expect(200);
    assert_eq!(answer.text("/second_opinion/status"), "ok");
}

#[tokio::test]
async fn an_account_sees_its_days_its_limits_and_what_is_left() {
    let world = world();
    let person = world.someone("ada@example.com").await;
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.clock.advance(DAY_MS);
    let person = world.logged_in("ada@example.com").await;
    second_opinion(&world, &person.access_token, 1_000).await;
    let texts = json!({"texts": [{"text": "One."}, {"text": "Two."}]});
    world.post(BATCH).bearer(&person.access_token).json(&texts).await.expect(200);
    let other = world.someone("bob@example.com").await;
    world.detect(&other.access_token, "A text.").await.expect(200);
    let mut body = world.get(USAGE).bearer(&person.access_token).send().await.expect(200).json();
    let days = body["days"].as_array_mut().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days[0]["day"], "2025-12-05");
    days.drain(..27);
    assert_golden_json("usage.json", &body);
    // Looking costs nothing.
    let again = world.get(USAGE).bearer(&person.access_token).send().await.expect(200);
    assert_eq!(again.at("/detect/0/remaining"), 7);
}

#[tokio::test]
async fn the_operator_sees_all_accounts_and_who_spent_most() {
    let world = world();
    let (ada, bob) = (world.someone("ada@example.com").await, world.someone("bob@example.com").await);
    second_opinion(&world, &ada.access_token, 500).await;
    for _ in 0..2 {
        second_opinion(&world, &bob.access_token, 1_000).await;
    }
    let mut body = world.get(OPERATOR_USAGE).bearer(OPERATOR_TOKEN).send().await.expect(200).json();
    assert_eq!(body["top_spenders"][0]["user_id"], bob.user_id);
    assert_eq!(body["top_spenders"][1]["user_id"], ada.user_id);
    assert!(!body.to_string().contains("example.com"), "no personal data");
    for spender in body["top_spenders"].as_array_mut().unwrap() {
        spender["user_id"] = json!("-");
    }
    let days = body["days"].as_array_mut().unwrap();
    assert_eq!(days.len(), 30);
    days.drain(..29);
    assert_golden_json("operator_usage.json", &body);
}

#[tokio::test]
async fn s1_nobody_sees_anothers_usage() {
    let world = world();
    let (ada, bob) = (world.someone("ada@example.com").await, world.someone("bob@example.com").await);
    second_opinion(&world, &ada.access_token, 1_000).await;
    let path = format!("{USAGE}?user_id={}", ada.user_id);
    let body = world.get(&path).bearer(&bob.access_token).send().await.expect(200).json();
    let sum = |name: &str| body["days"].as_array().unwrap().iter().filter_map(|day| day[name].as_f64()).sum::<f64>();
    assert_eq!((sum("detections"), sum("spent_usd")), (0.0, 0.0));
    world.get(OPERATOR_USAGE).bearer(&ada.access_token).send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn without_a_second_opinion_it_says_so() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answer = world.get(USAGE).bearer(&person.access_token).send().await.expect(200);
    assert_eq!(answer.at("/second_opinion/configured"), false);
    assert_eq!(answer.at("/second_opinion/month"), Value::Null, "no cap");
}

#[tokio::test]
async fn a_detection_waits_for_no_count_of_it() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let before = world.db.faults.calls();
    let answer = world.detect(&person.access_token, "A text.").await.expect(200);
    assert_eq!(answer.db_calls - before, 1, "the look-up of the session, as before");
    assert_eq!(world.db.faults.calls() - before, 2, "and the count after the answer");
    for error in [DbError::Timeout, DbError::Other("no such table".into())] {
        world.db.faults.fail_on(2, error);
        world.detect(&person.access_token, "A text.").await.expect(200);
        let (level, line) = world.log.lines().pop().unwrap();
        assert_eq!((level, &line["body"]), (Level::Warn, &json!("usage")));
    }
    let refused = world.detect(&person.access_token, " ").await.expect(400);
    assert_eq!(refused.db_calls, world.db.faults.calls(), "what was refused is not counted");
    assert_eq!(world.db.number("SELECT detections FROM usage", []), 1);
}

#[tokio::test]
async fn counts_gather_and_are_written_in_one_statement() {
    let world = World::new();
    let (ada, bob) = (world.someone("ada@example.com").await, world.someone("bob@example.com").await);
    let gone = world.someone("gone@example.com").await;
    let record = |user_id: &str, day, detections| tally::record(&world.app, user_id, day, detections);
    for (user_id, day, detections) in [(&ada, 7, 1), (&bob, 7, 20), (&gone, 7, 5), (&ada, 7, 2), (&ada, 8, 4)]
        .map(|(person, day, detections)| (person.user_id.as_str(), day, detections))
    {
        record(user_id, day, detections);
    }
    world.db.look("DELETE FROM users WHERE id = ?1", [gone.user_id.as_str().into()]);
    let before = world.db.faults.calls();
    world.background.settle().await;
    assert_eq!(world.db.faults.calls() - before, 1);
    record(&ada.user_id, 7, 1);
    world.background.settle().await;
    let of = |user_id: &str, day: i64| {
        let found = "SELECT coalesce(sum(detections), 0) FROM usage WHERE user_id = ?1 AND day = ?2";
        world.db.number(found, [user_id.into(), day.into()])
    };
    assert_eq!([of(&ada.user_id, 7), of(&ada.user_id, 8), of(&bob.user_id, 7), of(&gone.user_id, 7)], [4, 4, 20, 0]);
}

#[tokio::test]
async fn who_looks_sees_what_has_not_been_written_yet() {
    let world = World::new();
    let ada = world.someone("ada@example.com").await;
    tally::record(&world.app, &ada.user_id, world.app.now_ms() / DAY_MS, 3);
    let body = world.get(USAGE).bearer(&ada.access_token).send().await.expect(200).json();
    assert_eq!(body["days"][29]["detections"], 3);
    tally::record(&world.app, &ada.user_id, world.app.now_ms() / DAY_MS, 4);
    let body = world.get(OPERATOR_USAGE).bearer(OPERATOR_TOKEN).send().await.expect(200).json();
    assert_eq!(body["days"][29]["detections"], 7);
}

#[tokio::test]
async fn each_part_failing_is_a_clean_503() {
    let world = world();
    let person = world.someone("ada@example.com").await;
    let account = || world.get(USAGE).bearer(&person.access_token).send();
    let operator = || world.get(OPERATOR_USAGE).bearer(OPERATOR_TOKEN).send();
    world.budget.faults.always(Fault::Fail(PortError::Failed("SECRET".into())));
    assert!(!account().await.expect_problem(503, "unavailable").body_text().contains("SECRET"));
    assert!(!operator().await.expect_problem(503, "unavailable").body_text().contains("SECRET"));
    world.budget.faults.heal();
    world.limiter.faults.fail_on(1, PortError::Timeout);
    account().await.expect_problem(503, "unavailable");
    account().await.expect(200);
    operator().await.expect(200);
}

#[tokio::test]
async fn old_days_are_forgotten_and_an_account_that_goes_takes_its_own_along() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.clock.advance(89 * DAY_MS);
    cron::run(&world.app, "0 * * * *", world.app.now_ms()).await;
    assert_eq!(world.db.number("SELECT count(*) FROM usage", []), 1);
    world.clock.advance(2 * DAY_MS);
    cron::run(&world.app, "0 * * * *", world.app.now_ms()).await;
    assert_eq!(world.db.number("SELECT count(*) FROM usage", []), 0);
    let person = world.someone("bob@example.com").await;
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.db.look("DELETE FROM users WHERE id = ?1", [person.user_id.as_str().into()]);
    assert_eq!(world.db.number("SELECT count(*) FROM usage", []), 0);
}
