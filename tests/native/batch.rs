//! Several texts at once: as many calls as texts, all or none.

use edgekeep::ports::PortError;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::faults::Fault;
use crate::support::world::{BATCH, Person};
use crate::support::{Answer, World};

async fn send(world: &World, person: &Person, body: &Value) -> Answer {
    world.post(BATCH).bearer(&person.access_token).json(body).await
}

fn texts(count: usize) -> Value {
    let texts: Vec<Value> = (0..count).map(|at| json!({"text": format!("Text number {at}.")})).collect();
    json!({ "texts": texts })
}

#[tokio::test]
async fn answers_in_order_each_text_as_it_would_be_alone() {
    let world = World::with(&[("DETECT_LIMIT", "10/hour")]);
    let person = world.someone("ada@example.com").await;
    let long = "The town library closed its doors on a wet Thursday in March. ".repeat(12);
    let body = json!({"texts": [{"id": "first", "text": long}, {"text": "Short."}, {"id": "😀", "text": "Ünïcødé."}]});
    let answer = send(&world, &person, &body).await.expect(200);
    let results = answer.at("/results");
    let results = results.as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!((results[0]["id"].as_str(), results[2]["id"].as_str()), (Some("first"), Some("😀")));
    assert!(edgekeep::domain::id::is_id(results[1]["id"].as_str().unwrap()), "who has no id gets one");
    assert_eq!(answer.at("/usage"), json!({"limit": 10, "remaining": 7, "resets_at": "2026-01-02T04:04:05.678Z"}));
    assert_eq!(answer.header("ratelimit"), Some("\"detect\";r=7;t=3600"));
    let mut alone = world.detect(&person.access_token, &long).await.expect(200).json();
    assert_eq!(alone["usage"]["remaining"], 6, "one limit for both routes");
    let mut of_batch = results[0].clone();
    for value in [&mut alone, &mut of_batch] {
        value.as_object_mut().unwrap().remove("usage");
        value.as_object_mut().unwrap().remove("id");
    }
    assert_eq!(of_batch, alone);
}

#[tokio::test]
async fn a_batch_passes_as_a_whole_or_not_at_all() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    send(&world, &person, &texts(7)).await.expect(200);
    let answer = send(&world, &person, &texts(4)).await.expect_problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), Some("3600"));
    assert_eq!(answer.header("ratelimit"), Some("\"detect\";r=3;t=3600"));
    let detail = answer.text("/detail");
    assert!(detail.contains("counts as 4 calls") && detail.contains("3 are left"), "{detail}");
    send(&world, &person, &texts(3)).await.expect(200);
    world.detect(&person.access_token, "A text.").await.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn more_texts_than_the_limit_ever_holds_are_refused_without_a_promise() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answer = send(&world, &person, &texts(11)).await.expect_problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), None, "no wait would help");
    assert!(answer.text("/detail").contains("never admitted at once"));
    assert_eq!(answer.header("ratelimit"), Some("\"detect\";r=10;t=0"));
    send(&world, &person, &texts(10)).await.expect(200);
}

#[tokio::test]
async fn s9_of_many_batches_at_once_exactly_as_many_texts_pass_as_the_limit_says() {
    let world = World::with(&[("DETECT_LIMIT", "25/hour")]);
    let person = world.someone("ada@example.com").await;
    let bodies: Vec<Value> = (0..60).map(|at| texts(1 + at % 5)).collect();
    let answers = join_all(bodies.iter().map(|body| send(&world, &person, body))).await;
    let passed: usize = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.at("/results").as_array().unwrap().len())
        .sum();
    assert_eq!(passed, 25, "small ones fill what large ones leave");
}

#[tokio::test]
async fn tells_all_problems_at_once_by_their_place() {
    let world = World::with(&[("DETECT_MAX_CHARS", "1000")]);
    let person = world.someone("ada@example.com").await;
    let body = json!({"texts": [
        {"text": "Fine."},
        {"text": " "},
        {"id": "a", "text": "x".repeat(1001)},
        {"id": "a", "text": "Fine."},
        {"id": "", "text": "Fine."},
        {"id": "b\u{7}", "text": ""},
        {"id": "c".repeat(65), "text": "Fine."},
    ]});
    let answer = send(&world, &person, &body).await.expect_problem(400, "invalid_input");
    let expected =
        ["texts[1].text", "texts[2].text", "texts[3].id", "texts[4].id", "texts[5].id", "texts[5].text", "texts[6].id"];
    assert_eq!(answer.fields(), expected);
    assert_eq!(world.limiter.faults.calls(), 1, "only the registration was counted");
}

#[tokio::test]
async fn takes_one_to_twenty_texts_and_nothing_else() {
    let world = World::with(&[("DETECT_LIMIT", "100/hour")]);
    let person = world.someone("ada@example.com").await;
    for (body, field) in [
        (json!({"texts": []}), "texts"),
        (texts(21), "texts"),
        (json!({}), "texts"),
        (json!({"texts": "A text."}), "texts"),
        (json!({"texts": ["A text."]}), "texts[0]"),
        (json!({"texts": [{"text": "A text.", "language": "en"}]}), "texts[0].language"),
        (json!({"texts": [{"id": 7, "text": "A text."}]}), "texts[0].id"),
        (json!({"texts": [{"text": null}]}), "texts[0].text"),
        (json!({"texts": [{"text": "A text."}], "mode": "fast"}), "mode"),
    ] {
        let answer = send(&world, &person, &body).await.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let answer = send(&world, &person, &texts(20)).await.expect(200);
    assert_eq!(answer.at("/usage/remaining"), 80);
}

#[tokio::test]
async fn all_texts_together_have_a_limit_too() {
    let world = World::with(&[("DETECT_LIMIT", "100/hour"), ("DETECT_BATCH_MAX_CHARS", "1000")]);
    let person = world.someone("ada@example.com").await;
    let of = |length: usize| json!({"texts": [{"text": "a".repeat(500)}, {"text": "ü".repeat(length)}]});
    send(&world, &person, &of(500)).await.expect(200);
    send(&world, &person, &of(501)).await.expect_problem(413, "text_too_long");
    let huge = json!({"texts": [{"text": "a".repeat(60_000)}]});
    send(&world, &person, &huge).await.expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn no_text_passes_when_the_limiter_is_down_and_none_is_logged() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.keep_secret("Text number");
    world.limiter.faults.always(Fault::Fail(PortError::Timeout));
    send(&world, &person, &texts(2)).await.expect_problem(503, "unavailable");
    world.assert_log_is_clean();
}
