//! Learns what tells the collections of the training apart: one against all others, for each.

use std::cmp::Reverse;

use edgekeep::detector::collections::{BUCKETS, SLOTS};

use crate::fit::Options;
use crate::linear::{self, Target};
use crate::prepare::Prepared;
use crate::rng::Rng;

/// The bytes of the weights, and scale and offset of each collection, as they stand in the file.
#[derive(Debug, Clone)]
pub struct Built {
    /// [`SLOTS`] bytes a bucket.
    pub weights: Vec<u8>,
    /// Scale and offset of each slot.
    pub scales: Vec<f64>,
}

/// The slot of each row: the largest pairs of source and label have one.
pub fn slots(data: &Prepared, subset: &[usize]) -> Vec<Option<usize>> {
    let pair = |row: usize| 2 * data.rows[row].source + usize::from(data.rows[row].ai);
    let mut sizes = vec![0_usize; 2 * data.sources.len()];
    subset.iter().filter(|&&row| !data.rows[row].window).for_each(|&row| sizes[pair(row)] += 1);
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&pair| sizes[pair] >= LEAST_TEXTS).collect();
    order.sort_by_key(|&pair| (Reverse(sizes[pair]), pair));
    order.truncate(SLOTS);
    (0..data.rows.len()).map(|row| order.iter().position(|&slot| slot == pair(row))).collect()
}

/// Learns from some rows.
pub fn build(data: &Prepared, rows: &[usize], slots: &[Option<usize>], options: &Options, rng: &mut Rng) -> Built {
    let mut built = Built { weights: vec![0; BUCKETS * SLOTS], scales: Vec::new() };
    for slot in 0..SLOTS {
        let is_in = |row: usize| slots[row] == Some(slot);
        if !rows.iter().any(|&row| is_in(row)) {
            built.scales.extend([0.0, -1.0]);
            continue;
        }
        let targets: Vec<Target> = rows
            .iter()
            .map(|&row| {
                let cost = COST * options.own_weight(&data.rows[row]) as f32;
                Target { row, ai: is_in(row), cost, kind: 0, whole: !data.rows[row].window }
            })
            .collect();
        let learnt = linear::train(&data.words, BUCKETS, 1, &targets, &options.home, rng);
        let (bytes, scale) = linear::quantise(&learnt.weights);
        built.scales.extend([scale, f64::from(learnt.bias)]);
        bytes.iter().enumerate().for_each(|(bucket, &byte)| built.weights[bucket * SLOTS + slot] = byte);
    }
    built
}

/// Cost of an error.
const COST: f32 = 0.3;
/// Smaller collections are not told apart.
const LEAST_TEXTS: usize = 20;

#[cfg(test)]
mod tests {
    use edgekeep::detector::collections::Collections;
    use edgekeep::detector::grams::Bag;

    use super::*;
    use crate::data::Text;
    use crate::prepare::prepare;

    /// Thirty texts of the sea and twenty-five of the mountains by people, five of the mountains by machines.
    fn texts() -> Vec<Text> {
        (0..60)
            .map(|at| {
                let sea = at < 30;
                let (source, phrase) =
                    if sea { ("sea", "waves and harbours") } else { ("peaks", "ridges and glaciers") };
                Text {
                    id: format!("t{at}"),
                    source: source.to_owned(),
                    domain: "prose".to_owned(),
                    generator: String::new(),
                    label: u8::from(at >= 55),
                    attack: None,
                    group: format!("g{at}"),
                    text: format!("We walked for {at} days and saw {phrase} until the evening came over all of them."),
                }
            })
            .collect()
    }

    #[test]
    fn the_largest_collections_have_slots_and_small_ones_none() {
        let texts = texts();
        let data = prepare(&texts.iter().collect::<Vec<_>>(), 1, false);
        let subset: Vec<usize> = (0..data.rows.len()).collect();
        let slots = slots(&data, &subset);
        assert_eq!((slots[0], slots[30], slots[59]), (Some(0), Some(1), None));
    }

    #[test]
    fn a_text_scores_above_zero_in_its_own_collection_alone_and_nowhere_if_it_is_like_none() {
        let texts = texts();
        let data = prepare(&texts.iter().collect::<Vec<_>>(), 1, false);
        let subset: Vec<usize> = (0..data.rows.len()).collect();
        let built = build(&data, &subset, &slots(&data, &subset), &Options::default(), &mut Rng::new(1, "test"));
        let collections = Collections::new(&built.weights, &built.scales).unwrap();
        let scores = |text: &str| {
            let document = edgekeep::detector::document::Document::new(text);
            collections.features(&document, &document.sentences, &mut Bag::default())
        };
        let [sea, peaks, none, ..] = scores("We saw waves and harbours.");
        assert!(sea > 0.0 && peaks < 0.0 && none == -1.0, "{sea} {peaks} {none}");
        let other = scores("Quarterly dividends disappointed shareholders again.");
        assert!(other[..SLOTS].iter().all(|&score| score < 0.5), "{other:?}");
    }
}
