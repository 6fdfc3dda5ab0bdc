//! Golden files: what is pinned, and how it is changed on purpose.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;

/// Compares with `tests/golden/<name>`. With `EDGEKEEP_BLESS=1` in the environment it is written instead; a change of it
/// then shows in the commit, and nowhere else.
#[track_caller]
pub fn assert_golden(name: &str, actual: &str) {
    if env::var_os("EDGEKEEP_BLESS").is_some_and(|value| value == "1") {
        fs::write(path(name), actual).unwrap_or_else(|error| panic!("{name}: {error}"));
        return;
    }
    assert_eq!(
        actual,
        golden(name),
        "{name} has changed. Clients and stored data rely on it; if it is meant, run again with EDGEKEEP_BLESS=1"
    );
}

/// The same for JSON, written so that a change reads well.
#[track_caller]
pub fn assert_golden_json(name: &str, actual: &Value) {
    let text = serde_json::to_string_pretty(actual).expect("JSON");
    assert_golden(name, &(text + "\n"));
}

/// What is pinned under a name.
#[track_caller]
pub fn golden(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}. Make it with EDGEKEEP_BLESS=1"))
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name)
}
