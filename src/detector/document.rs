//! A text taken apart: tokens in sentences. All features are measured on it.

use super::hash;
use super::normal::Normal;
use super::token::{self, Kind, Shape, Token};

/// A text ready to be measured.
#[derive(Debug, Clone)]
pub struct Document {
    /// The normalised text.
    pub normal: Normal,
    /// Its tokens in order.
    pub tokens: Vec<Token>,
    /// Its sentences in order: token ranges that do not overlap and are not empty.
    pub sentences: Vec<Span>,
}

/// A range of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First token.
    pub start: usize,
    /// One past the last token.
    pub end: usize,
    /// Words among them.
    pub words: usize,
}

impl Document {
    /// Takes a text apart in linear time.
    pub fn new(text: &str) -> Self {
        let normal = Normal::new(text);
        let mut tokens = token::tokens(&normal.text);
        let sentences = sentences(&tokens, &normal.text);
        // A capital at the start of a sentence tells nothing about the word.
        for span in &sentences {
            if let Some(first) = tokens.get_mut(span.start)
                && first.shape == Shape::Capital
            {
                first.mask = hash::chain(FIRST, first.mask);
            }
        }
        Self { normal, tokens, sentences }
    }

    /// Number of words.
    pub fn words(&self) -> usize {
        self.sentences.iter().map(|span| span.words).sum()
    }

    /// The tokens of a span.
    pub fn span(&self, span: Span) -> &[Token] {
        self.tokens.get(span.start..span.end).unwrap_or_default()
    }

    /// UTF-16 range of a span in the original text.
    pub fn units(&self, span: Span) -> Option<(usize, usize)> {
        let tokens = self.span(span);
        let (first, last) = (tokens.first()?, tokens.last()?);
        Some((self.normal.start_unit(first.start), self.normal.end_unit(last.end)))
    }
}

fn sentences(tokens: &[Token], text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    // Words are counted on the way: stops without words between them would have each stretch counted over and over.
    let (mut start, mut words) = (0, 0);
    for (index, token) in tokens.iter().enumerate() {
        words += usize::from(token.counts());
        let is_break = token.kind == Kind::Break;
        if !is_break && (words == 0 || !ends_sentence(tokens, index, text)) {
            continue;
        }
        if words > 0 {
            spans.push(Span { start, end: if is_break { index } else { index + 1 }, words });
        }
        (start, words) = (index + 1, 0);
    }
    if words > 0 {
        spans.push(Span { start, end: tokens.len(), words });
    }
    spans
}

/// Whether the sentence ends with this token: a stop, then perhaps closing quotes, then a space and what may begin one.
fn ends_sentence(tokens: &[Token], index: usize, text: &str) -> bool {
    let at = |i: usize| tokens.get(i);
    let Some(next) = at(index + 1) else {
        return true;
    };
    if !next.spaced || next.kind == Kind::Break {
        return false;
    }
    let closing = |t: &Token| matches!(t.kind, Kind::Punct('"' | '\'' | ')' | ']'));
    let mut stop = index;
    while stop > 0 && index - stop < 3 && at(stop).is_some_and(closing) {
        stop -= 1;
    }
    let Some(Kind::Punct(mark)) = at(stop).map(|t| t.kind) else {
        return false;
    };
    if !matches!(mark, '.' | '!' | '?') {
        return false;
    }
    let bare_stop = mark == '.' && stop == index;
    let before = stop.checked_sub(1).and_then(at);
    match next.kind {
        Kind::Word if bare_stop && next.shape == Shape::Lower => ends_before_small(at(stop), before, text),
        Kind::Word => !(bare_stop && abbreviation(before, text)),
        Kind::Number | Kind::Link => !(bare_stop && (abbreviation(before, text) || small_abbreviation(before, text))),
        Kind::Punct(c) => matches!(c, '"' | '\'' | '(' | '[') && !(bare_stop && abbreviation(before, text)),
        Kind::Break => false,
    }
}

/// Informal writing begins sentences small: a stop ends one there too, but not that of an ellipsis, of a number, or of
/// anything that may be an abbreviation.
fn ends_before_small(stop: Option<&Token>, before: Option<&Token>, text: &str) -> bool {
    let single = stop.is_some_and(|stop| stop.chars == 1 && !stop.spaced);
    let Some(before) = before.filter(|before| single && before.is_word()) else {
        return false;
    };
    let word = text.get(before.start..before.end).unwrap_or_default();
    let letter = before.chars == 1 && !matches!(word, "i" | "I" | "u");
    !letter && !abbreviation(Some(before), text) && !small_abbreviation(Some(before), text)
}

