//! PDF syntax: tokens, and the objects that they make. Without recursion, and every byte read is paid for.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{DAMAGED, TOO_MUCH};
use crate::extract::Refusal;
use crate::extract::budget::Budget;

/// A PDF object. Shared parts are cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Object {
    Null,
    Bool(bool),
    Number(f64),
    Text(Rc<[u8]>),
    Name(Rc<str>),
    Array(Rc<Vec<Object>>),
    Dict(Rc<Dict>),
    Ref(u32),
}

/// A dictionary, or the one of a stream.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dict(BTreeMap<Rc<str>, Object>);

impl Dict {
    /// The value of a key as it stands; null when there is none.
    pub(super) fn get(&self, key: &str) -> &Object {
        self.0.get(key).unwrap_or(&Object::Null)
    }
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// A whole number that can be an index or a length.
    pub(super) fn index(&self) -> Option<usize> {
        let number = self.number()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds by the condition")]
        (0.0..=4_294_967_295.0).contains(&number).then_some(number as usize)
    }

    pub(super) fn name(&self) -> Option<&str> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub(super) fn text(&self) -> Option<&[u8]> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn array(&self) -> Option<&[Self]> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    pub(super) fn dict(&self) -> Option<&Rc<Dict>> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item<'a> {
    Object(Object),
    /// A word that is no object: an operator, `obj`, `stream`.
    Word(&'a [u8]),
}

#[derive(Debug)]
enum Token<'a> {
    Number(f64),
    Text(Rc<[u8]>),
    Name(Rc<str>),
    Open(Bracket),
    Close,
    Word(&'a [u8]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Array,
    Dict,
}

/// A place in bytes that moves on.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    budget: &'a Budget,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize, budget: &'a Budget) -> Self {
        Self { bytes, at, budget }
    }

    /// Passes over bytes that are no syntax.
    pub(super) fn skip(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.at = self.at.saturating_add(bytes);
        self.budget.spend(bytes)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next object or word; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item<'a>>, Refusal> {
        // The containers that are open, innermost last.
        let mut open: Vec<(Bracket, Vec<Object>)> = Vec::new();
        let mut items_in_all = 0_usize;
        loop {
            let before = self.at;
            let token = self.token();
            // A token of one byte becomes an object of many.
            self.budget.spend(self.at - before + TOKEN)?;
            let object = match token {
                None if open.is_empty() => return Ok(None),
                // What a file that ends early has begun counts as ended.
                None => match open.pop() {
                    Some((bracket, items)) => close(bracket, items),
                    None => return Ok(None),
                },
                Some(Token::Open(bracket)) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(DAMAGED);
                    }
                    open.push((bracket, Vec::new()));
                    continue;
                }
                // A bracket of the wrong kind closes too: that is how damaged files are read to the end.
                Some(Token::Close) => match open.pop() {
                    Some((bracket, items)) => close(bracket, items),
                    None => continue,
                },
                Some(Token::Number(number)) => Object::Number(number),
                Some(Token::Text(text)) => Object::Text(text),
                Some(Token::Name(name)) => Object::Name(name),
                Some(Token::Word(word)) => match (word, open.last_mut()) {
                    (b"true", _) => Object::Bool(true),
                    (b"false", _) => Object::Bool(false),
                    (b"null", _) => Object::Null,
                    (b"R", Some((_, items))) => match items.as_slice() {
                        [.., number, Object::Number(_)] => {
                            let number = number.index().and_then(|number| u32::try_from(number).ok());
                            items.truncate(items.len().saturating_sub(2));
                            number.map_or(Object::Null, Object::Ref)
                        }
                        _ => continue,
                    },
                    // A dictionary that was never closed.
                    (b"endobj" | b"endstream", Some(_)) => return Err(DAMAGED),
                    (_, Some(_)) => continue,
                    (word, None) => return Ok(Some(Item::Word(word))),
                },
            };
            match open.last_mut() {
                Some((_, items)) => {
                    items_in_all += 1;
                    if items_in_all > MAX_ITEMS {
                        return Err(TOO_MUCH);
                    }
                    items.push(object);
                }
                None => return Ok(Some(Item::Object(object))),
            }
        }
    }

    /// The next object, passing over words.
    pub(super) fn object(&mut self) -> Result<Option<Object>, Refusal> {
        match self.next()? {
            Some(Item::Object(object)) => Ok(Some(object)),
            _ => Ok(None),
        }
    }

    fn token(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let first = self.peek(0)?;
        match first {
            b'/' => {
                self.at += 1;
                let name = self.regular();
                Some(Token::Name(unescape(name)))
            }
            b'(' => Some(Token::Text(self.literal())),
            b'<' if self.peek(1) == Some(b'<') => self.bracket(2, Token::Open(Bracket::Dict)),
            b'<' => Some(Token::Text(self.hex())),
            b'>' if self.peek(1) == Some(b'>') => self.bracket(2, Token::Close),
            b'[' => self.bracket(1, Token::Open(Bracket::Array)),
            b']' => self.bracket(1, Token::Close),
            b'{' | b'}' | b')' | b'>' => {
                let word = self.rest().get(..1)?;
                self.at += 1;
                Some(Token::Word(word))
            }
            _ => {
                let word = self.regular();
                Some(number(word).map_or(Token::Word(word), Token::Number))
            }
        }
    }

    fn bracket(&mut self, length: usize, token: Token<'a>) -> Option<Token<'a>> {
        self.at += length;
        Some(token)
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'%' => {
                    let line = self.rest().iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    self.at += line.unwrap_or(self.rest().len());
                }
                byte if is_space(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| is_space(*byte) || is_delimiter(*byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn literal(&mut self) -> Rc<[u8]> {
        let mut text = Vec::new();
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'(' => {
                    depth += 1;
                    if depth == 1 {
                        continue;
                    }
                }
                b')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                b'\\' => {
                    if let Some(byte) = self.escape() {
                        text.push(byte);
                    }
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        text.into()
    }

    fn escape(&mut self) -> Option<u8> {
        let byte = self.peek(0)?;
        self.at += 1;
        Some(match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return None,
            b'\r' => {
                if self.peek(0) == Some(b'\n') {
                    self.at += 1;
                }
                return None;
            }
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek(0) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                value.to_le_bytes()[0]
            }
            other => other,
        })
    }

    fn hex(&mut self) -> Rc<[u8]> {
        self.at += 1;
        let rest = self.rest();
        let length = rest.iter().position(|byte| *byte == b'>').unwrap_or(rest.len());
        self.at += (length + 1).min(rest.len());
        hex_bytes(rest.get(..length).unwrap_or_default()).into()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at..)?.get(ahead).copied()
    }
}

