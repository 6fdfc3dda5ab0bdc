//! Patterns: runs along the alphabet or the keyboard, dates, repetitions.

use super::{Kind, Piece, Pieces};

/// A password as patterns see it.
pub(super) struct Text<'a> {
    chars: &'a [char],
    keys: Vec<Option<(i8, i8)>>,
    /// `repeats[distance - 1][at]`: how far the text from `at` on is the same as the text `distance` before it.
    repeats: Vec<Vec<u16>>,
}

impl<'a> Text<'a> {
    pub(super) fn of(chars: &'a [char]) -> Self {
        let keys = chars.iter().copied().map(key).collect();
        let repeats = (1..chars.len()).map(|distance| repeats_at(chars, distance)).collect();
        Self { chars, keys, repeats }
    }

    /// Finds all patterns.
    pub(super) fn find(&self, pieces: &mut Pieces) {
        for at in 0..self.chars.len() {
            self.find_at(at, &mut |length, price| pieces.push(at, Piece { length, price, kind: Kind::Pattern }));
        }
    }

    fn find_at(&self, at: usize, push: &mut impl FnMut(usize, u32)) {
        for step in [1, -1, 2, -2] {
            let longest = self.steps(at, step);
            (3..=longest).for_each(|length| push(length, STEPS + 10 * (step.unsigned_abs() - 1) + logarithm(length)));
        }
        self.walk(at, push);
        for (length, price) in self.dates(at) {
            push(length, price);
        }
        let mut longest = 1;
        for (before, repeats) in self.repeats.iter().enumerate() {
            let length = repeats.get(at).copied().map_or(0, usize::from);
            // From farther back it costs more, so it has to be longer.
            if length > longest {
                push(length, 10 + logarithm(before + 1) + logarithm(length));
                longest = length;
            }
        }
    }

    /// How far letters or digits go on by `step`: `abcd`, `9876`, `2468`.
    fn steps(&self, at: usize, step: i32) -> usize {
        let rest = self.chars.get(at..).unwrap_or_default();
        let follows = |a: char, b: char| {
            a.is_alphanumeric()
                && b.is_alphanumeric()
                && i64::from(u32::from(b)) - i64::from(u32::from(a)) == i64::from(step)
        };
        1 + rest.iter().zip(rest.iter().skip(1)).take_while(|(a, b)| follows(**a, **b)).count()
    }

    /// A walk over neighbouring keys costs its beginning, its length and its turns.
    fn walk(&self, at: usize, push: &mut impl FnMut(usize, u32)) {
        let rest = self.keys.get(at..).unwrap_or_default();
        let mut direction = None;
        let mut turns = 0;
        for (number, pair) in rest.windows(2).enumerate() {
            let [Some(from), Some(to)] = pair else { return };
            let step = (to.0 - from.0, to.1 - from.1);
            if !NEIGHBOURS.contains(&step) {
                return;
            }
            if direction.replace(step).is_some_and(|before| before != step) {
                turns += 1;
            }
            let length = number + 2;
            if length >= 4 {
                push(length, WALK + logarithm(length) + TURN * turns);
            }
        }
    }

    /// Years of the last and of this century, and dates of six or eight digits.
    fn dates(&self, at: usize) -> Vec<(usize, u32)> {
        let digits: Vec<u32> =
            self.chars.get(at..).unwrap_or_default().iter().take(8).map_while(|c| c.to_digit(10)).collect();
        let number = |from: usize, length: usize| {
            digits.get(from..from + length).map(|digits| digits.iter().fold(0, |number, digit| number * 10 + digit))
        };
        let year = |at| number(at, 4).is_some_and(|year| (1900..=2049).contains(&year));
        let day_and_month = |at| match (number(at, 2), number(at + 2, 2)) {
            (Some(a), Some(b)) => (1..=31).contains(&a) && (1..=31).contains(&b) && a.min(b) <= 12,
            _ => false,
        };
        let mut dates = Vec::new();
        if year(0) {
            dates.push((4, YEAR));
        }
        if digits.len() >= 6 && (day_and_month(0) || day_and_month(2)) {
            dates.push((6, SHORT_DATE));
        }
        if digits.len() == 8 && ((year(0) && day_and_month(4)) || (day_and_month(0) && year(4))) {
            dates.push((8, LONG_DATE));
        }
        dates
    }
}

