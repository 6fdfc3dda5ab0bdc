//! Words, numbers and punctuation marks of a normalised text, each with its hashes.

use super::hash;
use super::lexicon::{self, Class};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, with apostrophes inside.
    Word,
    /// Begins with a digit.
    Number,
    /// An address on the web or of a mailbox.
    Link,
    /// One punctuation mark, or a run of the same.
    Punct(char),
    /// A line feed of the normal text: the end of a paragraph.
    Break,
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All small.
    Lower,
    /// First letter large.
    Capital,
    /// All letters large, at least two.
    Upper,
    /// Anything else.
    Mixed,
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// First byte in the normal text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
    /// How it is written.
    pub shape: Shape,
    /// Class of the word.
    pub class: Class,
    /// Number of characters.
    pub chars: u32,
    /// Whether a space or a paragraph end stands before it.
    pub spaced: bool,
    /// Hash of the word in lower case; all numbers are one, all links are one.
    pub word: u64,
    /// Hash of what is left when the topic is taken out.
    pub mask: u64,
}

impl Token {
    /// Whether it is a word.
    pub fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    /// Whether it counts as a word for people: words, numbers and links.
    pub fn counts(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Number | Kind::Link)
    }
}

/// Splits a normal text into tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.len() / 4);
    let mut lower = String::new();
    let mut at = 0;
    let mut spaced = true;
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        if c == ' ' {
            spaced = true;
            at += 1;
            continue;
        }
        let (kind, length) = scan(rest, c, spaced);
        let slice = rest.get(..length).unwrap_or(rest);
        found.push(token(at, slice, kind, spaced, &mut lower));
        spaced = kind == Kind::Break;
        at += length.max(1);
    }
    found
}

fn scan(rest: &str, c: char, spaced: bool) -> (Kind, usize) {
    if c == '\n' {
        return (Kind::Break, 1);
    }
    if spaced && (rest.starts_with("http") || rest.starts_with("www.")) {
        let length = rest.find([' ', '\n']).unwrap_or(rest.len());
        return (Kind::Link, length);
    }
    if c.is_ascii_digit() {
        return (Kind::Number, number(rest));
    }
    if c.is_alphanumeric() {
        return (Kind::Word, word(rest));
    }
    let run = rest.chars().take_while(|&n| n == c).count();
    (Kind::Punct(c), run * c.len_utf8())
}

/// Digits with inner points and commas and what sticks to them ("1,000.5", "3rd", "2x").
fn number(rest: &str) -> usize {
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inner = matches!(c, '.' | ',' | ':') && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !(c.is_alphanumeric() || inner) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

fn word(rest: &str) -> usize {
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inner = c == '\'' && chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if !(c.is_alphanumeric() || inner) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

fn token(at: usize, slice: &str, kind: Kind, spaced: bool, lower: &mut String) -> Token {
    let mut token = Token {
        start: at,
        end: at + slice.len(),
        kind,
        shape: Shape::Lower,
        class: Class::Content,
        chars: u32::try_from(slice.chars().count()).unwrap_or(u32::MAX),
        spaced,
        word: 0,
        mask: 0,
    };
    match kind {
        Kind::Word => {
            lower.clear();
            if slice.is_ascii() {
                lower.extend(slice.bytes().map(|b| char::from(b.to_ascii_lowercase())));
            } else {
                lower.extend(slice.chars().flat_map(char::to_lowercase));
            }
            token.shape = shape(slice);
            token.class = lexicon::class(lower);
            token.word = hash::bytes(lower.bytes());
            token.mask = if token.class == Class::Content {
                let capital = u64::from(token.shape != Shape::Lower);
                hash::mix(MASK_BASE + 2 * u64::from(lexicon::ending(lower)) + capital)
            } else {
                token.word
            };
        }
        Kind::Number => (token.word, token.mask) = (NUMBER, NUMBER),
        Kind::Link => (token.word, token.mask) = (LINK, LINK),
        Kind::Break => (token.word, token.mask) = (BREAK, BREAK),
        Kind::Punct(c) => {
            let long = u64::from(token.chars > 1);
            let hash = hash::mix(PUNCT_BASE + 2 * u64::from(u32::from(c)) + long);
            (token.word, token.mask) = (hash, hash);
        }
    }
    token
}

fn shape(word: &str) -> Shape {
    let first_upper = word.chars().next().is_some_and(char::is_uppercase);
    let (mut upper, mut lower) = (0, 0);
    for c in word.chars() {
        if c.is_uppercase() {
            upper += 1;
        } else if c.is_lowercase() {
            lower += 1;
        }
    }
    match (first_upper, upper, lower) {
        (_, 0, _) => Shape::Lower,
        (_, 2.., 0) => Shape::Upper,
        (true, 1, _) => Shape::Capital,
        _ => Shape::Mixed,
    }
}

const NUMBER: u64 = 0x1f83_d9ab_fb41_bd6b;
const LINK: u64 = 0x5be0_cd19_137e_2179;
const BREAK: u64 = 0x6a09_e667_f3bc_c908;
const MASK_BASE: u64 = 0x3c6e_f372_0000_0000;
const PUNCT_BASE: u64 = 0xa54f_f53a_0000_0000;

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(text: &str) -> Vec<&str> {
        tokens(text).iter().filter_map(|t| text.get(t.start..t.end)).collect()
    }

    #[test]
    fn words_keep_their_apostrophes_and_numbers_their_points() {
        assert_eq!(slices("Don't pay 1,000.50, ok?!"), ["Don't", "pay", "1,000.50", ",", "ok", "?", "!"]);
    }

    #[test]
    fn a_run_of_one_mark_is_one_token() {
        assert_eq!(slices("wait... what!!"), ["wait", "...", "what", "!!"]);
    }

    #[test]
    fn content_words_of_one_ending_share_a_mask_and_function_words_do_not() {
        let found = tokens("walking talking of to");
        let masks: Vec<u64> = found.iter().map(|t| t.mask).collect();
        assert_eq!(masks.first(), masks.get(1));
        assert_ne!(masks.get(2), masks.get(3));
    }
}
