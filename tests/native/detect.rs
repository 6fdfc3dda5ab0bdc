//! Was this text written by a machine?

use serde_json::json;

use crate::support::World;
use crate::support::world::DETECT;

const ESSAY: &str = "The town library closed its doors on a wet Thursday in March, and nobody who worked there believed the \
notice when it was first pinned up. My aunt had shelved books in that building for thirty-one years. She could tell you, \
without looking, which radiator hissed and which window would stick in August. When the council's letter came she read \
it twice, folded it, and went back to mending the spine of an atlas that no one had borrowed since 1987. I asked her why \
she bothered. She said somebody would want to know where Bolivia was, sooner or later, and then they would be glad.";

#[tokio::test]
async fn answers_in_the_documented_shape() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answer = world.detect(&person.access_token, ESSAY).await.expect(200);
    let body = answer.json();
    let mut members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    members.retain(|member| *member != "reason");
    let expected = [
        "confidence",
        "id",
        "language",
        "manipulation",
        "model",
        "probability",
        "sentences",
        "signals",
        "usage",
        "verdict",
        "words",
    ];
    assert_eq!(members, expected);
    assert!(["human", "mixed", "ai", "uncertain"].contains(&body["verdict"].as_str().unwrap()));
    assert!(["low", "medium", "high"].contains(&body["confidence"].as_str().unwrap()));
    let probability = body["probability"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&probability));
    assert!(body["model"]["version"].is_string() && body["model"]["trained_on"].is_string());
    assert!(body["words"].as_u64().unwrap() > 90);
    assert!(body["manipulation"]["suspicious"].is_boolean());
    assert!(edgekeep::domain::id::is_id(body["id"].as_str().unwrap()));
    let usage = json!({"limit": 10, "remaining": 9, "resets_at": "2026-01-02T04:04:05.678Z"});
    assert_eq!(body["usage"], usage);
    let again = world.detect(&person.access_token, ESSAY).await.expect(200);
    assert_eq!(again.at("/usage/remaining"), 8);
    assert_eq!(again.at("/probability"), body["probability"], "the same text gets the same answer");
}

#[tokio::test]
async fn sentences_are_in_order_and_are_sliced_as_a_browser_slices() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let text = format!("😀 {ESSAY} Ünïcødé 李 ends it.");
    let answer = world.detect(&person.access_token, &text).await.expect(200);
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut last = 0;
    for sentence in answer.at("/sentences").as_array().unwrap() {
        let at = |name: &str| usize::try_from(sentence[name].as_u64().unwrap()).unwrap();
        let (start, end) = (at("start"), at("end"));
        assert!(last <= start && start < end && end <= units.len(), "{sentence}");
        assert!(String::from_utf16(&units[start..end]).is_ok(), "no surrogate is cut in half");
        assert!((0.0..=1.0).contains(&sentence["probability"].as_f64().unwrap()));
        last = end;
    }
}

#[tokio::test]
async fn a_text_that_is_too_short_gets_an_honest_uncertain() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for text in ["Hello.", &"word ".repeat(49)] {
        let answer = world.detect(&person.access_token, text).await.expect(200);
        assert_eq!(answer.text("/verdict"), "uncertain");
        assert_eq!(answer.text("/reason"), "too_short");
    }
    let answer = world.detect(&person.access_token, ESSAY).await.expect(200);
    assert_ne!(answer.json().get("reason"), Some(&json!("too_short")));
}

#[tokio::test]
async fn a_text_that_is_too_long_is_a_413_and_the_longest_one_is_not() {
    let world = World::with(&[("DETECT_MAX_CHARS", "1000"), ("DETECT_LIMIT", "2/hour")]);
    let person = world.someone("ada@example.com").await;
    // Characters, not bytes and not UTF-16 units.
    world.detect(&person.access_token, &"😀".repeat(1000)).await.expect(200);
    let answer = world.detect(&person.access_token, &"a".repeat(1001)).await.expect_problem(413, "text_too_long");
    assert!(answer.text("/detail").contains("1000"));
    assert_eq!(answer.header("ratelimit"), None, "it cost no quota");
    world.detect(&person.access_token, "A text.").await.expect(200);
}

#[tokio::test]
async fn the_longest_text_fits_into_the_body_even_when_every_character_is_escaped() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let call = || world.post(DETECT).bearer(&person.access_token).header("content-type", "application/json");
    let escaped = format!("{{\"text\": \"{}\"}}", "\\ud83d\\ude00".repeat(100_000));
    call().bytes(escaped).await.expect(200);
    let more = format!("{{\"text\": \"{}\"}}", "\\ud83d\\ude00".repeat(101_000));
    call().bytes(more).await.expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn an_empty_text_is_a_400() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for text in ["", " \n\t ", "\u{3000}"] {
        let answer = world.post(DETECT).bearer(&person.access_token).json(&json!({"text": text})).await;
        assert_eq!(answer.expect_problem(400, "invalid_input").fields(), ["text"]);
    }
}

#[tokio::test]
async fn odd_texts_are_judged_like_any_other() {
    let world = World::with(&[("DETECT_LIMIT", "100/hour")]);
    let person = world.someone("ada@example.com").await;
    let words = "one two three four five six seven eight nine ten ".repeat(20);
    for text in [
        "\u{200b}".repeat(2000),
        "\u{202e}".repeat(100),
        "a".repeat(100_000),
        ". ".repeat(50_000),
        "\u{0}".repeat(500),
        "\u{301}".repeat(5000),
        "٠ ".repeat(300),
        words.replace('o', "\u{43e}"),
        words.chars().map(|c| if c == ' ' { '\u{2003}' } else { c }).collect(),
        "😀".repeat(5000),
        "\r\n".repeat(1000) + "x",
        "!".repeat(3000),
    ] {
        let answer = world.detect(&person.access_token, &text).await.expect(200);
        let probability = answer.at("/probability").as_f64();
        assert!(probability.is_some_and(|probability| (0.0..=1.0).contains(&probability)), "{}", answer.body_text());
    }
}

#[tokio::test]
async fn the_text_is_neither_stored_nor_logged_nor_sent_back() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answer = world.detect(&person.access_token, ESSAY).await.expect(200);
    assert!(!world.db.dump().contains("Bolivia"));
    let statements = format!("{:?}", world.db.take_statements());
    assert!(!statements.contains("Bolivia"));
    assert!(!answer.body_text().contains("Bolivia"));
    world.assert_log_is_clean();
}

#[tokio::test]
async fn needs_a_token_before_it_reads_a_body() {
    let world = World::new();
    let answer = world.post(DETECT).json(&json!({"text": "a".repeat(2_000_000)})).await;
    answer.expect_problem(401, "unauthenticated");
}
