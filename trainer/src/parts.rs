//! What measures a text: linear tables, language models and the scores of collections, learnt with some rows left out.

use edgekeep::detector::collections::Collections;
use edgekeep::detector::features::{Parts, measure};
use edgekeep::detector::grams::{BUCKETS, Bag, Table, Weights};
use edgekeep::detector::lm::{Lm, Unit};

use crate::collections::{self, Built};
use crate::fit::Options;
use crate::language;
use crate::linear::{self, Target};
use crate::parallel;
use crate::prepare::Prepared;
use crate::progress::Progress;
use crate::rng::Rng;

/// Rows to learn from, with what each counts and in which folds it lies.
pub struct Task<'a> {
    /// The rows.
    pub subset: &'a [usize],
    /// Weight of each row of the data.
    pub weights: &'a [f64],
    /// Fold of each row of the data by its group of texts.
    pub groups: &'a [usize],
    /// Fold of each row of the data by its kind of text.
    pub kinds: &'a [usize],
}

/// Learns the parts on everything, then without each fold of groups, then without each fold of kinds.
pub fn learn(data: &Prepared, task: &Task<'_>, options: &Options, progress: &Progress) -> Vec<OwnedParts> {
    let sets = 1 + options.folds + options.kind_folds;
    let knows = |set: usize, row: usize| match set {
        0 => true,
        _ if set <= options.folds => task.groups[row] != set - 1,
        _ => task.kinds[row] != set - 1 - options.folds,
    };
    let slots = collections::slots(data, task.subset);
    let step = progress.stage("linear scores and language models", sets * PIECES);
    let pieces = parallel::map(sets * PIECES, |job| {
        let (set, piece) = (job / PIECES, job % PIECES);
        let rows: Vec<usize> = task.subset.iter().copied().filter(|&row| knows(set, row)).collect();
        let mut rng = Rng::new(options.seed, &format!("linear {piece} {set}"));
        let made = if let Some(&table) = Table::ALL.get(piece) {
            let targets = targets(data, &rows, task.weights, options.cost[piece]);
            let how = if piece < Table::LEVEL { &options.linear } else { &options.home };
            let learnt = linear::train(data.grams(table), BUCKETS, data.kinds.len(), &targets, how, &mut rng);
            let (bytes, scale) = linear::quantise(&learnt.weights);
            Piece::Table(bytes, scale)
        } else if let Some(pairs) = data.pairs.get(piece - Table::ALL.len()) {
            let rows: Vec<usize> = rows.into_iter().filter(|&row| !data.rows[row].window).collect();
            let even = even_weights(data, &rows);
            let side = |ai: bool| -> Vec<(usize, f64)> {
                rows.iter().zip(&even).filter(|(row, _)| data.rows[**row].ai == ai).map(|(&row, &w)| (row, w)).collect()
            };
            Piece::Lm(language::build(pairs, &side(false), &side(true)))
        } else {
            Piece::Collections(collections::build(data, &rows, &slots, options, &mut rng))
        };
        step.tick();
        made
    });
    let mut pieces = pieces.into_iter();
    (0..sets).map(|_| OwnedParts::of(pieces.by_ref().take(PIECES))).collect()
}

/// Tables, language models and scores of collections of one set.
const PIECES: usize = Table::ALL.len() + Unit::ALL.len() + 1;

enum Piece {
    Table(Vec<u8>, f64),
    Lm(Vec<u8>),
    Collections(Built),
}

/// Measures each row of the subset by the parts that are named for it.
pub fn measure_all<'a>(
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
    /// What tells the collections apart.
    pub collections: Built,
}

impl OwnedParts {
    fn of(pieces: impl Iterator<Item = Piece>) -> Self {
        let collections = Built { weights: Vec::new(), scales: Vec::new() };
        let mut parts = Self { tables: Vec::new(), lms: Vec::new(), collections };
        for piece in pieces {
            match piece {
                Piece::Table(bytes, scale) => parts.tables.push((bytes, scale)),
                Piece::Lm(bytes) => parts.lms.push(bytes),
                Piece::Collections(built) => parts.collections = built,
            }
        }
        parts
    }

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
            collections: Collections::new(&self.collections.weights, &self.collections.scales)
                .unwrap_or_else(|| unreachable!("the scores of collections just built have their length")),
        }
    }
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

fn targets(data: &Prepared, rows: &[usize], weights: &[f64], cost: f32) -> Vec<Target> {
    rows.iter()
        .map(|&at| {
            let row = &data.rows[at];
            Target { row: at, ai: row.ai, cost: cost * weights[at] as f32, kind: row.kind, whole: !row.window }
        })
        .collect()
}
