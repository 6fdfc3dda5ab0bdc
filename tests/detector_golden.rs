//! The embedded model's answers on pinned texts, to the bit. The same files are scored in wasm by the workerd tests.
//!
//! After a new model: `cargo run --release -p trainer -- score < tests/golden/detector/texts.jsonl >
//! tests/golden/detector/scores.jsonl`.

use edgekeep::detector::embedded;
use serde_json::Value;

fn lines(file: &str) -> Vec<Value> {
    file.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn the_model_in_git_gives_the_pinned_scores_to_the_bit() {
    let texts = lines(include_str!("golden/detector/texts.jsonl"));
    let scores = lines(include_str!("golden/detector/scores.jsonl"));
    assert!(texts.len() >= 8);
    assert_eq!(texts.len(), scores.len());
    for (text, pinned) in texts.iter().zip(&scores) {
        let judgement = embedded().score(text["text"].as_str().unwrap_or_default());
        assert_eq!(
            pinned["probability"].as_f64().map(f64::to_bits),
            Some(judgement.probability.to_bits()),
            "{}",
            text["id"]
        );
        assert_eq!(pinned["verdict"], judgement.verdict().0.as_str(), "{}", text["id"]);
    }
}
