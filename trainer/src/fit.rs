//! The training itself: linear scores out of fold, trees over them, calibration.

use std::collections::BTreeMap;

use edgekeep::detector::features::{self, measure};
use edgekeep::detector::grams::{BUCKETS, Bag, Table, Weights};
use edgekeep::detector::style;

use crate::boost::{self, Binned, Forest};
use crate::calibrate::{self, Scored};
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
    /// Whether folds are made of kinds of text (source and domain) instead of groups.
    pub folds_by_kind: bool,
    /// Share of the weight of a kind that follows its number of texts: 0 all kinds alike, 1 all texts alike.
    pub size_power: f64,
    /// Weight of a window against a whole text.
    pub window_weight: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            linear: linear::Options {
                passes: 12,
                kind_intercept: 1.0,
            },
            cost: [4.0, 4.0, 4.0],
            boost: boost::Options {
                trees: 300,
                leaves: 15,
                rate: 0.05,
                ridge: 20.0,
                least: 0.002,
                features: 0.4,
                rows: 0.7,
            },
            folds: 5,
            folds_by_kind: false,
            size_power: 0.5,
            window_weight: 0.5,
        }
    }
}

/// A trained model before it is written.
pub struct Fitted {
    /// Quantised tables and their scales.
    pub tables: Vec<(Vec<u8>, f64)>,
    /// The trees.
    pub forest: Forest,
    /// Calibration by length.
    pub knots: Vec<edgekeep::detector::calibration::Knot>,
    /// Usual ranges of each style feature.
    pub ranges: Vec<[f64; 4]>,
}

/// Trains on some rows.
pub fn fit(data: &Prepared, subset: &[usize], options: &Options, progress: &Progress) -> Fitted {
    let weights = weights(data, subset, options);
    let folds = folds(data, subset, options);
    // Linear tables: one for each fold's complement, and the last one on everything.
    let jobs: Vec<(usize, Option<usize>)> = (0..Table::ALL.len())
        .flat_map(|table| {
            (0..=options.folds).map(move |fold| (table, (fold < options.folds).then_some(fold)))
        })
        .collect();
    let step = progress.stage("linear scores", jobs.len());
    let trained = parallel::map(jobs.len(), |job| {
        let (table, fold) = jobs[job];
        let targets = targets(data, subset, &weights, options.cost[table], |row| {
            fold.is_none_or(|f| folds[row] != f)
        });
        let mut rng = Rng::new(options.seed, &format!("linear {table} {fold:?}"));
        let weights = linear::train(
            &data.grams[table],
            BUCKETS,
            data.kinds.len(),
            &targets,
            &options.linear,
            &mut rng,
        );
        step.tick();
        linear::quantise(&weights)
    });
    let table = |table: usize, fold: usize| &trained[table * (options.folds + 1) + fold];
    let step = progress.stage("features", subset.len());
    let chunks: Vec<&[usize]> = subset.chunks(256).collect();
    let measured: Vec<Vec<f32>> = parallel::map(chunks.len(), |chunk| {
        let mut bag = Bag::default();
        let rows: Vec<Vec<f32>> = chunks[chunk]
            .iter()
            .map(|&row| {
                let tables = std::array::from_fn(|t| view(table(t, folds[row])));
                let Row {
                    document, spans, ..
                } = &data.rows[row];
                measure(&data.documents[*document], spans, &tables, &mut bag)
            })
            .collect();
        step.add(chunks[chunk].len());
        rows
    })
    .concat();
    let binned = Binned::new(&measured);
    let ai: Vec<bool> = subset.iter().map(|&row| data.rows[row].ai).collect();
    let row_weights: Vec<f64> = subset.iter().map(|&row| weights[row]).collect();
    let direction = direction();
    let all: Vec<usize> = (0..subset.len()).collect();
    let step = progress.stage("trees", options.folds + 1);
    let grow = |rows: &[usize], purpose: &str| {
        let mut rng = Rng::new(options.seed, purpose);
        let forest = boost::fit(
            &binned,
            rows,
            &ai,
            &row_weights,
            &direction,
            &options.boost,
            &mut rng,
        );
        step.tick();
        forest
    };
    let forest = grow(&all, "trees");
    let mut scored = Vec::new();
    for fold in 0..options.folds {
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            all.iter().partition(|&&at| folds[subset[at]] != fold);
        let part = grow(&inside, "trees");
        let trees = part.trees();
        scored.extend(outside.iter().map(|&at| Scored {
            score: trees.score(&measured[at]),
            ai: ai[at],
            weight: row_weights[at],
            words: data.rows[subset[at]].words,
        }));
    }
    Fitted {
        tables: (0..Table::ALL.len())
            .map(|t| table(t, options.folds).clone())
            .collect(),
        forest,
        knots: calibrate::knots(&scored),
        ranges: ranges(&measured, &ai),
    }
}

