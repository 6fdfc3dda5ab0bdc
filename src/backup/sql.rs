//! Pieces of SQL text: names and literals written, and the few places where text of the schema has to be taken apart.

/// A name as an identifier: `"a""b"`.
#[must_use]
pub fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text as a string literal: `'it''s'`.
#[must_use]
pub fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Splits a list of expressions at its commas, those within quotes and parentheses excepted.
#[must_use]
pub fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    walk(list, |at, byte, depth| {
        if byte == b',' && depth == 0 {
            parts.push(list.get(from..at).unwrap_or_default());
            from = at + 1;
        }
        true
    });
    parts.push(list.get(from..).unwrap_or_default());
    parts
}

/// The terms and the condition of a `CREATE INDEX`.
#[must_use]
pub fn index(create: &str) -> Option<(Vec<String>, Option<String>)> {
    let (mut open, mut close) = (None, None);
    walk(create, |at, byte, depth| {
        match byte {
            b'(' if depth == 0 && open.is_none() => open = Some(at),
            b')' if depth == 0 => close = Some(at),
            _ => {}
        }
        close.is_none()
    });
    let terms = split(create.get(open? + 1..close?)?).into_iter().map(term).collect();
    let rest = without_comments(create.get(close? + 1..)?);
    let condition = rest.trim().get(5..).filter(|_| rest.trim().to_ascii_lowercase().starts_with("where"));
    Some((terms, condition.map(|text| text.trim().to_owned())))
}

/// Cuts a script into its statements, each with its semicolon. A trigger ends where `sqlite3_complete` sees its end: at a
/// semicolon after `END` after a semicolon.
#[must_use]
pub fn statements(script: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = script.trim_start();
    while !rest.is_empty() {
        let end = rows_end(rest).unwrap_or_else(|| statement_end(rest));
        let (statement, after) = rest.split_at(end);
        found.push(statement);
        rest = after.trim_start();
    }
    found
}

/// Where a statement of rows ends, when this is one. They are nearly all that there is, and no value of theirs holds a line
/// break; but the name of a table may.
fn rows_end(text: &str) -> Option<usize> {
    let mut at = text.strip_prefix("INSERT INTO \"").map(|after| text.len() - after.len())?;
    loop {
        at += text.get(at..)?.find('"')? + 1;
        match text.get(at..)?.strip_prefix('"') {
            Some(_) => at += 1,
            None => return Some(at + text.get(at..)?.find(";\n")? + 1),
        }
    }
}

fn statement_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut end = bytes.len();
    scan(bytes, |from, to, kind| {
        let byte = bytes.get(from).copied().unwrap_or_default();
        let plain = matches!(kind, Kind::Plain);
        if plain && (byte.is_ascii_alphanumeric() || byte == b'_') {
            word.push(char::from(byte.to_ascii_lowercase()));
            return true;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !plain || byte != b';' {
            if !byte.is_ascii_whitespace() && !matches!(kind, Kind::Comment) {
                words.push(String::new());
            }
            return true;
        }
        let is = |at: usize, wanted: &str| words.get(at).is_some_and(|word| word == wanted);
        let trigger = is(0, "create") && (is(1, "trigger") || is(2, "trigger"));
        let ended = words.ends_with(&[";".to_owned(), "end".to_owned()]);
        words.push(";".into());
        let go_on = trigger && !ended;
        if !go_on {
            end = to;
        }
        go_on
    });
    end
}

/// What is written behind this text is still a comment.
#[must_use]
pub fn ends_in_comment(text: &str) -> bool {
    let mut ends = false;
    scan(text.as_bytes(), |_, to, kind| {
        ends = matches!(kind, Kind::Comment) && to == text.len() && !text.ends_with('\n') && !text.ends_with("*/");
        true
    });
    ends
}

/// A term of an index without the direction that it is sorted in.
fn term(text: &str) -> String {
    let text = without_comments(text);
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let cut = ["asc", "desc"].iter().find_map(|word| {
        let before = lower.strip_suffix(word)?;
        before
            .ends_with(|last: char| last.is_whitespace() || matches!(last, ')' | '"' | ']' | '`'))
            .then_some(before.len())
    });
    text.get(..cut.unwrap_or(text.len())).unwrap_or(text).trim().to_owned()
}

