//! The training itself: linear scores out of fold, trees over them, calibration.

use std::collections::BTreeMap;

use edgekeep::detector::features;
use edgekeep::detector::grams::Table;
use edgekeep::detector::lm::{self, Unit};
use edgekeep::detector::signals;
use edgekeep::detector::stack::{Linear, Stack};
use edgekeep::detector::style;

use crate::boost::{self, Binned, Forest};
use crate::calibrate::{self, Scored};
use crate::linear;
use crate::parallel;
use crate::parts::{self, OwnedParts, Task, measure_all};
use crate::prepare::{Prepared, Row};
use crate::progress::Progress;
use crate::rng::Rng;

/// What a training may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seed of all choices.
    pub seed: u64,
    /// Linear tables in which a kind of text speaks for neither side.
    pub linear: linear::Options,
    /// Linear tables for familiar kinds of text.
    pub home: linear::Options,
    /// Cost of an error in each of the linear tables.
    pub cost: [f32; Table::ALL.len()],
    /// Trees.
    pub boost: boost::Options,
    /// Folds for scores of texts that were not learnt from.
    pub folds: usize,
    /// Folds of whole kinds of text (source and domain).
    pub kind_folds: usize,
    /// Share of the weight of a kind that follows its number of texts: 0 all kinds alike, 1 all texts alike.
    pub size_power: f64,
    /// Share of the linear half in the blend.
    pub linear_share: f64,
    /// Weight of a window against a whole text.
    pub window_weight: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            linear: linear::Options { passes: 8, thinned: 2, kind_intercept: 1.0, level_scale: 1.2, level_cost: 0.001 },
            home: linear::Options::home(),
            cost: [4.0, 3.0, 1.2, 2.0, 1.0],
            boost: boost::Options {
                trees: 400,
                leaves: 31,
                rate: 0.05,
                ridge: 2.5,
                least: 0.001,
                features: 0.4,
                rows: 0.7,
            },
            folds: 3,
            kind_folds: 3,
            size_power: 0.5,
            linear_share: 0.65,
            window_weight: 0.25,
        }
    }
}

impl Options {
    /// Weight of a row before its kind is held back.
    pub fn own_weight(&self, row: &Row) -> f64 {
        if row.window { self.window_weight } else { 1.0 }
    }
}

/// A trained model before it is written.
pub struct Fitted {
    /// Tables and language models.
    pub parts: OwnedParts,
    /// The trees.
    pub forest: Forest,
    /// The linear half of the blend.
    pub linear: Linear,
    /// Calibration by length.
    pub knots: Vec<edgekeep::detector::calibration::Knot>,
    /// Usual ranges of what signals speak of.
    pub ranges: Vec<[f64; 4]>,
}

/// Trains on some rows.
///
/// Linear tables, language models and the scores of collections know the texts they were made from too well, so the trees
/// see each row measured by parts that miss its group of texts. Thresholds are set on rows measured by parts that miss their
/// whole kind of text: that is the ground on which people must not be accused.
pub fn fit(data: &Prepared, subset: &[usize], options: &Options, progress: &Progress) -> Fitted {
    let weights = weights(data, subset, options);
    let groups = group_folds(data, options);
    let kinds = kind_folds(data, subset, options);
    let task = Task { subset, weights: &weights, groups: &groups, kinds: &kinds };
    let mut parts = parts::learn(data, &task, options, progress);
    let by_group = measure_all(data, subset, progress, |row| &parts[1 + groups[row]]);
    let by_kind = measure_all(data, subset, progress, |row| &parts[1 + options.folds + kinds[row]]);

    let count = subset.len();
    let binned = Binned::new(&by_group);
    let of = |at: usize| &data.rows[subset[at]];
    let ai: Vec<bool> = (0..count).map(|at| of(at).ai).collect();
    let row_weights: Vec<f64> = subset.iter().map(|&row| weights[row]).collect();
    let direction = direction();
    let step = progress.stage("trees", options.kind_folds + 2);
    let grow = |wanted: &dyn Fn(usize) -> bool| {
        let rows: Vec<usize> = (0..count).filter(|&at| wanted(subset[at])).collect();
        let mut rng = Rng::new(options.seed, "trees");
        let forest = boost::fit(&binned, &rows, &ai, &row_weights, &direction, &options.boost, &mut rng);
        step.tick();
        forest
    };
    let linear = blend(&by_group, &ai, &row_weights, options);
    let judge = |forest: &Forest, measured: &[Vec<f32>], wanted: &dyn Fn(usize) -> bool| -> Vec<Scored> {
        let stack = Stack { trees: forest.trees(), linear: linear.clone() };
        (0..count)
            .filter(|&at| wanted(subset[at]))
            .map(|at| Scored {
                score: stack.score(&measured[at]),
                ai: of(at).ai,
                weight: weights[subset[at]],
                words: of(at).words,
                kind: of(at).kind,
            })
            .collect()
    };
    let forest = grow(&|_| true);
    let familiar = judge(&grow(&|row| groups[row] != 0), &by_group, &|row| groups[row] == 0);
    let mut new = Vec::new();
    for fold in 0..options.kind_folds {
        new.extend(judge(&grow(&|row| kinds[row] != fold), &by_kind, &|row| kinds[row] == fold));
    }
    Fitted {
        knots: calibrate::knots(&familiar, &new),
        ranges: ranges(&by_group, &ai, &linear),
        parts: parts.swap_remove(0),
        forest,
        linear,
    }
}

