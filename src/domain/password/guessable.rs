//! Which passwords a guesser tries first.
//!
//! The password is cut into pieces, each priced by the guesses that it costs one who knows how people make passwords: common
//! words and their variants, personal words, dates, runs along the alphabet or the keyboard, repetitions; what is left over
//! costs by the character. The cheapest cut is the estimate (after Wheeler, "zxcvbn: Low-Budget Password Strength
//! Estimation", USENIX Security 2016). The prices are coarse, and on the safe side for good passwords: four common words or
//! twelve random letters are far above the line.
//!
//! Prices are in tenths of a bit. Work is bounded by the 256 code points of a password: about 65,000 comparisons and 20,000
//! look-ups.

mod pattern;
mod words;

use super::PasswordProblem;
use crate::domain::email::Email;
use crate::domain::name::DisplayName;
use words::Personal;

/// Refuses what a guesser tries first.
pub(super) fn check(password: &str, email: Option<&Email>, name: Option<&DisplayName>) -> Result<(), PasswordProblem> {
    let general = cheapest(password, &Personal::default());
    let personal = cheapest(password, &Personal::of(email, name));
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

fn cheapest(password: &str, personal: &Personal) -> Cut {
    let chars: Vec<char> = password.chars().collect();
    let words = words::Text::of(&chars);
    let patterns = pattern::Text::of(&chars);
    let mut cuts: Vec<Option<Cut>> = vec![None; chars.len() + 1];
    let start = Cut { price: 0, in_words: 0, in_patterns: 0 };
    if let Some(first) = cuts.first_mut() {
        *first = Some(start);
    }
    let mut pieces = Vec::new();
    for (at, c) in chars.iter().enumerate() {
        let Some(so_far) = cuts.get(at).copied().flatten() else { continue };
        pieces.clear();
        pieces.push(Piece { length: 1, price: price_of(*c), kind: Kind::Rest });
        words.pieces(at, personal, &mut pieces);
        patterns.pieces(at, &mut pieces);
        for piece in &pieces {
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