fn without_comments(text: &str) -> String {
    let mut kept = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    scan(bytes, |from, to, kind| {
        match kind {
            Kind::Comment => kept.push(b' '),
            Kind::Quoted | Kind::Plain => kept.extend_from_slice(bytes.get(from..to).unwrap_or_default()),
        }
        true
    });
    String::from_utf8_lossy(&kept).into_owned()
}

/// Shows every byte outside quotes and comments, with how many parentheses are open around it.
fn walk(text: &str, mut see: impl FnMut(usize, u8, usize) -> bool) {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    scan(bytes, |from, _, kind| {
        let (Kind::Plain, Some(&byte)) = (kind, bytes.get(from)) else { return true };
        if byte == b')' {
            depth = depth.saturating_sub(1);
        }
        let go_on = see(from, byte, depth);
        if byte == b'(' {
            depth += 1;
        }
        go_on
    });
}

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Quoted,
    Comment,
}

/// Cuts SQL into single plain bytes, quoted stretches and comments.
fn scan(bytes: &[u8], mut see: impl FnMut(usize, usize, Kind) -> bool) {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let until = |end: u8| rest.iter().position(|byte| *byte == end).map_or(bytes.len(), |found| at + 2 + found);
        let (to, kind) = match byte {
            b'\'' | b'"' | b'`' => (until(byte), Kind::Quoted),
            b'[' => (until(b']'), Kind::Quoted),
            b'-' if rest.first() == Some(&b'-') => (until(b'\n'), Kind::Comment),
            b'/' if rest.first() == Some(&b'*') => {
                let end = rest.windows(2).skip(1).position(|pair| pair == b"*/");
                (end.map_or(bytes.len(), |found| at + 1 + found + 3), Kind::Comment)
            }
            _ => (at + 1, Kind::Plain),
        };
        if !see(at, to, kind) {
            return;
        }
        at = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_commas_that_separate() {
        assert_eq!(
            split("1,'a,''b',X'00',CAST(X'01' AS TEXT),f(1,2)"),
            ["1", "'a,''b'", "X'00'", "CAST(X'01' AS TEXT)", "f(1,2)"]
        );
        assert_eq!(split(""), [""]);
    }

    #[test]
    fn cuts_a_script_into_statements() {
        let all = [
            "CREATE TABLE t (a -- x;\n, b DEFAULT ';\n');",
            "INSERT INTO t VALUES\n(1,';');",
            "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN ';end;' END; DELETE FROM t; /* ; end; */ END ;",
            "CREATE VIEW v AS SELECT 1 AS \"end;\";",
            "DROP TABLE t",
        ];
        assert_eq!(statements(&all.join("\n")), all);
        let odd = ["INSERT INTO \"a;\nb\"\"c;\n\" VALUES\n(1),\n(2);", "INSERT INTO \"t\" VALUES\n(';');", "SELECT 1"];
        assert_eq!(statements(&odd.join("\n\n")), odd);
        assert!(statements(" \n").is_empty());
    }

    #[test]
    fn takes_an_index_apart() {
        let parts = |sql| index(sql).unwrap();
        assert_eq!(parts("CREATE UNIQUE INDEX i ON t (a, b DESC)"), (vec!["a".into(), "b".into()], None));
        let sql = "CREATE UNIQUE INDEX \"i(\" ON [t)] (lower(a) COLLATE nocase desc, \"desc\" /* ) */) -- where\n WHERE a > ')' AND b";
        assert_eq!(
            parts(sql),
            (vec!["lower(a) COLLATE nocase".into(), "\"desc\"".into()], Some("a > ')' AND b".into()))
        );
        assert_eq!(
            parts("CREATE UNIQUE INDEX i ON t(json_extract(a,'$.x,y'))WHERE(b)"),
            (vec!["json_extract(a,'$.x,y')".into()], Some("(b)".into()))
        );
        assert_eq!(index("no index"), None);
    }
}
