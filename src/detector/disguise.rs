//! Characters used to mislead readers and detectors: invisible marks, look-alike letters, stylised forms.

use super::assessment::{Manipulation, ManipulationKind};

/// Whether most letters of the text are Latin; only then does a Cyrillic or Greek letter count as a look-alike.
pub fn mostly_latin(text: &str) -> bool {
    let (mut latin, mut other) = (0_usize, 0_usize);
    for c in text.chars() {
        if c.is_ascii_alphabetic() {
            latin += 1;
        } else if c.is_alphabetic() {
            other += 1;
        }
    }
    latin >= other
}

/// Whether the character shows nothing and takes no room.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The kind of disguise, for an invisible character that has no business where it stands.
///
/// Joiners inside Arabic or Indic words and emoji sequences are how those are written, so they only count next to
/// Latin text.
pub fn invisible(c: char, before: char, after: Option<char>) -> Option<ManipulationKind> {
    if !is_invisible(c) {
        return None;
    }
    if matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
        return Some(ManipulationKind::Bidi);
    }
    let joiner = matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let foreign = |c: char| !c.is_ascii();
    if joiner && (foreign(before) || after.is_some_and(foreign)) {
        return None;
    }
    Some(ManipulationKind::ZeroWidth)
}

/// Full-width, mathematical, circled and other stylised forms of ASCII letters and digits.
pub fn is_styled(c: char) -> bool {
    matches!(c,
        '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{24b6}'..='\u{24e9}'
        | '\u{1f130}'..='\u{1f189}')
}

/// Whether the word that begins with `word` is written to look Latin without being so: it mixes scripts, or is
/// made of look-alikes only.
///
/// A real foreign word and the letters of a formula ("α", "μm") are not.
pub fn disguised_word(word: &str) -> bool {
    let letters = || word.chars().take(MAX_WORD).take_while(|c| c.is_alphabetic());
    let foreign = letters().filter(|&c| !is_latin(c)).count();
    if foreign == 0 {
        return false;
    }
    let all = letters().count();
    if all < 4 && letters().any(|c| matches!(c, '\u{370}'..='\u{3ff}')) {
        return false;
    }
    foreign < all || letters().all(|c| look_alike(c).is_some())
}

/// The ASCII letter that a letter of another script looks like, by the confusables of Unicode UTS 39.
pub fn look_alike(c: char) -> Option<char> {
    if !c.is_alphabetic() || is_latin(c) {
        return None;
    }
    let mut buffer = [0_u8; 4];
    let mut skeleton = unicode_security::confusable_detection::skeleton(c.encode_utf8(&mut buffer));
    let letter = skeleton.next()?;
    (skeleton.next().is_none() && letter.is_ascii_alphabetic()).then_some(match letter {
        // UTS 39 folds I, l and 1 into l; as a capital it can only have been an I.
        'l' if c.is_uppercase() => 'I',
        _ => letter,
    })
}

/// Whether what was found looks like intent. One byte-order mark or some no-break spaces come from word processors.
pub fn suspicious(found: &Manipulation) -> bool {
    found.zero_width > 3 || found.bidi > 3 || found.homoglyph > 0 || found.full_width > 10 || found.odd_space > 50
}

fn is_latin(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'
        | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{fb00}'..='\u{fb06}')
}

/// Letters looked at to tell what kind of word it is.
const MAX_WORD: usize = 40;