/// Pairs of digits; what is no digit is passed over, a digit that is left alone counts as the first of a pair.
pub(super) fn hex_bytes(digits: &[u8]) -> Vec<u8> {
    let mut digits = digits.iter().filter_map(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::new();
    while let Some(high) = digits.next() {
        bytes.push((high * 16 + digits.next().unwrap_or(0)).to_le_bytes()[0]);
    }
    bytes
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 12 | 0)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn close(bracket: Bracket, items: Vec<Object>) -> Object {
    match bracket {
        Bracket::Array => Object::Array(Rc::new(items)),
        Bracket::Dict => {
            let mut items = items.into_iter();
            let mut entries = BTreeMap::new();
            while let Some(key) = items.next() {
                if let (Object::Name(key), Some(value)) = (key, items.next()) {
                    entries.insert(key, value);
                }
            }
            Object::Dict(Rc::new(Dict(entries)))
        }
    }
}

/// A name with its `#20`s resolved.
fn unescape(name: &[u8]) -> Rc<str> {
    if !name.contains(&b'#') {
        return String::from_utf8_lossy(name).into();
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'#', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.extend(hex_bytes(&[*high, *low]));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into()
}

fn number(word: &[u8]) -> Option<f64> {
    if word.len() > LONGEST_NUMBER || !word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+')) {
        return None;
    }
    let text = std::str::from_utf8(word).ok()?;
    // Some writers put a second sign or a stray one: `--5`, `12-3`.
    text.parse().ok().or_else(|| {
        let text = text.trim_start_matches(['-', '+']);
        text.split(['-', '+']).next()?.parse().ok()
    })
}

const MAX_DEPTH: usize = 64;
/// Objects within one object: what is read at once stays small.
const MAX_ITEMS: usize = 300_000;
/// What a token costs besides its bytes.
const TOKEN: usize = 16;
const LONGEST_NUMBER: usize = 64;
