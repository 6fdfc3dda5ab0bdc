//! From a document to scores and a verdict.

use super::assessment::{Confidence, Verdict};
use super::calibration::{self, Knot};
use super::document::{Document, Span};
use super::features;
use super::grams::Bag;
use super::model::Model;

/// A score with what it means at its length.
#[derive(Debug, Clone, Copy)]
pub struct Judgement {
    /// Log-odds before calibration.
    pub score: f64,
    /// Calibrated probability of AI.
    pub probability: f64,
    /// The calibration that was used.
    pub knot: Option<Knot>,
}

impl Judgement {
    /// The verdict by the thresholds, and how far to trust it.
    pub fn verdict(&self) -> (Verdict, Confidence) {
        let Some(knot) = self.knot else {
            return (Verdict::Uncertain, Confidence::Low);
        };
        if self.score > knot.ai_02 {
            (Verdict::Ai, Confidence::High)
        } else if self.score > knot.ai_1 {
            (Verdict::Ai, Confidence::Medium)
        } else if self.score < knot.human_1 {
            (Verdict::Human, Confidence::High)
        } else if self.score < knot.human_5 {
            (Verdict::Human, Confidence::Medium)
        } else {
            (Verdict::Uncertain, Confidence::Low)
        }
    }
}

/// Judges some sentences of a document and returns their features too.
pub fn judge(model: &Model<'_>, document: &Document, spans: &[Span], bag: &mut Bag) -> (Judgement, Vec<f32>) {
    let measured = features::measure(document, spans, &model.parts, bag);
    let score = model.stack.score(&measured);
    let words = spans.iter().map(|span| span.words).sum();
    let knot = calibration::at(&model.knots, words);
    let judgement = Judgement { score, probability: knot.map_or(0.5, |knot| knot.probability(score)), knot };
    (judgement, measured)
}

/// Probability of each sentence: the mean of the windows of about [`WINDOW`] words that cover it, since a sentence alone
/// says too little.
pub fn sentences(model: &Model<'_>, document: &Document, bag: &mut Bag, whole: f64) -> Vec<f64> {
    let spans = &document.sentences;
    let mut sums = vec![(0.0, 0.0); spans.len()];
    for (first, last) in windows(spans) {
        let window = spans.get(first..last).unwrap_or_default();
        let probability =
            if window.len() == spans.len() { whole } else { judge(model, document, window, bag).0.probability };
        for sum in sums.get_mut(first..last).unwrap_or_default() {
            sum.0 += probability;
            sum.1 += 1.0;
        }
    }
    sums.into_iter().map(|(sum, count)| if count > 0.0 { sum / count } else { whole }).collect()
}

/// Overlapping windows over the sentences: each of at least [`WINDOW`] words, a new one every half window. Together they
/// hold at most about three times the text, whatever its shape.
fn windows(spans: &[Span]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut first, mut last, mut words) = (0, 0, 0);
    while last < spans.len() {
        while words < WINDOW
            && let Some(span) = spans.get(last)
        {
            words += span.words;
            last += 1;
        }
        found.push((first, last));
        let mut passed = 0;
        while passed < WINDOW / 2
            && let Some(span) = spans.get(first)
            && first < last
        {
            passed += span.words;
            words -= span.words;
            first += 1;
        }
    }
    // A short rest at the end is judged with what stands before it.
    if let [.., before, rest] = found.as_mut_slice() {
        let (first, last) = *rest;
        let words: usize = spans.get(first..last).unwrap_or_default().iter().map(|s| s.words).sum();
        if words < WINDOW {
            let mut start = first;
            let mut sum = words;
            while sum < WINDOW && start > before.0 {
                start -= 1;
                sum += spans.get(start).map_or(0, |span| span.words);
            }
            rest.0 = start;
        }
    }
    found
}

/// Least words of a window.
pub const WINDOW: usize = 80;
