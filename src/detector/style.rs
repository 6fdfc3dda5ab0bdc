//! Style features: how a text is built, whatever it is about.

use super::document::{Document, Span};
use super::lexicon::{CLASSES, Class};
use super::token::{Kind, Shape, Token};

/// Names of the features, in the order of [`features`].
pub const NAMES: [&str; COUNT] = [
    "log_words",
    "sentence_words_mean",
    "sentence_words_sd",
    "sentence_words_cv",
    "sentence_words_step",
    "sentence_words_min",
    "sentence_words_max",
    "short_sentences",
    "long_sentences",
    "word_chars_mean",
    "word_chars_sd",
    "long_words",
    "very_long_words",
    "vocabulary",
    "hapax",
    "repeated_pairs",
    "content_words",
    "commas",
    "semicolons",
    "colons",
    "dashes",
    "hyphens",
    "brackets",
    "quotes",
    "exclamations",
    "questions",
    "ellipses",
    "stops",
    "other_marks",
    "mark_runs",
    "contractions",
    "possessives",
    "numbers",
    "links",
    "upper_words",
    "capital_words",
    "mixed_words",
    "small_i",
    "small_starts",
    "missing_spaces",
    "loose_marks",
    "stretched_words",
    "triads",
    "starts_distinct",
    "starts_commonest",
    "starts_connective",
    "starts_the",
    "starts_i",
    "starts_participle",
    "ing_words",
    "ed_words",
    "ly_words",
    "nominal_words",
    "plural_words",
    "adjectival_words",
    "commas_per_sentence_sd",
    "comma_sentences",
    "articles",
    "first_person",
    "first_plural",
    "second_person",
    "third_person",
    "prepositions",
    "conjunctions",
    "subordinators",
    "auxiliaries",
    "modals",
    "negations",
    "determiners",
    "connectives",
    "intensifiers",
    "fillers",
    "hedges",
    "other_function_words",
];

/// Number of style features.
pub const COUNT: usize = 57 + CLASSES - 1;

/// Measures the style of some sentences. Shares are per word or per sentence; all values are finite.
pub fn features(document: &Document, spans: &[Span]) -> Vec<f64> {
    let mut counts = Counts::default();
    for &span in spans {
        counts.sentence(document, document.span(span), span.words);
    }
    counts.features()
}

#[derive(Default)]
struct Counts {
    words: f64,
    marks: [f64; 12],
    classes: [f64; CLASSES],
    lengths: Vec<f64>,
    commas: Vec<f64>,
    starts: Vec<u64>,
    types: Vec<u64>,
    pairs: Vec<u64>,
    chars: f64,
    chars_square: f64,
    long: f64,
    very_long: f64,
    runs: f64,
    contractions: f64,
    possessives: f64,
    numbers: f64,
    links: f64,
    upper: f64,
    capital: f64,
    mixed: f64,
    small_i: f64,
    small_starts: f64,
    missing_spaces: f64,
    loose_marks: f64,
    stretched: f64,
    triads: f64,
    starts_connective: f64,
    starts_the: f64,
    starts_i: f64,
    starts_participle: f64,
    endings: [f64; 6],
}

impl Counts {
    fn sentence(&mut self, document: &Document, tokens: &[Token], words: usize) {
        self.lengths.push(words as f64);
        let commas_before = self.mark(COMMA);
        let mut before: Option<&Token> = None;
        let mut started = false;
        let mut commas_since = 0;
        for token in tokens {
            let slice = document.normal.text.get(token.start..token.end).unwrap_or_default();
            if token.counts() {
                self.words += 1.0;
            }
            match token.kind {
                Kind::Word => {
                    self.word(token, slice, started);
                    if !started {
                        self.start(token, slice);
                    }
                    // "swift, silent, and strong"
                    if slice == "and" && before.is_some_and(|b| b.kind == Kind::Punct(',')) && commas_since >= 2 {
                        self.triads += 1.0;
                    }
                }
                Kind::Number => self.numbers += 1.0,
                Kind::Link => self.links += 1.0,
                Kind::Punct(mark) => {
                    if mark == ',' {
                        commas_since += 1;
                    }
                    self.punct(token, mark);
                }
                Kind::Break => {}
            }
            started |= token.counts();
            if let Some(before) = before {
                self.pairs.push(super::hash::chain(before.word, token.word));
                let stop = matches!(before.kind, Kind::Punct(',' | '.' | '!' | '?' | ';' | ':'));
                if stop && token.is_word() && !token.spaced {
                    self.missing_spaces += 1.0;
                }
            }
            before = Some(token);
        }
        let commas = self.mark(COMMA) - commas_before;
        self.commas.push(commas);
    }

