//! Several texts at once.

use edgekeep::ports::PortError;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::faults::Fault;
use crate::support::world::{BATCH, Person};
use crate::support::{Answer, World};

async fn send(world: &World, person: &Person, texts: &Value) -> Answer {
    for text in texts.as_array().into_iter().flatten().filter_map(|item| item["text"].as_str()) {
        world.keep_secret(text);
    }
    world.post(BATCH).bearer(&person.access_token).json(&json!({"texts": texts})).await
}

/// So many texts, all different.
fn texts(count: usize) -> Value {
    (0..count).map(|at| json!({"text": format!("This is text number {at}.")})).collect()
}

#[tokio::test]
async fn answers_each_text_in_order_under_its_id() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let asked =
        json!([{"id": "b", "text": "One text of mine."}, {"text": "Another."}, {"id": "a", "text": "A third one."}]);
    let answer = send(&world, &person, &asked).await.expect(200);
    let results = answer.at("/results");
    let words: Vec<_> = results.as_array().unwrap().iter().map(|result| result["words"].as_u64().unwrap()).collect();
    assert_eq!(words, [4, 1, 3]);
    assert_eq!((results[0]["id"].as_str(), results[2]["id"].as_str()), (Some("b"), Some("a")));
    assert!(edgekeep::domain::id::is_id(results[1]["id"].as_str().unwrap()), "one without an id gets one");
    assert_eq!(answer.at("/usage"), json!({"limit": 10, "remaining": 7, "resets_at": "2026-01-02T04:04:05.678Z"}));
    assert_eq!(answer.header("ratelimit"), Some("\"detect\";r=7;t=3600"));
}

#[tokio::test]
async fn a_text_gets_the_same_verdict_alone_and_in_a_batch() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let essay = "The committee met again on Tuesday and decided nothing at all, which surprised nobody. ".repeat(8);
    let mut alone = world.detect(&person.access_token, &essay).await.expect(200).json();
    let mut batched = send(&world, &person, &json!([{"text": essay}])).await.expect(200).at("/results/0");
    for answer in [&mut alone, &mut batched] {
        answer.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "usage");
    }
    assert_eq!(alone, batched);
}

#[tokio::test]
async fn counts_as_many_calls_as_it_has_texts_under_the_limit_of_single_ones() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.detect(&person.access_token, "A single one.").await.expect(200);
    send(&world, &person, &texts(8)).await.expect(200);
    let answer = send(&world, &person, &texts(2)).await.expect_problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), Some("3600"));
    assert_eq!(answer.header("ratelimit"), Some("\"detect\";r=1;t=3600"), "none of it was counted");
    world.detect(&person.access_token, "The last one.").await.expect(200);
    world.detect(&person.access_token, "One too many.").await.expect(429);
}

#[tokio::test]
async fn more_than_the_limit_ever_holds_is_never_told_to_come_back() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answer = send(&world, &person, &texts(11)).await.expect_problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), None);
    send(&world, &person, &texts(10)).await.expect(200);
}

#[tokio::test]
async fn s9_of_many_batches_at_once_no_more_texts_pass_than_the_limit_has() {
    let world = World::with(&[("DETECT_LIMIT", "25/hour")]);
    let person = world.someone("ada@example.com").await;
    let sizes: Vec<usize> = (0..40).map(|at| at % 5 + 1).collect();
    let answers = join_all(sizes.iter().map(|size| {
        let asked = texts(*size);
        let (world, person) = (&world, &person);
        async move { send(world, person, &asked).await.status.as_u16() }
    }));
    let passed: usize =
        answers.await.iter().zip(&sizes).filter(|(status, _)| **status == 200).map(|(_, size)| size).sum();
    assert_eq!(passed, 25, "small ones fill what large ones leave");
}

#[tokio::test]
async fn tells_all_problems_with_their_places() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let asked = json!([
        {"id": "a", "text": "Fine."},
        {"id": "a", "text": "Twice the same id."},
        {"id": "", "text": " "},
        {"id": "x".repeat(65), "text": "a".repeat(100_001)},
        {"id": "a\nb", "text": "Fine."},
    ]);
    let answer = send(&world, &person, &asked).await.expect_problem(400, "invalid_input");
    let expected = ["texts[1].id", "texts[2].id", "texts[2].text", "texts[3].id", "texts[3].text", "texts[4].id"];
    assert_eq!(answer.fields(), expected);
    for wrong in [json!([]), texts(21)] {
        assert_eq!(send(&world, &person, &wrong).await.expect_problem(400, "invalid_input").fields(), ["texts"]);
    }
    for (item, field) in [
        (json!({"id": "a"}), "texts[1].text"),
        (json!({"text": "x", "user_id": "u"}), "texts[1].user_id"),
        (json!({"text": 7}), "texts[1].text"),
        (json!({"id": 7, "text": "x"}), "texts[1].id"),
        (json!("x"), "texts[1]"),
        (json!(null), "texts[1]"),
    ] {
        let answer = send(&world, &person, &json!([{"text": "Fine."}, item])).await;
        assert_eq!(answer.expect_problem(400, "invalid_input").fields(), [field], "{item}");
    }
    assert_eq!(world.limiter.faults.calls(), 1, "only the registration's: none of this cost quota");
}

#[tokio::test]
async fn all_texts_together_have_a_limit_too() {
    let world = World::with(&[("DETECT_BATCH_MAX_CHARS", "1000")]);
    let person = world.someone("ada@example.com").await;
    let half = "word ".repeat(100);
    send(&world, &person, &json!([{"text": half}, {"text": half}])).await.expect(200);
    let more = send(&world, &person, &json!([{"text": half}, {"text": half}, {"text": "x"}])).await;
    more.expect_problem(413, "text_too_long");
}

#[tokio::test]
async fn nothing_of_it_is_stored() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    send(&world, &person, &json!([{"id": "my-own-id", "text": "Remember Bolivia."}])).await.expect(200);
    let dump = world.db.dump();
    assert!(!dump.contains("Bolivia") && !dump.contains("my-own-id"));
    world.assert_log_is_clean();
}

#[tokio::test]
async fn a_limiter_that_is_down_lets_no_batch_pass() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.limiter.faults.always(Fault::Fail(PortError::Timeout));
    send(&world, &person, &texts(2)).await.expect_problem(503, "unavailable");
}