fn repeats_at(chars: &[char], distance: usize) -> Vec<u16> {
    let same = chars.iter().zip(chars.iter().skip(distance)).map(|(earlier, later)| earlier == later);
    let same: Vec<bool> = std::iter::repeat_n(false, distance).chain(same).collect();
    let mut lengths: Vec<u16> = same
        .iter()
        .rev()
        .scan(0_u16, |run, same| {
            *run = if *same { run.saturating_add(1) } else { 0 };
            Some(*run)
        })
        .collect();
    lengths.reverse();
    lengths
}

/// Row and column on an American keyboard, with or without shift.
fn key(c: char) -> Option<(i8, i8)> {
    let c = Some(c.to_ascii_lowercase()).filter(char::is_ascii_graphic)?;
    KEYS.iter().find_map(|(row, keys)| {
        let column = keys.chars().position(|key| key == c)?;
        Some((*row, i8::try_from(column).ok()?))
    })
}

/// The logarithm to base 2 in tenths of a bit, by straight lines between the powers of two.
fn logarithm(number: usize) -> u32 {
    let Some(whole) = number.checked_ilog2() else { return 0 };
    let eighths = (number << 3 >> whole) & 7;
    whole * 10 + u32::try_from(eighths * 10 / 8).unwrap_or(0)
}

const KEYS: [(i8, &str); 7] = [
    (0, "`1234567890-="),
    (0, "~!@#$%^&*()_+"),
    // The rows beneath begin under the 1.
    (1, " qwertyuiop[]\\"),
    (1, " \0\0\0\0\0\0\0\0\0\0{}|"),
    (2, " asdfghjkl;'"),
    (3, " zxcvbnm,./"),
    (3, " \0\0\0\0\0\0\0<>?"),
];
/// Row and column to the keys around: the rows are shifted, so there are two above and two below.
const NEIGHBOURS: [(i8, i8); 6] = [(0, 1), (0, -1), (-1, 0), (1, 0), (-1, 1), (1, -1)];

const STEPS: u32 = 40;
const WALK: u32 = 60;
const TURN: u32 = 25;
const YEAR: u32 = 60;
const SHORT_DATE: u32 = 130;
const LONG_DATE: u32 = 150;

#[cfg(test)]
mod tests {
    use super::*;

    fn cheapest_of(text: &str, length: usize) -> Option<u32> {
        let chars: Vec<char> = text.chars().collect();
        let mut prices = Vec::new();
        Text::of(&chars).find_at(0, &mut |found, price| prices.extend((found == length).then_some(price)));
        prices.into_iter().min()
    }

    #[test]
    fn finds_steps_walks_and_dates() {
        assert_eq!(cheapest_of("abcdefgh", 8), Some(STEPS + 30));
        assert_eq!(cheapest_of("87654321", 8), Some(STEPS + 30));
        assert_eq!(cheapest_of("2468", 4), Some(STEPS + 10 + 20));
        assert_eq!(cheapest_of("qwerty", 6), Some(WALK + 25));
        assert_eq!(cheapest_of("1qaz", 4), Some(WALK + 20));
        assert_eq!(cheapest_of("qazxsw", 6), Some(WALK + 25 + 2 * TURN));
        assert_eq!(cheapest_of("1987", 4), Some(YEAR));
        assert_eq!(cheapest_of("31121987", 8), Some(LONG_DATE));
        assert_eq!(cheapest_of("19871231", 8), Some(LONG_DATE));
        assert_eq!(cheapest_of("99999999", 8), None);
        assert_eq!(cheapest_of("kfoeqm", 6), None);
    }

    #[test]
    fn finds_repetitions_at_every_distance() {
        let chars: Vec<char> = "xyzxyzxy".chars().collect();
        assert_eq!(repeats_at(&chars, 3), [0, 0, 0, 5, 4, 3, 2, 1]);
        assert_eq!(repeats_at(&chars, 1), [0; 8]);
    }

    #[test]
    fn logarithms_grow_with_their_number() {
        assert_eq!([1, 2, 4, 8, 256].map(logarithm), [0, 10, 20, 30, 80]);
        assert!((1..300).map(logarithm).is_sorted());
        assert_eq!(logarithm(0), 0);
    }
}
