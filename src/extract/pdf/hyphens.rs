//! Hyphens at the ends of lines: the author's stay, those of the line's end go.
//!
//! A hyphen that stands there only because the line was full looks like one of the author. It is taken for the author's
//! - when what follows begins with a capital or a digit (`Anglo-American`),
//! - when the writer of the PDF marks hyphens of its own, by a character of their own, and this is not one of them,
//! - when the word has another hyphen before (`state-of-the-art`),
//! - when the document has the word with this hyphen within a line,
//! - when the first part is one of a few that English puts before a hyphen and hardly ever before a break (`well-known`).
//!
//! Before `and`, `or` and `to` it is one that waits for its other half: `pre- and post-war`.

use std::collections::BTreeSet;

use super::layout::Line;

/// What the document tells of its hyphens.
pub(super) struct Hyphens<'l> {
    /// Hyphens of lines' ends are marked as such.
    are_marked: bool,
    /// Words with a hyphen within a line.
    words: BTreeSet<&'l str>,
}

impl<'l> Hyphens<'l> {
    pub(super) fn of(pages: &'l [Vec<Line>]) -> Self {
        let lines = || pages.iter().flatten().map(|line| line.text.trim());
        let words = lines().flat_map(str::split_whitespace).map(|word| word.trim_matches(is_no_letter));
        Self {
            are_marked: lines().any(|line| line.ends_with(MARKED)),
            words: words.filter(|word| word.contains('-')).collect(),
        }
    }

    /// Readies a text that ends with a hyphen for the line that goes on with it.
    pub(super) fn join(&self, text: &mut String, line: &str) {
        let next = line.split_whitespace().next().unwrap_or_default();
        if text.ends_with(SOFT_HYPHEN) {
            text.pop();
        } else if WAITED_FOR.contains(&next) {
            text.push(' ');
        } else if !self.is_the_authors(text, next) {
            text.pop();
        }
    }

    fn is_the_authors(&self, text: &str, next: &str) -> bool {
        let before = text.trim_end_matches(PLAIN);
        let first = before.rsplit(char::is_whitespace).next().unwrap_or_default().trim_start_matches(is_no_letter);
        let next = next.trim_end_matches(is_no_letter);
        let is_one_word = next.starts_with(char::is_lowercase);
        let is_plain = text.ends_with('-');
        !is_one_word
            || (is_plain && self.are_marked)
            || first.contains('-')
            || self.words.contains(format!("{first}-{next}").as_str())
            || (next.chars().nth(LEAST - 1).is_some() && is_first_part(first) && !next.starts_with("teen"))
    }
}

fn is_first_part(word: &str) -> bool {
    FIRST_PARTS.iter().any(|part| word.eq_ignore_ascii_case(part))
}

fn is_no_letter(char: char) -> bool {
    !char.is_alphanumeric()
}

/// Whether the last character is a hyphen of a word.
pub(super) fn ends_with_hyphen(text: &str) -> bool {
    let mut chars = text.chars().rev();
    chars.next().is_some_and(|char| PLAIN.contains(&char) || char == SOFT_HYPHEN)
        && chars.next().is_some_and(char::is_alphabetic)
}

/// Says where a word may be broken; it shows only where one is.
pub(super) const SOFT_HYPHEN: char = '\u{ad}';
const PLAIN: [char; 2] = ['-', '\u{2010}'];
/// Those that no keyboard has.
const MARKED: [char; 2] = ['\u{2010}', SOFT_HYPHEN];
const WAITED_FOR: [&str; 3] = ["and", "or", "to"];
/// Letters of the second part: `self-ish` is broken, `self-made` is not.
const LEAST: usize = 4;
const FIRST_PARTS: [&str; 21] = [
    "well", "self", "half", "cross", "long", "one", "two", "three", "four", "five", "seven", "eight", "nine", "twenty",
    "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
