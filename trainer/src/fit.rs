//! The training itself: linear scores out of fold, trees over them, calibration.

use std::collections::BTreeMap;

use edgekeep::detector::features::{self, Parts, measure};
use edgekeep::detector::grams::{BUCKETS, Bag, Table, Weights};
use edgekeep::detector::lm::{self, Lm, Unit};
use edgekeep::detector::signals;
use edgekeep::detector::stack::{Linear, Stack};
use edgekeep::detector::style;

use crate::boost::{self, Binned, Forest};
use crate::calibrate::{self, Scored};
use crate::language;
use crate::linear::{self, Target};
use crate::parallel;
use crate::prepare::{Prepared, Row};
use crate::progress::Progress;
use crate::rng::Rng;

/// What a training may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seed of all choices.
    pub seed: u64,
    /// Linear tables.
    pub linear: linear::Options,
    /// Cost of an error in the linear tables.
    pub cost: [f32; 3],
    /// Trees.
    pub boost: boost::Options,
    /// Folds for scores of texts that were not learnt from.
    pub folds: usize,
    /// Folds of whole kinds of text (source and domain).
    pub kind_folds: usize,
    /// Weight of rows measured by parts that miss their kind, against parts that miss their group; 0 to 1.
    pub new_ground: f64,
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
            cost: [4.0, 3.0, 1.2],
            boost: boost::Options {
                trees: 250,
                leaves: 15,
                rate: 0.06,
                ridge: 20.0,
                least: 0.002,
                features: 0.4,
                rows: 0.7,
            },
            folds: 3,
            kind_folds: 3,
            new_ground: 0.6,
            size_power: 0.5,
            linear_share: 0.65,
            window_weight: 0.25,
        }
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
/// Linear tables and language models know the texts they were made from too well, so the trees see each row measured
/// by parts that were not: once by parts that miss its group of texts, once by parts that miss its whole kind of text.
/// So they learn what a score is worth on familiar ground and on new ground.
pub fn fit(data: &Prepared, subset: &[usize], options: &Options, progress: &Progress) -> Fitted {
    let weights = weights(data, subset, options);
    let groups = group_folds(data, options);
    let kinds = kind_folds(data, subset, options);
    let mut parts = learn(data, subset, &weights, &groups, &kinds, options, progress);
    let by_group = measure_all(data, subset, progress, |row| &parts[1 + groups[row]]);
    let by_kind = measure_all(data, subset, progress, |row| &parts[1 + options.folds + kinds[row]]);

    let count = subset.len();
    let measured = [by_group, by_kind].concat();
    let binned = Binned::new(&measured);
    let of = |at: usize| &data.rows[subset[at % count]];
    let ai: Vec<bool> = (0..2 * count).map(|at| of(at).ai).collect();
    let row_weights: Vec<f64> = (0..2 * count)
        .map(|at| {
            let share = if at < count { 1.0 - options.new_ground } else { options.new_ground };
            share * weights[subset[at % count]]
        })
        .collect();
    let direction = direction();
    let step = progress.stage("trees", options.kind_folds + 2);
    let grow = |wanted: &dyn Fn(usize) -> bool| {
        let rows: Vec<usize> = (0..2 * count).filter(|&at| wanted(subset[at % count])).collect();
        let mut rng = Rng::new(options.seed, "trees");
        let forest = boost::fit(&binned, &rows, &ai, &row_weights, &direction, &options.boost, &mut rng);
        step.tick();
        forest
    };
    let linear = blend(&measured, &ai, &row_weights, options);
    let judge = |forest: &Forest, offset: usize, wanted: &dyn Fn(usize) -> bool| -> Vec<Scored> {
        let stack = Stack { trees: forest.trees(), linear: linear.clone() };
        (0..count)
            .filter(|&at| wanted(subset[at]))
            .map(|at| Scored {
                score: stack.score(&measured[offset + at]),
                ai: of(at).ai,
                weight: weights[subset[at]],
                words: of(at).words,
                kind: of(at).kind,
            })
            .collect()
    };
    let forest = grow(&|_| true);
    let familiar = judge(&grow(&|row| groups[row] != 0), 0, &|row| groups[row] == 0);
    let mut new = Vec::new();
    for fold in 0..options.kind_folds {
        new.extend(judge(&grow(&|row| kinds[row] != fold), count, &|row| kinds[row] == fold));
    }
    Fitted {
        knots: calibrate::knots(&familiar, &new),
        ranges: ranges(&measured[..count], &ai[..count], &linear),
        parts: parts.swap_remove(0),
        forest,
        linear,
    }
}

/// The mean of the whole-text scores of all tables, each on a scale of its own, as log-odds.
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

/// Weight of each table in the mean: words hold up best on new ground, masks worst. The language models, which hold up
/// worse still, speak through the trees alone.
const TABLE_SHARES: [f64; Table::ALL.len()] = [1.5, 0.5, 1.0];

