//! `trainer score`.

use super::{abandoned, prose, score};
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

#[test]
fn an_id_comes_back_as_it_was_written() {
    let written =
        ["123456789012345678901234567890", "1.10", "-0.0", "1e400", "null", "\"a\\u0062\"", "{\"b\":1, \"a\":[2]}"];
    let lines: String = written.iter().map(|id| format!("{{\"text\":\"a\",\"id\":{id}}}\n")).collect();
    let run = score(lines.as_bytes());
    assert_eq!((ids(&run.out), run.code), (written.to_vec(), Some(0)), "{}", run.err);
}

#[test]
fn a_line_that_cannot_be_scored_is_named_and_costs_no_other_line() {
    let lines =
        b"{\"id\":1,\"text\":\"a\"}\n{\"id\":2}\n{\"id\":3,\"text\":\"\xff\"}\n[3,\"a\"]\n{\"id\":5,\"text\":null}\n{\"id\":6,\"text\":\"b\"}";
    let run = score(lines);
    assert_eq!((ids(&run.out), run.code), (vec!["1", "6"], Some(1)));
    for (number, cause) in [
        (2, "missing field `text`"),
        (3, "invalid unicode code point"),
        (4, "not an object"),
        (5, "invalid type: null"),
    ] {
        let line = run.err.lines().find(|line| line.contains(&format!("line {number} is"))).unwrap();
        assert!(line.contains(cause), "{line}");
    }
    assert!(run.err.ends_with("error: 4 of 6 lines were not scored\n"), "{}", run.err);
}

#[test]
fn a_byte_order_mark_carriage_returns_and_blank_lines_do_no_harm() {
    let run = score("\u{feff}{\"id\":1,\"text\":\"a\"}\r\n\r\n  \n{\"id\":2,\"text\":\"b\"}\r\n".as_bytes());
    assert_eq!((ids(&run.out), run.err.as_str(), run.code), (vec!["1", "2"], "", Some(0)));
}

#[test]
fn nothing_is_nothing() {
    let run = score(b"\n");
    assert_eq!((run.out.as_str(), run.err.as_str(), run.code), ("", "", Some(0)));
}

#[test]
fn a_reader_that_goes_away_early_ends_it_quietly() {
    let lines: String = (0..20_000).map(|id| format!("{{\"id\":{id},\"text\":\"a\"}}\n")).collect();
    let run = abandoned(&["score"], lines.as_bytes());
    assert_eq!((run.err.as_str(), run.code), ("", Some(0)));
}

/// The ids of scored lines, as they stand there.
fn ids(out: &str) -> Vec<&str> {
    let id = |line| str::strip_prefix(line, "{\"id\":")?.split_once(",\"probability\"");
    out.lines().filter_map(id).map(|(id, _)| id).collect()
}
