//! Characters used to mislead readers and detectors: invisible marks, marks drawn over letters, stylised forms.
//! Letters of other alphabets are in `scripts`.

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::char::canonical_combining_class;

use super::assessment::ManipulationKind;

/// What points to intent. Much else is found and undone that word processors, other scripts and formulas bring along.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence {
    /// Invisible characters inside words, where no hyphenation puts them.
    pub hidden: usize,
    /// Direction marks inside Latin words, and overrides of the direction.
    pub turned: usize,
    /// Look-alike letters.
    pub alike: usize,
    /// Stylised letters in words of a length that formulas don't have.
    pub styled: usize,
    /// Marks drawn over letters.
    pub drawn: usize,
    /// Blanks that neither typesetting nor word processors use.
    pub spaces: usize,
}

impl Evidence {
    /// Whether it looks like intent. One letter of another keyboard layout or a stray mark does not.
    pub fn is_suspicious(&self) -> bool {
        self.hidden > 3 || self.turned > 3 || self.alike > 2 || self.styled > 10 || self.drawn > 10 || self.spaces > 50
    }
}

/// Whether the character shows nothing, by Unicode's Default_Ignorable_Code_Point, or nothing that can be read: a
/// control, an annotation, a character of some font's own.
pub fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
            || is_private(c)
            || matches!(c, '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{2800}' | '\u{fff9}'..='\u{fffb}'))
}

/// Whether the character is a blank that stands for a letter to programs.
pub fn is_blank_letter(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// Characters that only some font gives a meaning, such as icons and bullets.
pub fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// The kind of disguise, for an invisible character that has no business where it stands.
///
/// Joiners inside Arabic or Indic words and emoji sequences are how those are written, as are the tags of a flag and
/// the fillers of Korean, so they only count next to Latin text.
pub fn invisible(c: char, before: char, after: Option<char>) -> Option<ManipulationKind> {
    if !is_invisible(c) {
        return None;
    }
    if is_direction(c) {
        return Some(ManipulationKind::Bidi);
    }
    let flag = before == '\u{1f3f4}' && matches!(c, '\u{e0020}'..='\u{e007f}');
    let joiner = matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}');
    let foreign = |c: char| !c.is_ascii() && !is_invisible(c);
    let written = joiner || matches!(c, '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{e0100}'..='\u{e01ef}');
    if flag || (written && (foreign(before) || after.is_some_and(foreign))) {
        return None;
    }
    Some(ManipulationKind::ZeroWidth)
}

/// Whether the mark turns the direction of writing.
pub fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a control character stands for in a text of Windows-1252 that was taken for Latin 1.
pub fn misread(c: char) -> Option<char> {
    Some(match c {
        '\u{91}' | '\u{92}' => '\'',
        '\u{93}' | '\u{94}' => '"',
        '\u{96}' | '\u{97}' => '-',
        _ => return None,
    })
}

/// Full-width, mathematical, circled, raised and other stylised forms of ASCII letters and digits.
pub fn is_styled(c: char) -> bool {
    matches!(c,
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}'
        | '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}' | '\u{2b0}'..='\u{2b8}' | '\u{1d2c}'..='\u{1d6a}'
        | '\u{2c7c}' | '\u{2c7d}')
}

/// Full-width forms of ASCII punctuation, usual in Chinese and Japanese.
pub fn is_wide_punctuation(c: char) -> bool {
    matches!(c, '\u{ff01}'..='\u{ff5e}') && !is_styled(c)
}

/// White on black letters, which Unicode gives no plain form.
pub fn white_on_black(c: char) -> Option<char> {
    let at = match c {
        '\u{1f150}'..='\u{1f169}' => u32::from(c) - 0x1f150,
        '\u{1f170}'..='\u{1f189}' => u32::from(c) - 0x1f170,
        _ => return None,
    };
    u8::try_from(at).ok().map(|at| char::from(b'A' + at))
}

/// Whether the character is drawn over or around the one before.
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && (canonical_combining_class(c) != 0 || is_enclosing(c))
}

/// Whether the mark crosses letters out, underlines or encloses them, which no language's letters do.
pub fn is_drawing(c: char) -> bool {
    matches!(c, '\u{305}' | '\u{332}'..='\u{338}' | '\u{33f}' | '\u{347}' | '\u{20d0}'..='\u{20dc}' | '\u{20e1}'
        | '\u{20e5}'..='\u{20f0}')
        || is_enclosing(c)
}

/// Enclosing marks but the frame of a key, which is an emoji.
fn is_enclosing(c: char) -> bool {
    matches!(c, '\u{488}' | '\u{489}' | '\u{1abe}' | '\u{20dd}'..='\u{20e0}' | '\u{20e2}' | '\u{20e4}'
        | '\u{a670}'..='\u{a672}')
}

/// The frame of a key, as in the emoji of digits.
pub const KEY: char = '\u{20e3}';

/// Whether typesetting and word processors put such blanks by themselves.
pub fn is_usual_blank(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{3000}')
}
