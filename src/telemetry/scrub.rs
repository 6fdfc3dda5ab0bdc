//! What of a text may leave the Worker: the words on a list, and nothing else.
//!
//! Messages of panics and failures are made of our own words, those of libraries, and whatever they quote: a text that
//! somebody submitted, an address, a token. A list of what is forbidden would have to know all of those. So the list says
//! what is allowed: words that occur in the messages of this program, of Rust's library, of SQLite and of the platform.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The text with all that is not allowed replaced by `…`, and no longer than [`LONGEST`] characters.
#[must_use]
pub fn scrub(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    // Beyond this nothing more would be shown, whatever it is.
    for character in text.chars().take(LONGEST * 2).chain(std::iter::once('\n')) {
        if is_of_a_word(character) {
            word.push(character);
            continue;
        }
        push_word(&mut out, &word);
        word.clear();
        if character.is_ascii_punctuation() || character == ' ' {
            out.push(character);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    if out.chars().count() > LONGEST {
        out = out.chars().take(LONGEST).collect();
    }
    out
}

fn push_word(out: &mut String, word: &str) {
    // Sentence marks at its end are not of the word.
    let core = word.trim_end_matches(SENTENCE_MARKS);
    let tail = word.get(core.len()..).unwrap_or_default();
    if core.is_empty() || is_allowed(core) {
        out.push_str(core);
    } else if out.trim_end().ends_with(GONE) {
        out.truncate(out.trim_end().len());
    } else {
        out.push_str(GONE);
    }
    out.push_str(tail);
}

/// What holds a word together: a token, an address or an identifier is judged as one, never in parts.
fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | ':' | '@' | '-' | '+' | '/' | '%' | '~')
}

fn is_allowed(word: &str) -> bool {
    let is_number = word.len() <= LONGEST_NUMBER && word.bytes().all(|byte| byte.is_ascii_digit());
    is_number || WORDS.contains(word) || WORDS.contains(word.to_ascii_lowercase().as_str())
}

/// Characters of a scrubbed text.
pub const LONGEST: usize = 300;
/// Digits of a number that is a size or a count and not an identifier.
const LONGEST_NUMBER: usize = 7;
const SENTENCE_MARKS: [char; 3] = ['.', ':', '-'];
const GONE: &str = "…";

static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("words.txt").lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_what_rust_sqlite_and_this_program_say() {
        for text in [
            "index out of bounds: the len is 3 but the index is 5",
            "called `Option::unwrap()` on a `None` value",
            "attempt to subtract with overflow",
            "database: no answer within the deadline",
            "database: constraint: D1_ERROR: UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT",
            "database: D1_ERROR: no such table: users: SQLITE_ERROR",
            "limiter: Failed(\"object: 500\")",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn lets_nothing_else_through() {
        for (text, left) in [
            ("no account of ada@example.com here", "no account of … here"),
            ("token ekr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE", "token …"),
            ("bad password: granite otter lamp 47", "bad password: … 47"),
            ("from 203.0.113.77", "from …"),
            ("from 2001:db8::1 and 2001:4860:4860::8888", "from … and …"),
            ("id 019b7ca9-8f2e-7f55-b0f5-a1810b7af78c", "id …"),
            ("eyJhbGciOi.eyJzdWIi.c2ln", "…"),
            ("Größe ≠ size", "…  size"),
            ("number 123456789", "number …"),
        ] {
            assert_eq!(scrub(text), left);
        }
    }

    #[test]
    fn is_bounded() {
        assert!(scrub(&"value ".repeat(100_000)).chars().count() <= LONGEST);
        assert!(scrub(&"x".repeat(1_000_000)).chars().count() <= LONGEST);
    }

    #[test]
    fn what_wakes_somebody_about_backups_stays_readable() {
        for text in [
            "verification: part 7 in the bucket is not what was put there",
            "verification: the object in the bucket is not what was put there",
            "verification: the object is shorter than it was",
            "verification: the restored database is damaged",
            "verification: the restored schema is another",
            "verification: automatic row ids stand elsewhere",
            "the run has lost its thread",
            "the schema changed during the dump",
            "there is another manifest in the place of this one",
            "406 rows, and 1006 in the backup before",
            "the newest verified backup is older than 26 hours",
            "backups can't be asked: Timeout",
        ] {
            assert_eq!(scrub(text), text);
        }
        let virtual_table = "table ada is virtual: its changes can't be captured, so it can't be backed up";
        assert_eq!(scrub(virtual_table), virtual_table.replace("ada", "…"));
    }

    proptest! {
        #[test]
        fn every_word_that_is_left_is_on_the_list(text in ".{0,200}") {
            let left = scrub(&text);
            for word in left.split(|character| !is_of_a_word(character)) {
                let core = word.trim_end_matches(SENTENCE_MARKS);
                let cut = left.chars().count() == LONGEST;
                prop_assert!(core.is_empty() || is_allowed(core) || cut, "{core:?} of {text:?}");
            }
        }
    }
}
