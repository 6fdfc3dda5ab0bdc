//! The embedded model's answers on pinned texts, to the bit.
//!
//! After a new model: `cargo run --release -p trainer -- score < tests/golden/detector/texts.jsonl >
//! tests/golden/detector/scores.jsonl`.

use edgekeep::detector::embedded;
use serde_json::{Value, json};

#[test]
fn the_model_in_git_gives_the_pinned_scores_to_the_bit() {
    let texts = include_str!("golden/detector/texts.jsonl");
    let pinned = include_str!("golden/detector/scores.jsonl");
    assert!(texts.lines().count() >= 8);
    assert_eq!(texts.lines().count(), pinned.lines().count());
    for (text, pinned) in texts.lines().zip(pinned.lines()) {
        let text: Value = serde_json::from_str(text).unwrap_or_default();
        let content = text.get("text").and_then(Value::as_str);
        let judgement = embedded().score(content.unwrap_or_default());
        // Lines are compared as text: a number is written in its shortest exact form, but serde_json may read one
        // back with its last bit off.
        let scored = json!({
            "id": text.get("id"),
            "probability": judgement.probability,
            "verdict": judgement.verdict().0.as_str(),
        });
        assert_eq!(scored.to_string(), pinned);
    }
}
