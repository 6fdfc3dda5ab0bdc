//! Normalisation: undoes disguises and formatting before anything is measured, and remembers where each piece came
//! from.
//!
//! Quotes, dashes, markdown and Unicode forms differ by where a text was copied from, not by who wrote it, and are
//! cheap to change. So they are made equal here, and nothing behind this file sees them.

use unicode_normalization::UnicodeNormalization;

use super::assessment::{Manipulation, ManipulationKind, ManipulationPlace};
use super::disguise::{self, Evidence, is_mark};
use super::offsets::Offsets;
use super::scripts::{self, Scripts};

/// A text in the form in which it is measured, with the way back to the original.
#[derive(Debug, Clone)]
pub struct Normal {
    /// Normalised text: runs of spaces are one space, a line feed is the end of a paragraph or list item.
    pub text: String,
    /// What was undone.
    pub manipulation: Manipulation,
    offsets: Offsets,
}

impl Normal {
    /// Normalises `text` in one pass.
    pub fn new(text: &str) -> Self {
        let mut writer = Writer {
            out: String::with_capacity(text.len() + 8),
            offsets: Offsets::default(),
            unit: 0,
            pending: Gap::None,
            manipulation: Manipulation::default(),
            last_source: '\n',
            scripts: Scripts::of(text),
            evidence: Evidence::default(),
            in_word: false,
            letters: 0,
            disguised: false,
            long_word: false,
        };
        writer.run(text);
        let mut manipulation = writer.manipulation;
        manipulation.suspicious = writer.evidence.is_suspicious();
        Self { text: writer.out, manipulation, offsets: writer.offsets }
    }

    /// UTF-16 offset in the original of the piece that begins at `byte`.
    pub fn start_unit(&self, byte: usize) -> usize {
        self.offsets.start_unit(byte)
    }

    /// UTF-16 offset in the original just behind the piece that ends before `byte`.
    pub fn end_unit(&self, byte: usize) -> usize {
        self.offsets.end_unit(byte)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Paragraph,
}

struct Writer {
    out: String,
    offsets: Offsets,
    /// UTF-16 offset of the next source character.
    unit: usize,
    pending: Gap,
    manipulation: Manipulation,
    /// Last source character that was not dropped.
    last_source: char,
    scripts: Scripts,
    evidence: Evidence,
    /// Whether the last character was a letter, invisible ones aside.
    in_word: bool,
    /// Letters since the word began or was last hyphenated.
    letters: usize,
    /// Whether the word being read is made to look Latin.
    disguised: bool,
    /// Whether the word being read is longer than those of formulas.
    long_word: bool,
}

impl Writer {
    fn run(&mut self, text: &str) {
        let mut rest = text;
        let mut line_start = true;
        let mut marker = false;
        while let Some(c) = rest.chars().next() {
            if line_start && let Some(length) = line_marker(rest) {
                let (dropped, after) = rest.split_at(length);
                self.unit += dropped.encode_utf16().count();
                rest = after;
                marker = true;
                continue;
            }
            let width = c.len_utf8();
            let after = rest.get(width..).unwrap_or_default();
            if c == '\n' {
                self.line_end(marker);
                line_start = true;
                marker = false;
                self.unit += 1;
                rest = after;
                continue;
            }
            if line_start && !c.is_whitespace() {
                line_start = false;
                if marker {
                    self.pending = self.pending.max(Gap::Paragraph);
                }
            }
            let next = after.chars().next();
            self.track(c, rest);
            if c.is_ascii() && !next.is_some_and(is_mark) {
                self.ascii(c, next);
                rest = after;
            } else {
                let marks = after.chars().take_while(|&m| is_mark(m)).take(MAX_MARKS);
                let length = width + marks.map(char::len_utf8).sum::<usize>();
                let (cluster, after) = rest.split_at(length);
                self.cluster(c, cluster, after);
                rest = after;
            }
        }
    }

    /// Keeps account of the word that is being read.
    fn track(&mut self, c: char, rest: &str) {
        if !c.is_alphabetic() || disguise::is_blank_letter(c) {
            self.in_word &= disguise::is_invisible(c);
            self.letters *= usize::from(self.in_word);
            return;
        }
        if !std::mem::replace(&mut self.in_word, true) {
            self.letters = 0;
            self.disguised = self.scripts.disguises(rest);
            self.long_word = rest.chars().take(LONG_WORD).filter(|c| c.is_alphabetic()).count() == LONG_WORD;
        }
        self.letters += 1;
    }

    fn line_end(&mut self, marker: bool) {
        self.in_word = false;
        let closed = matches!(self.last_source, '.' | '!' | '?' | ':' | '"' | '”' | ';');
        let gap = if marker || closed || self.pending >= Gap::Line { Gap::Paragraph } else { Gap::Line };
        self.pending = self.pending.max(gap);
    }

