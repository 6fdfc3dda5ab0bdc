//! `trainer score`.

use super::{prose, score};
use serde_json::{Value, json};

fn verdict(text: &str) -> Value {
    let run = score(json!({ "id": 1, "text": text }).to_string().as_bytes());
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn the_verdict_is_the_one_of_the_worker_and_says_why_it_is_uncertain() {
    let short = verdict("In today's fast-paced world, effective communication plays a crucial role.");
    assert_eq!((&short["verdict"], &short["reason"]), (&json!("uncertain"), &json!("too_short")));
    // The model has an opinion all the same.
    assert_ne!(short["probability"], json!(0.5));

    let german = "Der Ausschuss traf sich am alten Hafen, und niemand konnte erklären, was beschlossen worden war. ";
    assert_eq!(verdict(&german.repeat(6))["reason"], json!("language"));
    assert!(verdict(&prose(200)).get("verdict").is_some());
}