    fn word(&mut self, token: &Token, slice: &str, started: bool) {
        let chars = f64::from(token.chars);
        self.chars += chars;
        self.chars_square += chars * chars;
        self.long += count(token.chars >= 7);
        self.very_long += count(token.chars >= 11);
        self.types.push(token.word);
        if let Some(class) = self.classes.get_mut(token.class as usize) {
            *class += 1.0;
        }
        match token.shape {
            Shape::Lower => {}
            Shape::Capital => self.capital += count(started && slice != "I"),
            Shape::Upper => self.upper += 1.0,
            Shape::Mixed => self.mixed += 1.0,
        }
        self.small_i += count(slice == "i");
        if let Some((_, tail)) = slice.split_once('\'') {
            if tail == "s" && token.class == Class::Content {
                self.possessives += 1.0;
            } else {
                self.contractions += 1.0;
            }
        }
        self.stretched += count(stretched(slice));
        if token.class == Class::Content {
            for (endings, seen) in ENDINGS.iter().zip(&mut self.endings) {
                if endings.iter().any(|ending| slice.ends_with(ending)) {
                    *seen += 1.0;
                }
            }
        }
    }

    fn start(&mut self, token: &Token, slice: &str) {
        self.starts.push(token.word);
        self.small_starts += count(token.shape == Shape::Lower);
        self.starts_connective += count(token.class == Class::Connective);
        self.starts_the += count(matches!(slice, "The" | "the" | "This" | "this" | "These"));
        self.starts_i += count(token.class == Class::FirstPerson);
        self.starts_participle += count(slice.ends_with("ing"));
    }

    fn punct(&mut self, token: &Token, mark: char) {
        let index = match mark {
            ',' => COMMA,
            ';' => 1,
            ':' => 2,
            '-' if token.spaced || token.chars > 1 => 3,
            '-' => 4,
            '(' | ')' | '[' | ']' => 5,
            '"' | '\'' => 6,
            '!' => 7,
            '?' => 8,
            '.' if token.chars > 1 => 9,
            '.' => 10,
            _ => 11,
        };
        if let Some(seen) = self.marks.get_mut(index) {
            *seen += 1.0;
        }
        self.runs += count(token.chars > 1 && mark != '.' && mark != '-');
        self.loose_marks += count(token.spaced && matches!(mark, ',' | '.' | '!' | '?' | ';' | ':'));
    }

    fn mark(&self, index: usize) -> f64 {
        self.marks.get(index).copied().unwrap_or(0.0)
    }