    fn ascii(&mut self, c: char, next: Option<char>) {
        match c {
            ' ' | '\t' | '\r' | '\u{b}' | '\u{c}' => self.gap(),
            '*' | '`' | '\0'..='\u{1f}' | '\u{7f}' => {}
            '#' if !next.is_some_and(|n| n.is_ascii_digit()) => {}
            '_' if !(self.last_source.is_alphanumeric() && next.is_some_and(char::is_alphanumeric)) => {}
            _ => self.put(c),
        }
        if !c.is_ascii_control() && c != ' ' {
            self.last_source = c;
        }
        self.unit += 1;
    }

    /// One non-ASCII character, or any character with combining marks.
    fn cluster(&mut self, c: char, cluster: &str, after: &str) {
        let units = cluster.encode_utf16().count();
        let has_marks = cluster.len() > c.len_utf8();
        if disguise::is_blank_letter(c) && !self.scripts.is_spaced() {
            self.space(c, units);
        } else if disguise::is_invisible(c) {
            self.invisible(c, units, after);
        } else if is_mark(c) && is_plain(self.last_source) {
            self.drawn(units);
        } else if c == disguise::KEY {
            // The frame around a digit is an emoji: nothing to read, nothing to report.
        } else if c.is_whitespace() && has_marks {
            self.drawn(units);
            self.gap();
        } else if c.is_whitespace() {
            if c == '\u{2028}' || c == '\u{2029}' || c == '\u{85}' {
                self.line_end(false);
            } else {
                self.space(c, units);
            }
        } else {
            self.visible(c, cluster, units);
            self.last_source = c;
        }
        self.unit += units;
    }

    fn space(&mut self, c: char, units: usize) {
        self.found(ManipulationKind::OddSpace, units);
        self.evidence.spaces += usize::from(!disguise::is_usual_blank(c));
        self.gap();
    }

    /// An invisible character. In an emoji, where a script needs it, or as a bullet of some font there is nothing to report.
    fn invisible(&mut self, c: char, units: usize, after: &str) {
        let next = after.chars().next();
        let inside = self.in_word && next.is_some_and(|n| n.is_alphabetic() || disguise::is_invisible(n));
        if let Some(plain) = disguise::misread(c)
            && (!inside || contraction(after))
            && self.evidence.hidden <= 3
        {
            return self.put_cluster(std::iter::once(plain), units);
        }
        let Some(kind) = disguise::invisible(c, self.last_source, next).filter(|_| inside || !disguise::is_private(c))
        else {
            return;
        };
        self.found(kind, units);
        if c == SOFT_HYPHEN {
            // Hyphenation leaves two letters on either side.
            let letters_follow = after.chars().take(2).filter(|c| c.is_alphabetic()).count() == 2;
            self.evidence.hidden += usize::from(self.in_word && !(self.letters >= 2 && letters_follow));
            self.letters = 0;
        } else if kind == ManipulationKind::Bidi {
            let latin = self.last_source.is_ascii_alphabetic() && next.is_some_and(|n| n.is_ascii_alphabetic());
            self.evidence.turned += usize::from(latin || matches!(c, '\u{202d}' | '\u{202e}'));
        } else {
            // An encoding taken for another, twice over, leaves controls behind a letter such as "Â".
            let garbled = matches!(c, '\u{80}'..='\u{9f}') && matches!(self.last_source, '\u{c0}'..='\u{ff}');
            self.evidence.hidden += usize::from(inside && !garbled);
        }
    }

    /// Marks drawn over something, which is read as if they were not there.
    fn drawn(&mut self, units: usize) {
        self.found(ManipulationKind::Combining, units);
        self.evidence.drawn += 1;
    }

    fn visible(&mut self, c: char, cluster: &str, units: usize) {
        let plain_base = is_plain(c) || disguise::is_styled(c);
        let left = |m: &char| plain_base && is_mark(*m);
        if cluster.len() > c.len_utf8() && plain_base || self.disguised {
            let marks = cluster.nfkc().filter(|m| is_mark(*m));
            let (mut drawings, mut others) = (0, 0);
            for mark in marks {
                drawings += usize::from(disguise::is_drawing(mark));
                others += 1;
            }
            if drawings > 0 || others > MAX_ACCENTS {
                self.drawn(units);
            }
        }
        if let Some(plain) = punctuation(c) {
            return self.put_cluster(plain.chars(), units);
        }
        if disguise::is_styled(c) {
            self.styled(units);
            if let Some(letter) = disguise::white_on_black(c) {
                return self.put_cluster(std::iter::once(letter), units);
            }
        } else if disguise::is_wide_punctuation(c) && self.scripts.looks_latin() {
            self.found(ManipulationKind::FullWidth, units);
        } else if self.disguised
            && let Some(letter) = scripts::look_alike(c)
        {
            if scripts::small_capital(c).is_some() {
                self.styled(units);
            } else {
                self.found(ManipulationKind::Homoglyph, units);
                self.evidence.alike += 1;
            }
            // One stroke is an l in a word and an I before it.
            let letter = if letter == 'I' && self.out.ends_with(char::is_lowercase) { 'l' } else { letter };
            return self.put_cluster(std::iter::once(letter), units);
        }
        self.put_cluster(cluster.nfkc().filter(|m| !left(m)), units);
    }

