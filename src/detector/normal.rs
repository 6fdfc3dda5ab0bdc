//! Normalisation: undoes disguises and formatting before anything is measured, and remembers where each piece came
//! from.
//!
//! Quotes, dashes, markdown and Unicode forms differ by where a text was copied from, not by who wrote it, and are
//! cheap to change. So they are made equal here, and nothing behind this file sees them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::assessment::{Manipulation, ManipulationKind, ManipulationPlace};
use super::disguise;

/// A text in the form in which it is measured, with the way back to the original.
#[derive(Debug, Clone)]
pub struct Normal {
    /// Normalised text: runs of spaces are one space, a line feed is the end of a paragraph or list item.
    pub text: String,
    /// What was undone.
    pub manipulation: Manipulation,
    marks: Vec<Mark>,
}

/// From `byte` of the normal text on, until the next mark, the original goes on at `unit`.
#[derive(Debug, Clone, Copy)]
struct Mark {
    byte: usize,
    unit: usize,
    /// `None`: one byte is one unit. `Some(n)`: the whole piece stands for `n` units.
    cluster: Option<usize>,
}

impl Normal {
    /// Normalises `text` in one pass.
    pub fn new(text: &str) -> Self {
        let mut writer = Writer {
            out: String::with_capacity(text.len() + 8),
            marks: Vec::new(),
            unit: 0,
            pending: Gap::None,
            manipulation: Manipulation::default(),
            last_source: '\n',
            latin: disguise::mostly_latin(text),
            in_word: false,
            disguised: false,
        };
        writer.run(text);
        let mut manipulation = writer.manipulation;
        manipulation.suspicious = disguise::suspicious(&manipulation);
        Self { text: writer.out, manipulation, marks: writer.marks }
    }

    /// UTF-16 offset in the original of the piece that begins at `byte`.
    pub fn start_unit(&self, byte: usize) -> usize {
        self.mark(byte).map_or(0, |mark| match mark.cluster {
            None => mark.unit + (byte - mark.byte),
            Some(_) => mark.unit,
        })
    }

    /// UTF-16 offset in the original just behind the piece that ends before `byte`.
    pub fn end_unit(&self, byte: usize) -> usize {
        let Some(last) = byte.checked_sub(1) else {
            return 0;
        };
        self.mark(last).map_or(0, |mark| match mark.cluster {
            None => mark.unit + (last - mark.byte) + 1,
            Some(units) => mark.unit + units,
        })
    }

    fn mark(&self, byte: usize) -> Option<Mark> {
        let after = self.marks.partition_point(|mark| mark.byte <= byte);
        after.checked_sub(1).and_then(|index| self.marks.get(index)).copied()
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
    marks: Vec<Mark>,
    /// UTF-16 offset of the next source character.
    unit: usize,
    pending: Gap,
    manipulation: Manipulation,
    /// Last source character that was not dropped.
    last_source: char,
    latin: bool,
    /// Whether the last character was a letter, invisible ones aside.
    in_word: bool,
    /// Whether the word being read is made to look Latin.
    disguised: bool,
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
            if !c.is_alphabetic() {
                self.in_word &= disguise::is_invisible(c);
            } else if !std::mem::replace(&mut self.in_word, true) {
                self.disguised = self.latin && disguise::disguised_word(rest);
            }
            if c.is_ascii() && !next.is_some_and(is_mark) {
                self.ascii(c, next);
                rest = after;
            } else {
                let marks = after.chars().take_while(|&m| is_mark(m)).take(MAX_MARKS);
                let length = width + marks.map(char::len_utf8).sum::<usize>();
                let (cluster, after) = rest.split_at(length);
                self.cluster(c, cluster, after.chars().next());
                rest = after;
            }
        }
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
    fn cluster(&mut self, c: char, cluster: &str, next: Option<char>) {
        let units = cluster.encode_utf16().count();
        if let Some(kind) = disguise::invisible(c, self.last_source, next) {
            self.found(kind, units);
        } else if disguise::is_invisible(c) {
            // An emoji joiner or the like: nothing to read, nothing to report.
        } else if c.is_whitespace() {
            if c == '\u{2028}' || c == '\u{2029}' || c == '\u{85}' {
                self.line_end(false);
            } else {
                self.found(ManipulationKind::OddSpace, units);
                self.gap();
            }
        } else {
            self.visible(c, cluster, units);
            self.last_source = c;
        }
        self.unit += units;
    }

    fn visible(&mut self, c: char, cluster: &str, units: usize) {
        if let Some(plain) = punctuation(c) {
            return self.put_cluster(plain.chars(), units);
        }
        if disguise::is_styled(c) {
            self.found(ManipulationKind::FullWidth, units);
        } else if self.disguised
            && let Some(letter) = disguise::look_alike(c)
        {
            self.found(ManipulationKind::Homoglyph, units);
            return self.put_cluster(std::iter::once(letter), units);
        }
        self.put_cluster(cluster.nfkc(), units);
    }

    fn found(&mut self, kind: ManipulationKind, units: usize) {
        let found = &mut self.manipulation;
        match kind {
            ManipulationKind::ZeroWidth => found.zero_width += 1,
            ManipulationKind::Bidi => found.bidi += 1,
            ManipulationKind::Homoglyph => found.homoglyph += 1,
            ManipulationKind::FullWidth => found.full_width += 1,
            ManipulationKind::OddSpace => found.odd_space += 1,
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
        let byte = self.out.len();
        let goes_on = self.marks.last().is_some_and(|m| m.cluster.is_none() && m.unit + (byte - m.byte) == self.unit);
        if !goes_on {
            self.marks.push(Mark { byte, unit: self.unit, cluster: None });
        }
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
                self.marks.push(Mark { byte: self.out.len(), unit: self.unit, cluster: Some(units) });
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

fn is_mark(c: char) -> bool {
    !c.is_ascii() && canonical_combining_class(c) != 0
}

/// A marker stands behind no more blanks than this.
const MAX_INDENT: usize = 12;

/// More combining marks than this on one character are cut off into a cluster of their own, so that a text of nothing
/// but marks stays linear.
const MAX_MARKS: usize = 16;
