//! Words: the common ones of the embedded list, and those of the person.

use unicode_normalization::UnicodeNormalization as _;

use super::{Kind, Piece, Pieces};
use crate::domain::email::Email;
use crate::domain::name::DisplayName;

/// Words that a guesser knows of this very person: address, name, and the name of this service.
#[derive(Default)]
pub(super) struct Personal(Vec<Vec<u8>>);

impl Personal {
    pub(super) fn of(email: Option<&Email>, name: Option<&DisplayName>) -> Self {
        let mut words = Vec::new();
        let texts = [
            SERVICE,
            email.map_or("", Email::as_str),
            email.map_or("", Email::local),
            email.map_or("", Email::domain),
            name.map_or("", DisplayName::as_str),
        ];
        for text in texts {
            let plain: Vec<u8> = text.chars().map(plain).collect();
            words.push(plain.iter().copied().filter(u8::is_ascii_alphanumeric).collect());
            words.extend(plain.split(|byte| !byte.is_ascii_alphanumeric()).map(<[u8]>::to_vec));
            words.extend(plain.split(|byte| !byte.is_ascii_alphabetic()).map(<[u8]>::to_vec));
            words.push(plain);
        }
        words.retain(|word| word.len() >= SHORTEST_PERSONAL && !word.contains(&OTHER));
        words.sort_unstable();
        words.dedup();
        Self(words)
    }
}

/// A password as words see it: without case and accents, as typed, backwards, and twice with digits and signs read as
/// letters.
pub(super) struct Text {
    plain: Vec<u8>,
    backwards: Vec<u8>,
    leet: [Vec<u8>; 2],
    /// Each character typed with shift.
    capital: Vec<bool>,
}

impl Text {
    pub(super) fn of(chars: &[char]) -> Self {
        let plain: Vec<u8> = chars.iter().copied().map(plain).collect();
        let backwards = plain.iter().rev().copied().collect();
        let leet = [b'i', b'l'].map(|one| plain.iter().map(|byte| unleet(*byte, one)).collect());
        Self { plain, backwards, leet, capital: chars.iter().map(|c| c.is_uppercase()).collect() }
    }

    /// Finds the common words.
    pub(super) fn common(&self, pieces: &mut Pieces) {
        self.find(pieces, common_from);
    }

    /// Finds the words of this very person.
    pub(super) fn personal(&self, personal: &Personal, pieces: &mut Pieces) {
        self.find(pieces, |text, found| {
            for word in personal.0.iter().filter(|word| text.starts_with(word)) {
                found(word.len(), PERSONAL);
            }
        });
    }

    /// Looks at every place in every reading; `words_from` names the words that its text begins with.
    fn find(&self, pieces: &mut Pieces, words_from: impl Fn(&[u8], &mut dyn FnMut(usize, u32))) {
        let count = self.plain.len();
        for at in 0..count {
            let from = |text: &'_ Vec<u8>| text.get(at..).unwrap_or_default().to_vec();
            let plain = from(&self.plain);
            words_from(&plain, &mut |length, price| self.push(pieces, at, length, price));
            for leet in self.leet.iter().map(from).filter(|leet| *leet != plain) {
                words_from(&leet, &mut |length, price| self.push(pieces, at, length, price + LEET));
            }
            words_from(&from(&self.backwards), &mut |length, price| {
                self.push(pieces, count - at - length, length, price + REVERSED);
            });
        }
    }

    fn push(&self, pieces: &mut Pieces, at: usize, length: usize, price: u32) {
        let capitals = self.capital.get(at..at + length).unwrap_or_default();
        pieces.push(at, Piece { length, price: price + price_of_capitals(capitals), kind: Kind::Word });
    }
}

/// One capital at the front or all capitals is what everyone tries; others cost by their number.
fn price_of_capitals(capitals: &[bool]) -> u32 {
    let count = capitals.iter().filter(|capital| **capital).count();
    match count {
        0 => 0,
        1 if capitals.first() == Some(&true) => 10,
        _ if count == capitals.len() => 10,
        _ => u32::try_from(count.min(capitals.len() - count)).unwrap_or(u32::MAX).saturating_mul(15).saturating_add(10),
    }
}