fn small_abbreviation(before: Option<&Token>, text: &str) -> bool {
    let word = before.and_then(|t| text.get(t.start..t.end)).filter(|word| word.len() <= 5);
    word.is_some_and(|word| BEFORE_SMALL.contains(&word.to_lowercase().as_str()))
}

fn abbreviation(before: Option<&Token>, text: &str) -> bool {
    let Some(word) = before.and_then(|t| text.get(t.start..t.end)) else {
        return false;
    };
    let initial = word.chars().count() == 1 && word != "I" && word.chars().all(char::is_uppercase);
    initial || ABBREVIATIONS.contains(&word)
}

const ABBREVIATIONS: &[&str] = &[
    "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Mt", "Jr", "Sr", "vs", "etc", "Fig", "Figs", "Eq", "al", "cf", "ie", "eg",
    "No", "Vol", "pp", "Inc", "Ltd", "Co", "Gen", "Sen", "Rep", "Gov", "Capt", "Lt", "Col", "approx", "e", "g",
];

/// What else is abbreviated before a small letter, in small letters.
#[rustfmt::skip]
const BEFORE_SMALL: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "mt", "jr", "sr", "fig", "figs", "eq", "eqs", "vol", "inc", "ltd", "corp",
    "bros", "gen", "sen", "rep", "gov", "capt", "lt", "col", "dept", "govt", "univ", "assn", "ave", "blvd", "rd",
    "jan", "feb", "apr", "jun", "jul", "aug", "sept", "oct", "nov", "dec", "mon", "tue", "tues", "thu", "thurs", "fri",
    "ca", "viz", "resp", "incl", "excl", "esp", "est", "orig", "misc", "avg", "std", "min", "max", "sec", "secs",
    "hr", "hrs", "mins", "ft", "lb", "lbs", "oz", "yr", "yrs", "tel", "eds", "op", "cit", "ibid",
    "ref", "refs", "ch", "chap", "thm", "lem", "prop", "sect", "ph", "wrt", "aka", "iid", "abbr", "dist",
    "eng", "econ", "intl", "natl", "temp", "ver", "sq", "cu", "pt", "pts", "qt", "tbsp", "tsp", "bldg",
];

const FIRST: u64 = 0x510e_527f_ade6_82d1;

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let document = Document::new(text);
        let units: Vec<u16> = text.encode_utf16().collect();
        document
            .sentences
            .iter()
            .filter_map(|&span| document.units(span))
            .filter_map(|(start, end)| units.get(start..end))
            .map(String::from_utf16_lossy)
            .collect()
    }

    #[test]
    fn sentences_end_at_stops_and_not_at_abbreviations() {
        assert_eq!(
            cut("Mr. Smith came. \"Hello!\" he said. Is it 3.5? Yes"),
            ["Mr. Smith came.", "\"Hello!\"", "he said.", "Is it 3.5?", "Yes"]
        );
    }

    #[test]
    fn informal_sentences_end_at_stops_and_begin_small() {
        assert_eq!(
            cut("i dont know. my brother says no. so do i. whatever! ok? lol"),
            ["i dont know.", "my brother says no.", "so do i.", "whatever!", "ok?", "lol"]
        );
    }

    #[test]
    fn a_stop_before_a_small_letter_may_belong_to_an_abbreviation_a_number_an_ellipsis_or_an_address() {
        for whole in [
            "Apples, pears, etc. are cheap, e.g. here, i.e. in the U.S. market at 5 p.m. on Ph.D. day.",
            "We met dr. smith and Acme Inc. people of vol. 3. and so on",
            "She waited ... and waited... then www.example.com. had it",
            "Vectors x. and y. are i.i.d. samples",
        ] {
            assert_eq!(cut(whole), [whole]);
        }
    }

    #[test]
    fn offsets_count_utf16_units_of_the_original() {
        assert_eq!(
            cut("😀 One “two”\u{200b} three. \u{a0}Ｆｏｕｒ five… Six."),
            ["😀 One “two”\u{200b} three.", "Ｆｏｕｒ five…", "Six."]
        );
    }

    #[test]
    fn list_items_and_headings_are_sentences_of_their_own() {
        assert_eq!(
            cut("# Title here\n- first item\n- second item\n\nA line\nthat goes on."),
            ["Title here", "first item", "second item", "A line\nthat goes on."]
        );
    }
}
