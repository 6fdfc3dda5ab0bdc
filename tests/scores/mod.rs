//! The pinned texts and what the embedded model makes of them, as `trainer score` writes it.
//!
//! After a new model: `cargo run --release -p trainer -- score < tests/golden/detector/texts.jsonl >
//! tests/golden/detector/scores.jsonl`.

use edgekeep::detector::{Options, Reason, Verdict, assess, embedded};
use serde::{Deserialize, Serialize};

/// For each text the line that is computed here and the one that is pinned.
pub fn computed_and_pinned() -> Vec<(String, String)> {
    let texts = include_str!("../golden/detector/texts.jsonl");
    let pinned = include_str!("../golden/detector/scores.jsonl");
    assert!(texts.lines().count() >= 8);
    assert_eq!(texts.lines().count(), pinned.lines().count());
    texts.lines().map(line).zip(pinned.lines().map(str::to_owned)).collect()
}

#[derive(Deserialize)]
struct Text {
    id: String,
    text: String,
}

#[derive(Serialize)]
struct Scored {
    id: String,
    probability: f64,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

/// Lines are compared as text: a number is written in its shortest exact form, but `serde_json` may read one back with its
/// last bit off.
fn line(text: &str) -> String {
    let Text { id, text } = serde_json::from_str(text).unwrap();
    let answer = assess(&text, &Options::default());
    let probability = embedded().score(&text).probability;
    // Where the Worker judges, its answer has the very number that `score` prints.
    if !matches!(answer.reason, Some(Reason::TooShort | Reason::Language)) {
        assert_eq!(answer.probability.to_bits(), probability.to_bits(), "{id}");
    }
    serde_json::to_string(&Scored { id, probability, verdict: answer.verdict, reason: answer.reason }).unwrap()
}