/// The common words that `text` begins with, and their prices: the logarithms of their ranks.
fn common_from(text: &[u8], found: &mut dyn FnMut(usize, u32)) {
    for length in SHORTEST..=LONGEST {
        let Some(start) = text.get(..length) else { return };
        match first_not_before(start) {
            Some((word, price)) if word == start => found(length, price),
            Some((word, _)) if word.starts_with(start) => {}
            // No word begins like this, so no longer one does.
            _ => return,
        }
    }
}

/// The first word of the list that does not sort before `word`. The list is sorted by bytes, a word a line, and the capital
/// at the end of each line is the logarithm of its rank: `A` for rank 1, `B` for 2 and 3, `C` for 4 to 7.
fn first_not_before(word: &[u8]) -> Option<(&'static [u8], u32)> {
    let mut rest = COMMON.as_bytes();
    let mut best = None;
    while !rest.is_empty() {
        let (before, from_middle) = rest.split_at_checked(rest.len() / 2)?;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = from_middle.iter().position(|byte| *byte == b'\n').map(|at| before.len() + at)?;
        let (class, line) = rest.get(start..end)?.split_last()?;
        if line < word {
            rest = rest.get(end + 1..)?;
        } else {
            best = Some((line, u32::from(class.saturating_sub(b'A')) * 10));
            rest = rest.get(..start)?;
        }
    }
    best
}

/// The character without case and accents; [`OTHER`] when it is not ASCII even then.
fn plain(c: char) -> u8 {
    let base = if c.is_ascii() { Some(c) } else { std::iter::once(c).nfd().next() };
    base.and_then(|c| u8::try_from(c).ok()).filter(u8::is_ascii).map_or(OTHER, |byte| byte.to_ascii_lowercase())
}

fn unleet(byte: u8, one: u8) -> u8 {
    match byte {
        b'4' | b'@' => b'a',
        b'8' => b'b',
        b'(' => b'c',
        b'3' => b'e',
        b'6' | b'9' => b'g',
        b'1' | b'!' | b'|' => one,
        b'0' => b'o',
        b'5' | b'$' => b's',
        b'7' | b'+' => b't',
        b'2' => b'z',
        _ => byte,
    }
}

/// Sources and licence: COMMON.md.
const COMMON: &str = include_str!("../common.txt");
const SERVICE: &str = "edgekeep";
/// No character of any word.
const OTHER: u8 = 0xff;
const SHORTEST: usize = 4;
/// Of the list.
const LONGEST: usize = 20;
const SHORTEST_PERSONAL: usize = 3;
const PERSONAL: u32 = 20;
const REVERSED: u32 = 10;
const LEET: u32 = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_well_formed() {
        let lines: Vec<_> = COMMON.lines().collect();
        let words: Vec<_> = lines.iter().filter_map(|line| line.as_bytes().split_last()).collect();
        assert!(COMMON.ends_with('\n'));
        assert!(words.is_sorted_by(|(_, a), (_, b)| a < b));
        for (class, word) in words {
            assert!((b'A'..=b'O').contains(class) && (SHORTEST..=LONGEST).contains(&word.len()));
            assert!(word.iter().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()));
        }
    }

    #[test]
    fn every_line_is_found_with_its_price_and_nothing_else_is() {
        let found_in = |text: &str| {
            let mut found = Vec::new();
            common_from(text.as_bytes(), &mut |length, price| found.push((length, price)));
            found
        };
        for line in COMMON.lines() {
            let (word, class) = line.split_at(line.len() - 1);
            let price = class.bytes().map(|class| u32::from(class - b'A') * 10).sum();
            assert_eq!(found_in(word).last(), Some(&(word.len(), price)), "{word}");
        }
        for text in ["", "a", "zzzqzqwx", "\n", "\u{ff}", "}}}}}}"] {
            assert_eq!(found_in(text), [], "{text}");
        }
        assert_eq!(found_in("passwordly").last(), Some(&(8, 10)));
    }

    #[test]
    fn reads_through_case_accents_and_leet() {
        let text = Text::of(&"Pässw0rD".chars().collect::<Vec<_>>());
        assert_eq!(text.plain, b"passw0rd");
        assert_eq!(text.leet[0], b"password");
        assert_eq!(text.capital, [true, false, false, false, false, false, false, true]);
    }
}