    fn features(mut self) -> Vec<f64> {
        let words = self.words.max(1.0);
        let sentences = (self.lengths.len() as f64).max(1.0);
        let (mean, sd) = moments(&self.lengths);
        let steps: Vec<f64> = self
            .lengths
            .windows(2)
            .map(|pair| match pair {
                [a, b] => (a - b).abs(),
                _ => 0.0,
            })
            .collect();
        let shortest = self.lengths.iter().copied().fold(f64::INFINITY, f64::min);
        let longest = self.lengths.iter().copied().fold(0.0, f64::max);
        let share = |test: &dyn Fn(f64) -> bool| self.lengths.iter().filter(|&&l| test(l)).count() as f64 / sentences;
        let plain = self.types.len().max(1) as f64;
        let word_mean = self.chars / plain;
        let word_sd = (self.chars_square / plain - word_mean * word_mean).max(0.0).sqrt();
        let (short, long) = (share(&|l| l < 8.0), share(&|l| l > 30.0));
        let (vocabulary, hapax) = richness(&self.types);
        let pairs = self.pairs.len().max(1) as f64;
        let repeated = 1.0 - distinct(&mut self.pairs) / pairs;
        let commonest = commonest(&mut self.starts) / sentences;
        let starts = distinct(&mut self.starts) / sentences;
        let content = self.classes.first().copied().unwrap_or(0.0);
        let mut all = vec![
            libm::log(words),
            mean,
            sd,
            sd / mean.max(1.0),
            moments(&steps).0 / mean.max(1.0),
            if shortest.is_finite() { shortest } else { 0.0 },
            longest,
            short,
            long,
            word_mean,
            word_sd,
            self.long / words,
            self.very_long / words,
            vocabulary,
            hapax,
            repeated,
            content / words,
        ];
        all.extend(self.marks.iter().map(|m| m / words));
        all.extend(
            [
                self.runs,
                self.contractions,
                self.possessives,
                self.numbers,
                self.links,
                self.upper,
                self.capital,
                self.mixed,
                self.small_i,
            ]
            .map(|n| n / words),
        );
        all.push(self.small_starts / sentences);
        all.extend([self.missing_spaces, self.loose_marks, self.stretched, self.triads].map(|n| n / words));
        all.extend([starts, commonest]);
        all.extend(
            [self.starts_connective, self.starts_the, self.starts_i, self.starts_participle].map(|n| n / sentences),
        );
        all.extend(self.endings.iter().map(|n| n / words));
        all.push(moments(&self.commas).1);
        all.push(self.commas.iter().filter(|&&c| c > 0.0).count() as f64 / sentences);
        all.extend(self.classes.iter().skip(1).map(|n| n / words));
        all
    }
}

/// Mean and standard deviation.
pub fn moments(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    (mean, (square / count).sqrt())
}

/// Share of different words and of words that come once, averaged over stretches of fifty words, so that a long text
/// is not poorer than a short one.
fn richness(words: &[u64]) -> (f64, f64) {
    let (mut vocabulary, mut hapax, mut stretches) = (0.0, 0.0, 0.0);
    let mut sorted = Vec::with_capacity(STRETCH);
    for stretch in words.chunks(STRETCH) {
        if stretch.len() < STRETCH && stretches > 0.0 {
            break;
        }
        sorted.clear();
        sorted.extend_from_slice(stretch);
        sorted.sort_unstable();
        let runs = || sorted.chunk_by(|a, b| a == b);
        vocabulary += runs().count() as f64 / stretch.len() as f64;
        hapax += runs().filter(|run| run.len() == 1).count() as f64 / stretch.len() as f64;
        stretches += 1.0;
    }
    let stretches = f64::max(stretches, 1.0);
    (vocabulary / stretches, hapax / stretches)
}

fn distinct(hashes: &mut [u64]) -> f64 {
    hashes.sort_unstable();
    hashes.chunk_by(|a, b| a == b).count() as f64
}

fn commonest(hashes: &mut [u64]) -> f64 {
    hashes.sort_unstable();
    let longest = hashes.chunk_by(|a, b| a == b).map(<[u64]>::len).max();
    longest.unwrap_or(0) as f64
}

/// The same letter three times in a row.
fn stretched(word: &str) -> bool {
    word.as_bytes().windows(3).any(|w| matches!(w, [a, b, c] if a == b && b == c && a.is_ascii_alphabetic()))
}

fn count(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

const COMMA: usize = 0;
const STRETCH: usize = 50;
const ENDINGS: [&[&str]; 6] = [
    &["ing"],
    &["ed"],
    &["ly"],
    &["tion", "tions", "ment", "ments", "ness", "ity", "ities", "ence", "ance"],
    &["s"],
    &["ous", "ive", "al", "ful", "able", "ible", "ic"],
];
