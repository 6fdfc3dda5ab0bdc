//! The widths of the fourteen fonts that every reader of PDFs has, for files that leave them out.
//!
//! From Adobe's "Core 14 AFM" files, which may be copied and changed freely:
//! `Copyright (c) 1985, 1987, 1989, 1990, 1997 Adobe Systems Incorporated. All Rights Reserved.`

use std::rc::Rc;

/// Code, code and width of each of 256 codes, given what the codes stand for. A font of another name gets Helvetica's, which is
/// nearer to any than one width for all.
pub(super) fn widths(name: &str, characters: &[Rc<str>]) -> Vec<(u32, u32, f64)> {
    let style = Style::of(name);
    let width = |code: u32, text: &str| match style {
        Style::Fixed => Some(600.0),
        Style::Own(name) => own(name, code),
        Style::Latin(column) => latin(column, text),
    };
    let widths = (0..).zip(characters).map(|(code, text)| width(code, text).map(|width| (code, code, width)));
    widths.flatten().collect()
}

enum Style {
    /// Courier.
    Fixed,
    /// A column of the table.
    Latin(usize),
    /// A font of signs, by codes of its own.
    Own(&'static str),
}

impl Style {
    /// By the font's name, in the spellings of Windows too, with or without the mark of a subset.
    fn of(name: &str) -> Self {
        let name = name.split_once('+').map_or(name, |(_, name)| name).to_ascii_lowercase();
        let is_bold = name.contains("bold");
        let is_slanted = name.contains("italic") || name.contains("oblique");
        match name.as_str() {
            "symbol" => Self::Own("Symbol"),
            "zapfdingbats" => Self::Own("ZapfDingbats"),
            name if name.starts_with("courier") => Self::Fixed,
            name if name.starts_with("times") => Self::Latin(2 + usize::from(is_bold) + 2 * usize::from(is_slanted)),
            _ => Self::Latin(usize::from(is_bold)),
        }
    }
}

fn latin(column: usize, text: &str) -> Option<f64> {
    let char = match text.chars().next()? {
        '\u{a0}' => ' ',
        '\u{ad}' => '-',
        char => char,
    };
    let mut rows = WIDTHS.lines().map(|line| line.splitn(COLUMNS + 1, ' '));
    let mut row = rows.find(|row| row.clone().nth(COLUMNS).is_some_and(|characters| characters.contains(char)))?;
    row.nth(column)?.parse().ok()
}

fn own(name: &str, code: u32) -> Option<f64> {
    let widths = WIDTHS.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    let at = usize::try_from(code.checked_sub(FIRST_OWN)?).ok()?;
    widths.split(' ').nth(at)?.parse().ok()
}

/// A line: six widths, and the characters that have them in Helvetica, Helvetica-Bold, Times-Roman, Times-Bold, Times-Italic and
/// Times-BoldItalic. The last two lines: the widths of a font of signs by code.
const WIDTHS: &str = include_str!("widths.txt");
const COLUMNS: usize = 6;
const FIRST_OWN: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::pdf::encoding::Encoding;

    #[test]
    fn knows_every_character_of_the_usual_encodings_in_each_font() {
        let text = |char: Option<char>| char.map(String::from).unwrap_or_default().into();
        let characters: Vec<Rc<str>> = Encoding::WinAnsi.characters().into_iter().map(text).collect();
        let of = |name: &str, char: u8| {
            let widths = widths(name, &characters);
            let width = widths.iter().find(|(code, _, _)| *code == u32::from(char)).map(|(_, _, width)| *width);
            width.unwrap_or_default()
        };
        for (name, expected) in [
            ("Helvetica", [278.0, 944.0, 556.0]),
            ("Arial,Bold", [278.0, 944.0, 611.0]),
            ("ABCDEF+Helvetica-BoldOblique", [278.0, 944.0, 611.0]),
            ("Times-Roman", [250.0, 944.0, 500.0]),
            ("TimesNewRomanPS-BoldMT", [250.0, 1000.0, 556.0]),
            ("Times-Italic", [250.0, 833.0, 500.0]),
            ("Times-BoldItalic", [250.0, 889.0, 556.0]),
            ("CourierNew", [600.0, 600.0, 600.0]),
            ("Garamond", [278.0, 944.0, 556.0]),
            ("ZapfDingbats", [278.0, 776.0, 761.0]),
        ] {
            assert_eq!([b' ', b'W', b'n'].map(|char| of(name, char)), expected, "{name}");
            for byte in 0x20..=0xff_u8 {
                let is_there = !characters[usize::from(byte)].is_empty();
                assert!(!is_there || name == "ZapfDingbats" || of(name, byte) > 0.0, "{name} {byte:x}");
            }
        }
    }
}
