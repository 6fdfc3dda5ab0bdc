//! From painted pieces to lines, and from lines to paragraphs.
//!
//! A PDF knows neither words nor paragraphs, only places. The order in which a page is painted is taken as the order of
//! reading, which holds for what word processors, browsers and TeX write, columns included.

use std::collections::BTreeMap;

use super::hyphens::{Hyphens, SOFT_HYPHEN, ends_with_hyphen};

/// A piece of text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Span {
    text: String,
    place: Position,
}

/// A line of text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) text: String,
    place: Position,
}

/// Where something stands, seen along its own direction of writing.
#[derive(Debug, Clone, Copy)]
struct Position {
    start: f64,
    end: f64,
    /// Height of the baseline.
    base: f64,
    size: f64,
    /// Direction of writing, as a vector of length 1.
    along: (f64, f64),
}

impl Span {
    /// A piece that goes from one text matrix to another. None for what has no place or no size.
    pub(super) fn new(text: String, from: [f64; 6], to: [f64; 6], size: f64) -> Option<Self> {
        let text = clean(&text);
        let [a, b, c, d, x, y] = from;
        let length = a.hypot(b);
        let size_on_page = size.abs() * c.hypot(d);
        if text.is_empty() || !(length > 0.0 && length.is_finite() && size_on_page > 0.0 && size_on_page.is_finite()) {
            return None;
        }
        let sign = size.signum();
        let along = (a / length * sign, b / length * sign);
        let upside = if -along.1 * c * sign + along.0 * d * sign < 0.0 { -1.0 } else { 1.0 };
        let across = (-along.1 * upside, along.0 * upside);
        let start = x * along.0 + y * along.1;
        let end = to[4] * along.0 + to[5] * along.1;
        let base = x * across.0 + y * across.1;
        let is_placed = start.is_finite() && end.is_finite() && base.is_finite();
        let place = Position { start: start.min(end), end: end.max(start), base, size: size_on_page, along };
        is_placed.then_some(Self { text, place })
    }
}

/// Puts the pieces of a page together to lines.
pub(super) fn lines(spans: Vec<Span>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut previous: Option<Span> = None;
    for span in spans {
        if previous.as_ref().is_some_and(|previous| previous.is_painted_again_by(&span)) {
            continue;
        }
        match lines.last_mut() {
            Some(line) if line.place.goes_on_with(&span.place) => line.append(&span),
            _ if span.text.trim().is_empty() => {}
            _ => lines.push(Line { text: span.text.trim_start().to_owned(), place: span.place }),
        }
        previous = Some(span);
    }
    lines
}

impl Span {
    /// Some writers paint a piece twice, a little apart, to make it bold.
    fn is_painted_again_by(&self, other: &Self) -> bool {
        let apart = (self.place.start - other.place.start).hypot(self.place.base - other.place.base);
        self.text == other.text && apart < 0.2 * self.place.size
    }
}

impl Position {
    fn goes_on_with(&self, next: &Self) -> bool {
        let size = self.size.max(next.size);
        self.is_parallel_to(next) && (self.base - next.base).abs() < 0.5 * size && next.start > self.end - 1.5 * size
    }

    fn is_parallel_to(&self, other: &Self) -> bool {
        (self.along.0 - other.along.0).abs() + (self.along.1 - other.along.1).abs() < 0.02
    }

    fn width(&self) -> f64 {
        self.end - self.start
    }
}

impl Line {
    fn append(&mut self, span: &Span) {
        let gap = span.place.start - self.place.end;
        let size = self.place.size.min(span.place.size);
        if gap > WORD_GAP * size && !self.text.ends_with(' ') && !span.text.starts_with(' ') {
            self.text.push(' ');
        }
        self.text.push_str(&span.text);
        self.place.end = self.place.end.max(span.place.end);
        // A small piece is a note's number or an exponent: the line stays where its large pieces are.
        if span.place.size > self.place.size {
            (self.place.size, self.place.base) = (span.place.size, span.place.base);
        }
    }
}

/// Puts the lines of all pages together to paragraphs, with an empty line between them.
pub(super) fn text(pages: Vec<Vec<Line>>) -> String {
    let pages = without_furniture(pages);
    let measure = Measure::of(&pages);
    let hyphens = Hyphens::of(&pages);
    let mut text = String::new();
    let mut previous: Option<&Line> = None;
    for page in &pages {
        for (at, line) in page.iter().enumerate() {
            let words = line.text.trim();
            match previous {
                None => {}
                Some(previous) if !measure.is_one_paragraph(previous, line, at == 0) => text.push_str("\n\n"),
                Some(_) if ends_with_hyphen(&text) => hyphens.join(&mut text, words),
                Some(_) => text.push(' '),
            }
            text.extend(words.trim_end_matches(SOFT_HYPHEN).chars().filter(|char| *char != SOFT_HYPHEN));
            if words.ends_with(SOFT_HYPHEN) {
                text.push(SOFT_HYPHEN);
            }
            previous = Some(line);
        }
    }
    text.truncate(text.trim_end_matches(SOFT_HYPHEN).len());
    text
}

