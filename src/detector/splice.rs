//! Does a text change hands? One boundary, two parts, against none.
//!
//! The sentences' probabilities come from overlapping windows and are blurred over a window's length, so that in a text of
//! two short parts neither looks clearly human or clearly not. The place where they change most is still right, and the
//! two parts on either side of it, each judged as a text of its own, tell more than any window.

use super::calibration;
use super::document::{Document, Span};
use super::grams::Bag;
use super::judge;
use super::model::Model;

/// Whether the text begins by a person and goes on by a machine, or the other way round.
pub fn is_spliced(model: &Model<'_>, document: &Document, probabilities: &[f64], bag: &mut Bag) -> bool {
    let Some((boundary, step)) = boundary(&document.sentences, probabilities) else {
        return false;
    };
    // Only then is it worth judging the parts, which takes as long as judging the whole once more.
    if step < LEAST_STEP {
        return false;
    }
    let Some((before, after)) = document.sentences.split_at_checked(boundary) else {
        return false;
    };
    let mut log_odds = |part| calibration::log_odds(judge::judge(model, document, part, bag).0.probability);
    let (before, after) = (log_odds(before), log_odds(after));
    before.min(after) < CLEARLY_HUMAN && before.max(after) > CLEARLY_MACHINE
}

/// The sentence before which the log-odds change most, as two levels explain them best (least squares, each sentence by its
/// words), and the step between the levels. None if no part would have [`LEAST_WORDS`].
fn boundary(sentences: &[Span], probabilities: &[f64]) -> Option<(usize, f64)> {
    let points = || sentences.iter().zip(probabilities).map(|(span, p)| (span.words as f64, calibration::log_odds(*p)));
    let (words, sum) =
        points().fold((0.0, 0.0), |(words, sum), (weight, value)| (words + weight, sum + weight * value));
    let mut best: Option<(usize, f64)> = None;
    let mut most = 0.0;
    let (mut left_words, mut left_sum) = (0.0, 0.0);
    for (at, (weight, value)) in points().enumerate() {
        left_words += weight;
        left_sum += weight * value;
        let right_words = words - left_words;
        if left_words < LEAST_WORDS || right_words < LEAST_WORDS {
            continue;
        }
        let step = left_sum / left_words - (sum - left_sum) / right_words;
        let explained = left_words * right_words * step * step;
        if best.is_none() || explained > most {
            (best, most) = (Some((at + 1, step.abs())), explained);
        }
    }
    best
}

/// Words that each part must have: with fewer, a part says too little.
const LEAST_WORDS: f64 = 60.0;
/// Step between the two levels, in log-odds, from which the parts are judged.
const LEAST_STEP: f64 = 2.0;
/// Log-odds below which a part is clearly human, and above which the other is clearly not. On dev they find 105 of 215
/// splices, and 13 of 1,211 texts by one hand are called mixed; MODEL.md has what others did.
const CLEARLY_HUMAN: f64 = -1.2;
/// See [`CLEARLY_HUMAN`].
const CLEARLY_MACHINE: f64 = 3.5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sentences(words: &[usize]) -> Vec<Span> {
        words.iter().map(|&words| Span { start: 0, end: 0, words }).collect()
    }

    #[test]
    fn finds_the_place_where_the_level_changes() {
        let spans = sentences(&[20; 10]);
        let probabilities = [0.1, 0.12, 0.08, 0.3, 0.9, 0.95, 0.9, 0.97, 0.92, 0.94];
        let (at, step) = boundary(&spans, &probabilities).unwrap();
        assert_eq!(at, 4);
        assert!(step > LEAST_STEP);
    }

    #[test]
    fn a_part_of_few_words_is_none() {
        // The only change is after 40 words: both parts must be longer, so a later place is the best there is.
        let (at, _) = boundary(&sentences(&[20; 10]), &[0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]).unwrap();
        assert_eq!(at, 3);
        assert_eq!(boundary(&sentences(&[20; 5]), &[0.9, 0.9, 0.1, 0.1, 0.1]), None);
        assert_eq!(boundary(&[], &[]), None);
        assert_eq!(boundary(&sentences(&[1_000]), &[0.5]), None);
    }

    proptest! {
        #[test]
        fn both_parts_have_their_words(texts in proptest::collection::vec((0_usize..60, 0.0_f64..=1.0), 0..60)) {
            let (words, probabilities): (Vec<_>, Vec<_>) = texts.into_iter().unzip();
            if let Some((at, step)) = boundary(&sentences(&words), &probabilities) {
                prop_assert!(step.is_finite() && step >= 0.0);
                for part in [&words[..at], &words[at..]] {
                    prop_assert!(part.iter().sum::<usize>() as f64 >= LEAST_WORDS);
                }
            }
        }
    }
}