/// A table as the detector sees it.
pub fn view((bytes, scale): &(Vec<u8>, f64)) -> Weights<'_> {
    Weights {
        bytes,
        scale: *scale,
    }
}

/// More linear score of the whole never speaks for a person.
fn direction() -> Vec<i8> {
    let mut direction = vec![0; features::COUNT];
    for table in 0..Table::ALL.len() {
        direction[style::COUNT + table * features::PER_TABLE] = 1;
    }
    direction
}

/// Weight of each row: both labels alike, and within a label large kinds of text held back.
pub fn weights(data: &Prepared, subset: &[usize], options: &Options) -> Vec<f64> {
    let own = |row: &Row| {
        if row.window {
            options.window_weight
        } else {
            1.0
        }
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
        weights[at] = own(row) * size.powf(options.size_power) / size / labels[usize::from(row.ai)]
            * subset.len() as f64
            / 2.0;
    }
    weights
}

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
        .map(|&row| Target {
            row,
            ai: data.rows[row].ai,
            cost: cost * weights[row] as f32,
            kind: data.rows[row].kind,
        })
        .collect()
}

/// Fold of each row: by group, or whole kinds of text, the largest first into the emptiest fold.
fn folds(data: &Prepared, subset: &[usize], options: &Options) -> Vec<usize> {
    if !options.folds_by_kind {
        return data
            .rows
            .iter()
            .map(|row| {
                (edgekeep::detector::hash::mix(row.group ^ options.seed) % options.folds as u64)
                    as usize
            })
            .collect();
    }
    let mut sizes = vec![0_usize; data.kinds.len()];
    subset
        .iter()
        .for_each(|&row| sizes[data.rows[row].kind] += 1);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&kind| std::cmp::Reverse(sizes[kind]));
    let mut filled = vec![0; options.folds];
    let mut of_kind = vec![0; sizes.len()];
    for kind in order {
        let fold = (0..options.folds).min_by_key(|&f| filled[f]).unwrap_or(0);
        of_kind[kind] = fold;
        filled[fold] += sizes[kind];
    }
    data.rows.iter().map(|row| of_kind[row.kind]).collect()
}

/// Tenth and ninetieth percentile of each style feature for people and for machines.
fn ranges(measured: &[Vec<f32>], ai: &[bool]) -> Vec<[f64; 4]> {
    parallel::map(style::COUNT, |feature| {
        let tails = |wanted: bool| {
            let mut values: Vec<f32> = measured
                .iter()
                .zip(ai)
                .filter(|(_, ai)| **ai == wanted)
                .map(|(row, _)| row[feature])
                .collect();
            values.sort_unstable_by(f32::total_cmp);
            let at = |share: f64| {
                values
                    .get((share * values.len() as f64) as usize)
                    .copied()
                    .unwrap_or(0.0)
            };
            [f64::from(at(0.1)), f64::from(at(0.9))]
        };
        let (human, machine) = (tails(false), tails(true));
        [human[0], human[1], machine[0], machine[1]]
    })
}
