//! All that is measured on a text, in the order in which the trees know it.

use super::collections::{self, Collections};
use super::document::{Document, Span};
use super::grams::{self, Bag, Score, Table, Weights};
use super::lm::{self, Lm, Unit};
use super::style;

/// Number of features.
pub const COUNT: usize =
    style::COUNT + Table::ALL.len() * PER_TABLE + Unit::ALL.len() * lm::FEATURES + collections::FEATURES;

/// The parts of a model that measure.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    /// Linear weights, in the order of [`Table::ALL`].
    pub tables: [Weights<'a>; Table::ALL.len()],
    /// Language models, in the order of [`Unit::ALL`].
    pub lms: [Lm<'a>; Unit::ALL.len()],
    /// What tells the collections of the training apart.
    pub collections: Collections<'a>,
}

/// Features made of each table's scores.
pub const PER_TABLE: usize = 5;

/// The features of some sentences of a document.
pub fn measure(document: &Document, spans: &[Span], parts: &Parts<'_>, bag: &mut Bag) -> Vec<f32> {
    let mut all = style::features(document, spans);
    let [words, masks, chars, home_words, home_chars] = parts.tables;
    let [words, home_words] = grams::score(document, Table::Words, spans, [words, home_words], bag);
    let [masks] = grams::score(document, Table::Masks, spans, [masks], bag);
    let [chars] = grams::score(document, Table::Chars, spans, [chars], bag);
    let [home_chars] = grams::score(document, Table::HomeChars, spans, [home_chars], bag);
    for score in [words, masks, chars, home_words, home_chars] {
        all.extend(linear(&score));
    }
    for (unit, lm) in Unit::ALL.into_iter().zip(&parts.lms) {
        all.extend(lm.features(document, unit, spans));
    }
    all.extend(parts.collections.features(document, spans, bag));
    narrow(&all)
}

/// How a linear score speaks of the whole and how it spreads over the sentences.
fn linear(score: &Score) -> [f64; PER_TABLE] {
    let (mean, sd) = style::moments(&score.sentences);
    let lowest = score.sentences.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = score.sentences.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    [score.whole, mean, sd, finite(lowest), finite(highest)]
}

#[expect(clippy::cast_possible_truncation, reason = "the trees compare in f32")]
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}