    fn styled(&mut self, units: usize) {
        self.found(ManipulationKind::FullWidth, units);
        self.evidence.styled += usize::from(self.long_word && self.scripts.looks_latin());
    }

    fn found(&mut self, kind: ManipulationKind, units: usize) {
        let found = &mut self.manipulation;
        match kind {
            ManipulationKind::ZeroWidth => found.zero_width += 1,
            ManipulationKind::Bidi => found.bidi += 1,
            ManipulationKind::Homoglyph => found.homoglyph += 1,
            ManipulationKind::FullWidth => found.full_width += 1,
            ManipulationKind::OddSpace => found.odd_space += 1,
            ManipulationKind::Combining => found.combining += 1,
        }
        if found.places.len() < Manipulation::MAX_PLACES {
            found.places.push(ManipulationPlace { start: self.unit, end: self.unit + units, kind });
        }
    }

    fn gap(&mut self) {
        self.pending = self.pending.max(Gap::Space);
    }

    fn put(&mut self, c: char) {
        self.flush();
        self.offsets.unit(self.out.len(), self.unit);
        self.out.push(c);
    }

    fn put_cluster(&mut self, chars: impl Iterator<Item = char>, units: usize) {
        let mut first = true;
        for c in chars {
            if c.is_whitespace() {
                self.gap();
                continue;
            }
            self.flush();
            if first {
                first = false;
                self.offsets.piece(self.out.len(), self.unit, units);
            }
            self.out.push(c);
        }
    }

    fn flush(&mut self) {
        let gap = std::mem::replace(&mut self.pending, Gap::None);
        if gap == Gap::None || self.out.is_empty() {
            return;
        }
        // The gap belongs to no piece; sentences are trimmed, so its offset is never asked for.
        let separator = if gap == Gap::Paragraph { '\n' } else { ' ' };
        self.out.push(separator);
    }
}

/// Length in bytes of a heading, list or quote marker at the start of a line, blanks included.
fn line_marker(rest: &str) -> Option<usize> {
    // Looked at from each blank of a line: reading all that follow would take time that grows with their square.
    let blanks = rest.bytes().take(MAX_INDENT + 1).take_while(|b| matches!(b, b' ' | b'\t')).count();
    if blanks > MAX_INDENT {
        return None;
    }
    let line = rest.get(blanks..)?;
    let head = line.char_indices().take(8).find(|(_, c)| *c == ' ').and_then(|(at, _)| line.get(..at))?;
    let bullet = matches!(head, "-" | "*" | "+" | ">" | "•" | "–" | "—" | "·" | "‣");
    let heading = !head.is_empty() && head.bytes().all(|b| b == b'#');
    let number = head
        .strip_suffix(['.', ')'])
        .is_some_and(|n| !n.is_empty() && n.len() <= 2 && n.bytes().all(|b| b.is_ascii_digit()));
    (bullet || heading || number).then_some(blanks + head.len() + 1)
}

/// Plain form of typographic quotes and dashes.
fn punctuation(c: char) -> Option<&'static str> {
    Some(match c {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => "\"",
        '‘' | '’' | '‚' | '‛' | '′' | '´' => "'",
        '‐' | '‑' | '−' => "-",
        '‒' | '–' | '—' | '―' | '⸺' => " - ",
        '…' => "...",
        _ => return None,
    })
}

/// Whether marks that make no letter with it are only drawn over it. Other scripts are written with marks of their own.
fn is_plain(c: char) -> bool {
    c.is_ascii() || scripts::is_latin(c)
}

/// Whether what follows an apostrophe ends a word as in "don't".
fn contraction(after: &str) -> bool {
    ["s", "t", "re", "ve", "ll", "d", "m"]
        .iter()
        .filter_map(|ending| after.strip_prefix(ending))
        .any(|rest| !rest.starts_with(char::is_alphanumeric))
}

const SOFT_HYPHEN: char = '\u{ad}';
/// Letters of a word that is longer than those of formulas.
const LONG_WORD: usize = 4;
/// Marks on one letter, beside those that are part of it, from which on they are not its accents.
const MAX_ACCENTS: usize = 2;
/// A marker stands behind no more blanks than this.
const MAX_INDENT: usize = 12;

/// More combining marks than this on one character are cut off into a cluster of their own, so that a text of nothing
/// but marks stays linear.
const MAX_MARKS: usize = 16;
