//! Which folder may know what. A line of code knows where it belongs; this test looks.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("within the project").to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has sources");
    found
}

/// The code of a file without its comments, line by line.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_start()));
    lines.filter(|(_, line)| !line.starts_with("//"))
}

#[track_caller]
fn assert_silent_on(folders: &[&str], words: &[&str]) {
    for (name, text) in folders.iter().flat_map(|folder| sources(folder)) {
        for (line, content) in code(&text) {
            for word in words {
                assert!(!content.contains(word), "{name}:{line} names {word}: {content}");
            }
        }
    }
}

const RUNTIME: [&str; 5] = ["worker::", "js_sys", "wasm_bindgen", "web_sys", "use worker"];
const HTTP: [&str; 5] = ["http::", "axum", "HeaderMap", "StatusCode", "tower::"];
const SQL: [&str; 6] = ["crate::store", "SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "Statement::"];

#[test]
fn the_rules_know_no_http_no_sql_and_no_runtime() {
    assert_silent_on(&["src/domain", "src/detector", "src/extract"], &RUNTIME);
    assert_silent_on(&["src/domain", "src/detector", "src/extract"], &HTTP);
    assert_silent_on(&["src/domain", "src/detector", "src/extract"], &SQL);
}

#[test]
fn the_store_knows_no_http_and_no_runtime() {
    assert_silent_on(&["src/store"], &RUNTIME);
    assert_silent_on(&["src/store"], &HTTP);
}

#[test]
fn http_knows_no_sql_and_no_runtime() {
    assert_silent_on(&["src/http", "src/opinion"], &RUNTIME);
    assert_silent_on(&["src/http", "src/opinion"], &SQL[1..]);
    assert_silent_on(&["src/opinion"], &["crate::store", "crate::routes", "crate::http"]);
}

#[test]
fn the_platform_knows_no_routes_and_no_sql_of_the_application() {
    assert_silent_on(&["src/platform"], &["crate::routes", "crate::http::accounts", "FROM users", "FROM sessions"]);
}

#[test]
fn only_the_platform_and_the_entry_points_name_the_runtime() {
    for (name, text) in sources("src") {
        if name.starts_with("src/platform/") || name == "src/lib.rs" {
            continue;
        }
        for (line, content) in code(&text) {
            assert!(!RUNTIME.iter().any(|word| content.contains(word)), "{name}:{line}: {content}");
        }
    }
}

#[test]
fn nobody_asks_the_system_for_the_time() {
    for (name, text) in sources("src") {
        for (line, content) in code(&text) {
            for word in ["SystemTime::now", "Instant::now", "Utc::now", "Local::now"] {
                assert!(!content.contains(word), "{name}:{line}: {content}");
            }
        }
    }
}

#[test]
fn files_stay_short_enough_to_read() {
    for (name, text) in sources("src") {
        let lines = text.split("#[cfg(test)]").next().map_or(0, |code| code.lines().count());
        assert!(lines <= 450, "{name} has {lines} lines of code: split it");
    }
}

#[test]
fn sql_is_never_built_at_run_time() {
    for (name, text) in sources("src/store") {
        for (line, content) in code(&text) {
            assert!(!content.contains("SELECT *"), "{name}:{line}: {content}");
            let builds = content.contains("format!(\"SELECT") || content.contains("format!(\"UPDATE");
            assert!(!builds && !content.contains("push_str("), "{name}:{line}: {content}");
        }
    }
}

#[test]
fn every_migration_makes_strict_tables_and_never_drops_one() {
    for (name, sql) in crate::support::sqlite_db::migrations() {
        let sql: String =
            sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
        for table in sql.split("CREATE TABLE").skip(1) {
            let end = table.split(';').next().unwrap_or_default();
            assert!(end.contains("STRICT"), "{name}: {end}");
        }
        assert!(!sql.to_ascii_uppercase().contains("DROP TABLE"), "{name}");
    }
}
