//! `trainer eval`.

use std::path::{Path, PathBuf};

use super::{abandoned, prose, run};
use serde_json::{Value, json};

/// A file of these lines, in a folder that cargo keeps for tests.
fn file(name: &str, lines: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, lines).unwrap();
    path
}

fn line(more: &str, label: u8, words: usize) -> String {
    format!("{{{more}\"label\":{label},\"text\":\"{}\"}}\r\n", prose(words))
}

fn eval(path: &Path) -> Value {
    let run = run(&["eval", "--json", path.to_str().unwrap()], b"");
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn takes_numbers_and_nulls_where_names_are_and_any_line_ends() {
    let lines = [
        "\u{feff}".to_owned(),
        line("\"id\":12345678901234567890123,\"group\":7,\"domain\":null,\"generator\":null,", 0, 60),
        "\r\n".to_owned(),
        line("\"id\":null,\"group\":7.5,\"domain\":3,\"generator\":4.5,", 1, 70),
        line("", 0, 80),
    ];
    let reports = eval(&file("names.jsonl", &lines.concat()));
    assert_eq!((&reports[0]["all"]["human"], &reports[0]["all"]["ai"]), (&json!(2), &json!(1)));
    let groups = &reports[0]["groups"];
    assert_eq!((&groups["domain 3"]["ai"], &groups["generator 4.5"]["ai"]), (&json!(1), &json!(1)));
}

#[test]
fn every_group_has_its_interval() {
    let lines: String = (0..40)
        .map(|at| {
            let label = at % 2;
            let generator = if label == 1 { "machine" } else { "human" };
            let attack = if label == 1 { "\"polished\"" } else { "null" };
            let more =
                format!("\"source\":\"s\",\"domain\":\"d{label}\",\"generator\":\"{generator}\",\"attack\":{attack},");
            line(&more, label, 60 + usize::from(at))
        })
        .collect();
    let reports = eval(&file("groups.jsonl", &lines));
    let groups = reports[0]["groups"].as_object().unwrap();
    let names: Vec<_> = groups.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["attack polished", "domain d0", "domain d1", "generator machine", "source s", "words 0-79", "words 80-149"]
    );
    for (name, figures) in groups {
        let [low, high] = [0, 1].map(|end| figures["auroc_interval"][end].as_f64().unwrap());
        let auroc = figures["auroc"].as_f64().unwrap();
        assert!(low <= auroc && auroc <= high, "{name}: {low} {auroc} {high}");
    }
}

#[test]
fn prints_an_array_of_one_object_a_file() {
    let (one, two) = (file("one.jsonl", &line("", 0, 60)), file("two.jsonl", &line("", 1, 60)));
    let run = run(&["eval", "--json", one.to_str().unwrap(), two.to_str().unwrap()], b"");
    let reports: Vec<Value> = serde_json::from_str(&run.out).unwrap();
    let names: Vec<_> = reports.iter().map(|report| report["name"].as_str().unwrap()).collect();
    assert_eq!(names, [one.to_str().unwrap(), two.to_str().unwrap()]);
}

#[test]
fn names_the_line_that_is_no_labelled_text() {
    let path = file("bad.jsonl", "{\"label\":0,\"text\":\"a\"}\n\n{\"label\":0}\n");
    let run = run(&["eval", path.to_str().unwrap()], b"");
    assert_eq!((run.out.as_str(), run.code), ("", Some(1)));
    assert!(run.err.contains("bad.jsonl, line 3 is not a labelled text: missing field `text`"), "{}", run.err);
}

#[test]
fn a_reader_that_goes_away_early_ends_it_quietly() {
    let path = file("unread.jsonl", &line("", 0, 60));
    for args in [&["eval", path.to_str().unwrap()][..], &["eval", "--json", path.to_str().unwrap()]] {
        let run = abandoned(args, b"");
        assert_eq!((run.err.as_str(), run.code), ("", Some(0)));
    }
}
