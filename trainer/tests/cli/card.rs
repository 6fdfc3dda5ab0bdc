//! `trainer eval --card`.

use super::{prose, run};
use std::path::PathBuf;

#[test]
fn prints_the_tables_of_the_card_with_empty_cells_where_nothing_can_be_said() {
    let line = |source: &str, domain: &str, generator: &str, label: u8, words: usize| {
        format!(
            "{{\"source\":\"{source}\",\"domain\":\"{domain}\",\"generator\":\"{generator}\",\"label\":{label},\"text\":\"{}\"}}\n",
            prose(words)
        )
    };
    let people = (0..3).map(|at| line("letters", "letter", "human", 0, 60 + 100 * at));
    let machines = (0..30).map(|at| line("chats", "chat", if at < 28 { "gpt" } else { "rare" }, 1, 60 + at));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("card.jsonl");
    std::fs::write(&path, people.chain(machines).collect::<String>()).unwrap();
    let run = run(&["eval", "--card", path.to_str().unwrap()], b"");
    assert_eq!((run.err.as_str(), run.code), ("", Some(0)));

    let tables: Vec<Vec<&str>> = run.out.trim_end().split("\n\n").map(|table| table.lines().collect()).collect();
    assert_eq!(tables.len(), 6, "{}", run.out);
    for table in &tables {
        let columns = |line: &str| line.matches('|').count();
        assert!(table.iter().all(|line| columns(line) == columns(table[0])), "{table:?}");
    }
    let row = |table: usize, name: &str| {
        let found = tables[table].iter().find(|line| line.starts_with(&format!("| {name} |")));
        found.unwrap().split('|').skip(2).map(str::trim).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row(0, "under 80 words")[..2], ["1", "20"]);
    // Of one label: its own shares, and an area against all of the other.
    let chat = row(1, "chat");
    assert_eq!((chat[0].as_str(), chat[1].as_str(), chat[5].as_str()), ("", "30", ""));
    assert!(chat[2].contains('('), "{chat:?}");
    assert_eq!(row(2, "gpt")[0], "28");
    assert_eq!(row(2, "1 others of fewer than 25 texts")[0], "2");
    assert_eq!(row(3, "letters")[0], "3");
    assert!(!tables[3].iter().any(|line| line.contains("chats")));
}
