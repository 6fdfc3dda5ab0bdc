//! Which collection of the training a text looks like, by its words and pairs of words: one linear score for each collection
//! and label.
//!
//! The best of these scores says whether the detector is on familiar ground. A text like nothing it has learnt from scores low
//! in all of them.

use super::document::{Document, Span};
use super::grams::{self, Bag, EDGE, LEVELS};
use super::token::Kind;

/// Collections that are told apart at most: the largest, people and machines apart.
pub const SLOTS: usize = 16;
/// Buckets of words and pairs of words.
pub const BUCKETS: usize = 1 << 16;
/// The score of each collection, then the best, the second and the third of them.
pub const FEATURES: usize = SLOTS + BEST;
const BEST: usize = 3;

/// Weights of all collections.
#[derive(Debug, Clone)]
pub struct Collections<'a> {
    /// The weights of each bucket, one signed byte a collection, companded like those of the tables.
    weights: &'a [[u8; SLOTS]],
    /// What the largest byte stands for and what is added, for each collection.
    scales: [[f64; 2]; SLOTS],
}

impl<'a> Collections<'a> {
    /// Weights as they stand in the file: [`SLOTS`] bytes a bucket; scale and offset of each collection.
    pub fn new(weights: &'a [u8], scales: &[f64]) -> Option<Self> {
        let (weights, rest) = weights.as_chunks::<SLOTS>();
        let (scales, odd) = scales.as_chunks::<2>();
        let scales: [[f64; 2]; SLOTS] = scales.try_into().ok()?;
        let is_sound = weights.len() == BUCKETS && rest.is_empty() && odd.is_empty();
        (is_sound && scales.as_flattened().iter().all(|field| field.is_finite())).then_some(Self { weights, scales })
    }

    /// How much some sentences look like each collection; about 1 in it and -1 outside.
    pub fn features(&self, document: &Document, spans: &[Span], bag: &mut Bag) -> [f64; FEATURES] {
        spans.iter().for_each(|&span| visit(document, span, |bucket| bag.add(bucket)));
        let (mut sums, mut square) = ([0_i64; SLOTS], 0_i64);
        bag.drain(|bucket, value| {
            square += value * value;
            let Some(row) = self.weights.get(bucket) else { return };
            sums.iter_mut().zip(row).for_each(|(sum, &byte)| *sum += grams::steps(byte) * value);
        });
        let length = (square.max(1) as f64).sqrt();
        let mut features = [0.0; FEATURES];
        let (scores, best) = features.split_at_mut(SLOTS);
        for ((score, sum), [scale, offset]) in scores.iter_mut().zip(sums).zip(self.scales) {
            *score = sum as f64 * (scale / (LEVELS * LEVELS)) / length + offset;
        }
        let mut order = scores.to_vec();
        order.sort_unstable_by(|a, b| b.total_cmp(a));
        best.iter_mut().zip(order).for_each(|(slot, score)| *slot = score);
        features
    }
}

/// Calls `visit` with the bucket of each word of a sentence and of each pair.
pub fn visit(document: &Document, span: Span, mut visit: impl FnMut(usize)) {
    let mut before = EDGE;
    for token in document.span(span) {
        if token.kind != Kind::Break {
            visit(narrow(grams::word_bucket(token.word)));
            visit(narrow(grams::pair_bucket(before, token.word)));
            before = token.word;
        }
    }
}

/// The bucket here of what has this one in the tables, which have more.
fn narrow(bucket: usize) -> usize {
    bucket / (grams::BUCKETS / BUCKETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Vec<u8> {
        let document = Document::new("alpha");
        let mut weights = vec![0; BUCKETS * SLOTS];
        document.sentences.iter().for_each(|&span| visit(&document, span, |bucket| weights[bucket * SLOTS + 2] = 8));
        weights
    }

    #[test]
    fn a_text_scores_by_the_words_of_each_collection_and_the_best_come_last() {
        let weights = weights();
        let scales: Vec<f64> = (0..SLOTS).flat_map(|_| [2.0, -1.0]).collect();
        let collections = Collections::new(&weights, &scales).unwrap();
        let document = Document::new("alpha");
        let features = collections.features(&document, &document.sentences, &mut Bag::default());
        // The word and its pair with the start of the sentence, each of weight 2, in a row of length one.
        assert!((features[2] - (2.0 * 2.0_f64.sqrt() - 1.0)).abs() < 1e-9, "{features:?}");
        assert_eq!(features[0], -1.0);
        assert_eq!(features[SLOTS..], [features[2], -1.0, -1.0]);
    }

    #[test]
    fn a_text_without_words_scores_the_offsets() {
        let weights = weights();
        let scales: Vec<f64> = (0..SLOTS).flat_map(|at| [2.0, at as f64]).collect();
        let collections = Collections::new(&weights, &scales).unwrap();
        let features = collections.features(&Document::new(""), &[], &mut Bag::default());
        assert_eq!(features[SLOTS..], [15.0, 14.0, 13.0]);
    }

    #[test]
    fn tables_of_another_size_or_with_odd_numbers_are_refused() {
        let weights = weights();
        assert!(Collections::new(&weights[1..], &[0.0; 2 * SLOTS]).is_none());
        assert!(Collections::new(&weights, &[0.0; 2 * SLOTS - 1]).is_none());
        assert!(Collections::new(&weights, &[f64::NAN; 2 * SLOTS]).is_none());
    }
}
