//! All that is measured on a text, in the order in which the trees know it.

use super::document::{Document, Span};
use super::grams::{self, Bag, Score, Table, Weights};
use super::lm::{self, Lm, Unit};
use super::style;

/// Number of features.
pub const COUNT: usize = style::COUNT + Table::ALL.len() * PER_TABLE + Unit::ALL.len() * lm::FEATURES;

/// The parts of a model that measure.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Linear weights, in the order of [`Table::ALL`].
    pub tables: [Weights<'a>; Table::ALL.len()],
    /// Language models, in the order of [`Unit::ALL`].
    pub lms: [Lm<'a>; Unit::ALL.len()],
}

/// Features made of each table's scores.
pub const PER_TABLE: usize = 5;

/// The features of some sentences of a document.
pub fn measure(document: &Document, spans: &[Span], parts: &Parts<'_>, bag: &mut Bag) -> Vec<f32> {
    let mut all = style::features(document, spans);
    for (table, weights) in Table::ALL.into_iter().zip(parts.tables) {
        let score = grams::score(document, table, spans, weights, bag);
        all.extend(linear(&score));
    }
    for (unit, lm) in Unit::ALL.into_iter().zip(parts.lms) {
        all.extend(lm.features(document, unit, spans));
    }
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