/// Page numbers, and running heads and feet: what stands first or last on a page and is only a number, or stands there at
/// the same height on three pages or more but for its digits.
fn without_furniture(pages: Vec<Vec<Line>>) -> Vec<Vec<Line>> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for page in &pages {
        for (at, line) in page.iter().enumerate() {
            if is_at_edge(at, page.len()) {
                *counts.entry(place_of_furniture(line)).or_default() += 1;
            }
        }
    }
    let is_furniture = |line: &Line| {
        let key = place_of_furniture(line);
        let is_number =
            !key.0.chars().any(char::is_alphanumeric) && line.text.chars().any(|char| char.is_ascii_digit());
        (is_number && line.text.trim().chars().count() <= 8) || counts.get(&key).is_some_and(|count| *count >= 3)
    };
    let keep = |page: Vec<Line>| {
        let length = page.len();
        let kept = page.into_iter().enumerate().filter(|(at, line)| !(is_at_edge(*at, length) && is_furniture(line)));
        kept.map(|(_, line)| line).collect()
    };
    // A page alone has no running head, and a number on it may be all that it says.
    if pages.len() < 2 { pages } else { pages.into_iter().map(keep).collect() }
}

fn is_at_edge(at: usize, length: usize) -> bool {
    at < EDGE || at + EDGE >= length
}

/// The text but for its digits, and its height in whole units.
fn place_of_furniture(line: &Line) -> (String, String) {
    let text = line.text.trim().chars().filter(|char| !char.is_ascii_digit()).collect();
    (text, format!("{:.0}", line.place.base))
}

/// What is usual in the document.
struct Measure {
    /// From one baseline to the next, in sizes.
    pitch: f64,
    /// Width of a full line.
    width: f64,
}

impl Measure {
    fn of(pages: &[Vec<Line>]) -> Self {
        let mut pitches = Vec::new();
        let mut widths = Vec::new();
        for page in pages {
            widths.extend(page.iter().map(|line| line.place.width()));
            for pair in page.windows(2) {
                if let [upper, lower] = pair {
                    let down = (upper.place.base - lower.place.base) / upper.place.size;
                    pitches.extend((0.5..3.0).contains(&down).then_some(down));
                }
            }
        }
        Self { pitch: quantile(pitches, 0.5).unwrap_or(1.2), width: quantile(widths, 0.8).unwrap_or(0.0) }
    }

    /// Whether a line goes on with the paragraph of the line before it.
    fn is_one_paragraph(&self, before: &Line, line: &Line, is_first_of_page: bool) -> bool {
        let (upper, lower) = (&before.place, &line.place);
        let ratio = lower.size / upper.size;
        if !upper.is_parallel_to(lower) || !(0.85..1.18).contains(&ratio) || is_item(&line.text) {
            return false;
        }
        let is_ended = ends_sentence(&before.text);
        let is_short = upper.width() < 0.8 * self.width;
        let down = (upper.base - lower.base) / upper.size;
        if is_first_of_page || down <= 0.0 {
            // The next column or page: only a sentence that goes on holds it together.
            return !is_ended && (!is_short || ends_with_hyphen(before.text.trim_end()));
        }
        let indent = (lower.start - upper.start) / upper.size;
        let is_indented = indent > 0.8 && indent < 6.0 && !is_item(&before.text);
        down < 1.3 * self.pitch && !(is_short && is_ended) && !(is_indented && is_ended)
    }
}

/// Begins as the items of lists do.
fn is_item(text: &str) -> bool {
    let text = text.trim_start();
    if text.starts_with(['•', '●', '▪', '■', '◦', '○', '–', '∙', '·', '*']) {
        return true;
    }
    let number = text.trim_start_matches(|char: char| char.is_ascii_digit());
    let digits = text.len() - number.len();
    (1..=2).contains(&digits) && (number.starts_with(". ") || number.starts_with(") "))
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end().trim_end_matches(['"', '”', '’', '\'', ')', ']', '»']).ends_with(['.', '!', '?', ':', '…'])
}

fn quantile(mut values: Vec<f64>, part: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index of a list that fits in memory"
    )]
    let at = (values.len().saturating_sub(1) as f64 * part) as usize;
    values.get(at).copied()
}

/// Characters as people type them: ligatures in letters, spaces plain, nothing that has no shape.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            'ﬀ' => cleaned.push_str("ff"),
            'ﬁ' => cleaned.push_str("fi"),
            'ﬂ' => cleaned.push_str("fl"),
            'ﬃ' => cleaned.push_str("ffi"),
            'ﬄ' => cleaned.push_str("ffl"),
            'ﬅ' | 'ﬆ' => cleaned.push_str("st"),
            '\t' | '\n' | '\r' | '\u{a0}' => cleaned.push(' '),
            '\u{feff}' | '\u{fffd}' => {}
            char if char.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&char) => {}
            char => cleaned.push(char),
        }
    }
    cleaned
}

/// A gap that is a space, in sizes: kerning is below 0.1, the narrowest spaces of justified lines are at 0.2.
const WORD_GAP: f64 = 0.15;
/// Lines at the top and at the bottom of a page that may be furniture.
const EDGE: usize = 2;
