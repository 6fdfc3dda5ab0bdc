//! Which passwords a guesser tries first.
//!
//! The password is cut into pieces, each priced by the guesses that it costs one who knows how people make passwords: common
//! words and their variants, personal words, dates, runs along the alphabet or the keyboard, repetitions; what is left over
//! costs by the character. The cheapest cut is the estimate (after Wheeler, "zxcvbn: Low-Budget Password Strength
//! Estimation", USENIX Security 2016). The prices are coarse, and on the safe side for good passwords: four common words or
//! twelve random letters are far above the line.
//!
//! Prices are in tenths of a bit. Work is bounded by the 256 code points of a password: every look-up ends with the first
//! letters that begin no word, and repetitions take some 65,000 comparisons.

mod pattern;
mod words;

use super::PasswordProblem;
use crate::domain::email::Email;
use crate::domain::name::DisplayName;
use words::Personal;

/// Refuses what a guesser tries first.
pub(super) fn check(password: &str, email: Option<&Email>, name: Option<&DisplayName>) -> Result<(), PasswordProblem> {
    let chars: Vec<char> = password.chars().collect();
    let words = words::Text::of(&chars);
    let mut pieces = Pieces(vec![Vec::new(); chars.len()]);
    words.common(&mut pieces);
    pattern::Text::of(&chars).find(&mut pieces);
    let general = cheapest(&chars, &pieces);
    words.personal(&Personal::of(email, name), &mut pieces);
    let personal = cheapest(&chars, &pieces);
    if personal.price.saturating_add(TELLING) <= general.price && personal.price < ENOUGH {
        return Err(PasswordProblem::Personal);
    }
    if personal.price.min(general.price) >= ENOUGH {
        return Ok(());
    }
    let by_words = general.in_words >= general.in_patterns && general.in_words > 0;
    Err(if by_words { PasswordProblem::Common } else { PasswordProblem::Pattern })
}

/// A piece of the password and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    length: usize,
    price: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Pattern,
    Rest,
}

/// The pieces that begin at each character.
struct Pieces(Vec<Vec<Piece>>);

impl Pieces {
    fn push(&mut self, at: usize, piece: Piece) {
        if let Some(here) = self.0.get_mut(at) {
            here.push(piece);
        }
    }
}

/// The cheapest way to make up the password so far.
#[derive(Debug, Clone, Copy)]
struct Cut {
    price: u32,
    /// Characters covered by words.
    in_words: usize,
    /// Characters covered by patterns.
    in_patterns: usize,
}

impl Cut {
    fn with(self, piece: &Piece) -> Self {
        let covered = |kind| if piece.kind == kind { piece.length } else { 0 };
        Self {
            price: self.price.saturating_add(piece.price),
            in_words: self.in_words + covered(Kind::Word),
            in_patterns: self.in_patterns + covered(Kind::Pattern),
        }
    }
}

fn cheapest(chars: &[char], pieces: &Pieces) -> Cut {
    let start = Cut { price: 0, in_words: 0, in_patterns: 0 };
    let mut cuts: Vec<Option<Cut>> = vec![None; chars.len() + 1];
    if let Some(first) = cuts.first_mut() {
        *first = Some(start);
    }
    for (at, (c, here)) in chars.iter().zip(&pieces.0).enumerate() {
        let Some(so_far) = cuts.get(at).copied().flatten() else { continue };
        let single = Piece { length: 1, price: price_of(*c), kind: Kind::Rest };
        for piece in here.iter().chain([&single]) {
            let Some(slot) = cuts.get_mut(at + piece.length) else { continue };
            let cut = so_far.with(piece);
            if slot.is_none_or(|known| cut.price < known.price) {
                *slot = Some(cut);
            }
        }
    }
    cuts.last().copied().flatten().unwrap_or(start)
}

/// One character that no rule explains: less than chance would give, for people do not choose by chance.
fn price_of(c: char) -> u32 {
    match c {
        '0'..='9' => 33,
        '-' | '_' | '.' | ' ' | '!' | '?' | ',' | '*' | '+' | '#' | '@' | '$' | '/' | '&' => 30,
        'a'..='z' => 40,
        'A'..='Z' => 45,
        _ => 50,
    }
}

/// Tenths of a bit: 2^30, about a thousand million guesses. Throttled log-ins allow some hundred a day; on stolen hashes of
/// the default cost a graphics card needs days for each password.
const ENOUGH: u32 = 300;
/// So much cheaper with personal words that they are what to tell.
const TELLING: u32 = 30;

#[cfg(test)]
mod tests;
