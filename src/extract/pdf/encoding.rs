//! The encodings of simple fonts, and the names of glyphs.

/// One of the encodings that PDF names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Standard,
    WinAnsi,
    MacRoman,
}

impl Encoding {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "StandardEncoding" => Some(Self::Standard),
            "WinAnsiEncoding" => Some(Self::WinAnsi),
            "MacRomanEncoding" => Some(Self::MacRoman),
            _ => None,
        }
    }

    /// All 256 characters; `None` where there is none.
    pub(super) fn characters(self) -> Vec<Option<char>> {
        let upper = match self {
            Self::Standard => STANDARD,
            Self::WinAnsi => WIN_ANSI,
            Self::MacRoman => MAC_ROMAN,
        };
        let lower = (0_u8..0x80).map(|byte| match (self, byte) {
            (_, ..0x20 | 0x7f) => None,
            (Self::Standard, b'\'') => Some('’'),
            (Self::Standard, b'`') => Some('‘'),
            _ => Some(char::from(byte)),
        });
        lower.chain(upper.chars().map(|char| (char != '\0').then_some(char))).collect()
    }
}

/// Appends what a glyph of this name shows: by Adobe's list, by `uni20AC` and `u1F600`, part by part for `f_f_i`, without
/// what follows a dot. Says whether it shows anything.
pub(super) fn push_glyph(name: &str, text: &mut String) -> bool {
    let name = name.split('.').next().unwrap_or_default();
    let before = text.len();
    for part in name.split('_').take(MAX_PARTS) {
        text.extend(listed(part).or_else(|| numbered(part)));
    }
    text.len() > before
}

fn listed(name: &str) -> Option<char> {
    let mut letters = name.chars();
    if let (Some(letter @ ('a'..='z' | 'A'..='Z')), None) = (letters.next(), letters.next()) {
        return Some(letter);
    }
    // A few hundred lookups per font at most; the text is its own table, sorted by name.
    let start = |at: usize| GLYPHS.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let (mut low, mut high) = (0, GLYPHS.len());
    while low < high {
        let line_start = start(low.midpoint(high));
        let line = GLYPHS.get(line_start..)?.lines().next()?;
        let (key, code) = line.split_once(' ')?;
        match key.cmp(name) {
            std::cmp::Ordering::Equal => return char::from_u32(u32::from_str_radix(code, 16).ok()?),
            std::cmp::Ordering::Less => low = line_start + line.len() + 1,
            std::cmp::Ordering::Greater => high = line_start,
        }
    }
    None
}

fn numbered(name: &str) -> Option<char> {
    let digits = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'))?;
    let is_hex = (4..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)).flatten().filter(|char| *char != '\0')
}

const MAX_PARTS: usize = 8;

/// Names of Adobe's glyph list for Latin, Greek, Cyrillic, punctuation and signs: `name code`, sorted by name.
const GLYPHS: &str = include_str!("glyphs.txt");

/// From 0x80 on: PDF 32000-1, annex D.
const STANDARD: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ\0–†‡·\0¶•‚„”»…‰\0¿\0`´ˆ˜¯˘˙¨\0˚¸\0˝˛ˇ—\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Æ\0ª\0\0\0\0ŁØŒº\0\0\0\0\0æ\0\0\0ı\0\0łøœß\0\0\0\0";
const WIN_ANSI: &str = "€•‚ƒ„…†‡ˆ‰Š‹Œ•Ž••‘’“”•–—˜™š›œ•žŸ ¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";
const MAC_ROMAN: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»… ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄¤‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\0ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_glyph_of_its_list_and_none_besides() {
        let mut names = Vec::new();
        for line in GLYPHS.lines() {
            let (name, code) = line.split_once(' ').unwrap();
            let expected = char::from_u32(u32::from_str_radix(code, 16).unwrap());
            assert_eq!(listed(name), expected, "{name}");
            names.push(name);
        }
        assert!(names.is_sorted());
        for name in ["", "Aa", "zzzz", "0", "AEa", "space ", "nonsense"] {
            assert_eq!(listed(name), None, "{name}");
        }
    }

    #[test]
    fn reads_names_that_carry_a_number_parts_or_a_suffix() {
        for (name, expected) in [
            ("a", "a"),
            ("uni20AC", "€"),
            ("u1F600", "😀"),
            ("f_f_i", "ffi"),
            ("a.sc", "a"),
            ("quoteright", "’"),
            ("uniD800", ""),
            ("g17", ""),
            ("", ""),
        ] {
            let mut text = String::new();
            assert_eq!(push_glyph(name, &mut text), !expected.is_empty(), "{name}");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn every_encoding_has_256_places() {
        for (encoding, byte, char) in [
            (Encoding::Standard, 0xae, 'ﬁ'),
            (Encoding::WinAnsi, 0x92, '’'),
            (Encoding::MacRoman, 0xd5, '’'),
            (Encoding::WinAnsi, 0xfc, 'ü'),
        ] {
            let characters = encoding.characters();
            assert_eq!((characters.len(), characters[byte]), (256, Some(char)));
        }
    }
}