/// Learns the parts on everything, then without each fold of groups, then without each fold of kinds.
fn learn(
    data: &Prepared,
    subset: &[usize],
    weights: &[f64],
    groups: &[usize],
    kinds: &[usize],
    options: &Options,
    progress: &Progress,
) -> Vec<OwnedParts> {
    let sets = 1 + options.folds + options.kind_folds;
    let knows = |set: usize, row: usize| match set {
        0 => true,
        _ if set <= options.folds => groups[row] != set - 1,
        _ => kinds[row] != set - 1 - options.folds,
    };
    let step = progress.stage("linear scores and language models", sets * PIECES);
    let pieces = parallel::map(sets * PIECES, |job| {
        let (set, piece) = (job / PIECES, job % PIECES);
        let bytes = if piece < Table::ALL.len() {
            let cost = options.cost[piece];
            let targets = targets(data, subset, weights, cost, |row| knows(set, row));
            let mut rng = Rng::new(options.seed, &format!("linear {piece} {set}"));
            let (grams, kinds) = (&data.grams[piece], data.kinds.len());
            linear::quantise(&linear::train(grams, BUCKETS, kinds, &targets, &options.linear, &mut rng))
        } else {
            let known = |row: usize| !data.rows[row].window && knows(set, row);
            let rows: Vec<usize> = subset.iter().copied().filter(|&row| known(row)).collect();
            let even = even_weights(data, &rows);
            let side = |ai: bool| -> Vec<(usize, f64)> {
                rows.iter().zip(&even).filter(|(row, _)| data.rows[**row].ai == ai).map(|(&row, &w)| (row, w)).collect()
            };
            let pairs = &data.pairs[piece - Table::ALL.len()];
            (language::build(pairs, &side(false), &side(true)), 0.0)
        };
        step.tick();
        bytes
    });
    let mut pieces = pieces.into_iter();
    (0..sets)
        .map(|_| OwnedParts {
            tables: pieces.by_ref().take(Table::ALL.len()).collect(),
            lms: pieces.by_ref().take(Unit::ALL.len()).map(|(bytes, _)| bytes).collect(),
        })
        .collect()
}

/// Tables and language models of one set.
const PIECES: usize = Table::ALL.len() + Unit::ALL.len();

fn measure_all<'a>(
    data: &Prepared,
    subset: &[usize],
    progress: &Progress,
    parts: impl Fn(usize) -> &'a OwnedParts + Sync,
) -> Vec<Vec<f32>> {
    let step = progress.stage("features", subset.len());
    let chunks: Vec<&[usize]> = subset.chunks(256).collect();
    parallel::map(chunks.len(), |chunk| {
        let mut bag = Bag::default();
        let measured: Vec<Vec<f32>> = chunks[chunk]
            .iter()
            .map(|&at| {
                let row = &data.rows[at];
                measure(&data.documents[row.document], &row.spans, &parts(at).view(), &mut bag)
            })
            .collect();
        step.add(measured.len());
        measured
    })
    .concat()
}

/// What measures, as it will stand in the file.
pub struct OwnedParts {
    /// Quantised tables and their scales.
    pub tables: Vec<(Vec<u8>, f64)>,
    /// Language models.
    pub lms: Vec<Vec<u8>>,
}

impl OwnedParts {
    /// The parts as the detector sees them.
    fn view(&self) -> Parts<'_> {
        Parts {
            tables: std::array::from_fn(|table| {
                let (bytes, scale) = &self.tables[table];
                Weights { bytes, scale: *scale }
            }),
            lms: std::array::from_fn(|unit| {
                Lm::new(&self.lms[unit]).unwrap_or_else(|| unreachable!("a language model just built has its length"))
            }),
        }
    }
}

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
    let own = |row: &Row| {
        if row.window { options.window_weight } else { 1.0 }
    };
    let mut kinds: BTreeMap<(bool, usize), f64> = BTreeMap::new();
    for &row in subset {
        let row = &data.rows[row];
        *kinds.entry((row.ai, row.kind)).or_default() += own(row);
    }
    let mut labels = [0.0; 2];
    for ((ai, _), size) in &kinds {
        labels[usize::from(*ai)] += size.powf(options.size_power);
    }
    let mut weights = vec![0.0; data.rows.len()];
    for &at in subset {
        let row = &data.rows[at];
        let size = kinds[&(row.ai, row.kind)];
        weights[at] =
            own(row) * size.powf(options.size_power) / size / labels[usize::from(row.ai)] * subset.len() as f64 / 2.0;
    }
    weights
}

/// Weight of each row for the language models: within a kind both labels weigh the same, or the model of human text would
/// be one of the kinds of which there is only human text, and its topics would pass for human.
fn even_weights(data: &Prepared, rows: &[usize]) -> Vec<f64> {
    let mut sizes = vec![[0.0_f64; 2]; data.kinds.len()];
    rows.iter().for_each(|&row| sizes[data.rows[row].kind][usize::from(data.rows[row].ai)] += 1.0);
    rows.iter()
        .map(|&row| {
            let row = &data.rows[row];
            let [human, machine] = sizes[row.kind];
            let size = sizes[row.kind][usize::from(row.ai)];
            let both = human.min(machine);
            let whole = if both > 0.0 { both.sqrt() } else { ONE_LABEL * size.sqrt() };
            whole / size
        })
        .collect()
}

/// Weight in the language models of a kind of text that has one label only.
const ONE_LABEL: f64 = 0.3;

fn targets(
    data: &Prepared,
    subset: &[usize],
    weights: &[f64],
    cost: f32,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Target> {
    subset
        .iter()
        .filter(|&&row| wanted(row))
        .map(|&at| {
            let row = &data.rows[at];
            Target { row: at, ai: row.ai, cost: cost * weights[at] as f32, kind: row.kind, whole: !row.window }
        })
        .collect()
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