/// The mean of the whole-text scores of the level tables, each on a scale of its own, as log-odds.
///
/// Their weights are given by sources left out and not learnt: learnt freely, the best table at home would drown the others.
fn blend(measured: &[Vec<f32>], ai: &[bool], weights: &[f64], options: &Options) -> Linear {
    let columns = (0..).zip(TABLE_SHARES).map(|(table, share)| (style::COUNT + table * features::PER_TABLE, share));
    let total: f64 = weights.iter().sum();
    let mean = |value: &dyn Fn(&[f32]) -> f64| {
        let sum: f64 = measured.iter().zip(weights).map(|(row, w)| value(row) * w).sum();
        sum / total
    };
    let mut terms = Vec::new();
    let mut offset = 0.0;
    for (column, share) in columns {
        let middle = mean(&|row| f64::from(row[column]));
        let square = mean(&|row| (f64::from(row[column]) - middle).powi(2));
        let weight = share / square.max(1e-12).sqrt();
        offset -= middle * weight;
        terms.push((column, weight));
    }
    let plain = Linear { share: 0.0, offset, terms };
    let points: Vec<(f64, bool, f64)> =
        measured.iter().zip(ai).zip(weights).map(|((row, &ai), &weight)| (plain.score(row), ai, weight)).collect();
    let (slope, shift) = calibrate::logistic(&points);
    Linear {
        share: options.linear_share,
        offset: slope * plain.offset + shift,
        terms: plain.terms.iter().map(|&(column, weight)| (column, slope * weight)).collect(),
    }
}

/// Weight of each level table in the mean: words hold up best on new ground, masks worst. The language models, which hold up
/// worse still, speak through the trees alone.
const TABLE_SHARES: [f64; Table::LEVEL] = [1.5, 0.5, 1.0];

/// More linear score of the whole never speaks for a person.
fn direction() -> Vec<i8> {
    let mut direction = vec![0; features::COUNT];
    for table in 0..Table::ALL.len() {
        direction[style::COUNT + table * features::PER_TABLE] = 1;
        direction[style::COUNT + table * features::PER_TABLE + 1] = 1;
    }
    for lm in 0..Unit::ALL.len() {
        let first = style::COUNT + Table::ALL.len() * features::PER_TABLE + lm * lm::FEATURES;
        direction[first + 2] = 1;
        direction[first + 7] = 1;
    }
    direction
}

/// Weight of each row: both labels alike, and within a label large kinds of text held back.
pub fn weights(data: &Prepared, subset: &[usize], options: &Options) -> Vec<f64> {
    let mut kinds: BTreeMap<(bool, usize), f64> = BTreeMap::new();
    for &row in subset {
        let row = &data.rows[row];
        *kinds.entry((row.ai, row.kind)).or_default() += options.own_weight(row);
    }
    let mut labels = [0.0; 2];
    for ((ai, _), size) in &kinds {
        labels[usize::from(*ai)] += size.powf(options.size_power);
    }
    let mut weights = vec![0.0; data.rows.len()];
    for &at in subset {
        let row = &data.rows[at];
        let size = kinds[&(row.ai, row.kind)];
        weights[at] = options.own_weight(row) * size.powf(options.size_power) / size / labels[usize::from(row.ai)]
            * subset.len() as f64
            / 2.0;
    }
    weights
}

/// Fold of each row by its group of texts.
fn group_folds(data: &Prepared, options: &Options) -> Vec<usize> {
    let fold = |row: &Row| (edgekeep::detector::hash::mix(row.group ^ options.seed) % options.folds as u64) as usize;
    data.rows.iter().map(fold).collect()
}

/// Fold of each row by its kind of text, the largest kind first into the emptiest fold.
fn kind_folds(data: &Prepared, subset: &[usize], options: &Options) -> Vec<usize> {
    let mut sizes = vec![0_usize; data.kinds.len()];
    subset.iter().for_each(|&row| sizes[data.rows[row].kind] += 1);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&kind| std::cmp::Reverse(sizes[kind]));
    let mut filled = vec![0; options.kind_folds];
    let mut of_kind = vec![0; sizes.len()];
    for kind in order {
        let fold = (0..options.kind_folds).min_by_key(|&f| filled[f]).unwrap_or(0);
        of_kind[kind] = fold;
        filled[fold] += sizes[kind];
    }
    data.rows.iter().map(|row| of_kind[row.kind]).collect()
}

/// Tenth and ninetieth percentile of what signals speak of, for people and for machines.
fn ranges(measured: &[Vec<f32>], ai: &[bool], linear: &Linear) -> Vec<[f64; 4]> {
    let measures: Vec<Vec<f64>> = measured.iter().map(|row| signals::measures(row, linear)).collect();
    parallel::map(signals::MEASURES, |at| {
        let tails = |wanted: bool| {
            let mut values: Vec<f64> =
                measures.iter().zip(ai).filter(|(_, ai)| **ai == wanted).map(|(row, _)| row[at]).collect();
            values.sort_unstable_by(f64::total_cmp);
            let at = |share: f64| values.get((share * values.len() as f64) as usize).copied().unwrap_or(0.0);
            [at(0.1), at(0.9)]
        };
        let (human, machine) = (tails(false), tails(true));
        [human[0], human[1], machine[0], machine[1]]
    })
}
