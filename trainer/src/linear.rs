//! A linear classifier on sparse rows: support vectors with squared hinge loss, by dual coordinate descent.
//!
//! Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008 (the solver of LIBLINEAR).
//! Written here because it is sixty lines, and because the crates that wrap LIBLINEAR bring C code and a seed of their
//! own, while the model file must come out the same to the byte.
//!
//! Besides the texts it learns from *level rows*: for each kind of text and label the mean text of the kind less the mean
//! of all kinds of that label. Their score is to be zero, so that a word which is common in one kind of text, whoever wrote
//! it, moves nothing. Without them a collection that is all human makes its topics human. (The idea is that of nuisance
//! attribute projection; Solomonoff, Campbell and Boardman, "Advances in channel compensation for SVM speaker
//! recognition", ICASSP 2005.)
//!
//! And it learns each text again from *thinned copies*, of which half of the n-grams are missing: a few n-grams that give a
//! collection away must not carry its label alone, since elsewhere they are missing too. (Globerson and Roweis, "Nightmare
//! at test time: robust learning by feature deletion", ICML 2006; Wager, Wang and Liang, "Dropout training as adaptive
//! regularization", NIPS 2013.)

use edgekeep::detector::grams::LEVELS;
use edgekeep::detector::hash;

use crate::rng::Rng;

/// Rows of (column, value), one after the other.
#[derive(Debug, Default)]
pub struct Sparse {
    starts: Vec<usize>,
    cells: Vec<(u32, f32)>,
}

impl Sparse {
    /// Appends a row, scaled to length one.
    pub fn push(&mut self, mut row: Vec<(u32, f32)>) {
        normalise(&mut row);
        row.sort_unstable_by_key(|(column, _)| *column);
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.cells.extend(row);
        self.starts.push(self.cells.len());
    }

    /// One row.
    pub fn row(&self, index: usize) -> &[(u32, f32)] {
        &self.cells[self.starts[index]..self.starts[index + 1]]
    }
}

/// Scales a row to length one.
fn normalise(row: &mut [(u32, f32)]) {
    let square: f32 = row.iter().map(|(_, v)| v * v).sum();
    let scale = 1.0 / square.max(1e-12).sqrt();
    row.iter_mut().for_each(|(_, v)| *v *= scale);
}

/// What to learn from one row.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Which row.
    pub row: usize,
    /// Whether it is AI.
    pub ai: bool,
    /// Cost of an error on it.
    pub cost: f32,
    /// Its kind of text, which gets an intercept of its own so that "this kind is human" is not learnt from words.
    pub kind: usize,
    /// Whether it counts for the mean text of its kind.
    pub whole: bool,
}

/// What was learnt.
pub struct Learnt {
    /// Weights of all columns.
    pub weights: Vec<f32>,
    /// Added to every score.
    pub bias: f32,
}

/// Learns weights of all columns.
pub fn train(
    data: &Sparse,
    columns: usize,
    kinds: usize,
    targets: &[Target],
    options: &Options,
    rng: &mut Rng,
) -> Learnt {
    let mut weights = vec![0_f32; columns];
    let mut intercepts = vec![0_f32; kinds];
    let mut bias = 0_f32;
    let copies = 1 + options.thinned;
    let mut alphas = vec![0_f32; targets.len() * copies];
    let mut order: Vec<usize> = (0..alphas.len()).collect();
    let mut thin = Vec::new();
    let slack = options.kind_intercept;
    let mut levels = if options.level_cost > 0.0 { levels(data, columns, kinds, targets, options) } else { Vec::new() };
    for _ in 0..options.passes {
        rng.shuffle(&mut order);
        for &index in &order {
            let copy = index / targets.len();
            let Target { row, ai, cost, kind, .. } = targets[index % targets.len()];
            let cost = cost * options.share(copy);
            let side = if ai { 1.0 } else { -1.0 };
            let cells = if copy == 0 { data.row(row) } else { thinned(data.row(row), row, copy, &mut thin) };
            let dot: f32 = cells.iter().map(|&(c, v)| weights[c as usize] * v).sum();
            let margin = side * (dot + bias + slack * intercepts[kind]);
            let diagonal = 0.5 / cost;
            let gradient = margin - 1.0 + diagonal * alphas[index];
            let curvature = 2.0 + slack * slack + diagonal;
            let alpha = (alphas[index] - gradient / curvature).max(0.0);
            let step = side * (alpha - alphas[index]);
            if step != 0.0 {
                alphas[index] = alpha;
                cells.iter().for_each(|&(c, v)| weights[c as usize] += step * v);
                bias += step;
                intercepts[kind] += step * slack;
            }
        }
        levels.iter_mut().for_each(|level| level.pull(&mut weights));
    }
    Learnt { weights, bias }
}

/// A row without half of its cells, scaled to length one: always the same ones for the same copy.
fn thinned<'a>(cells: &[(u32, f32)], row: usize, copy: usize, thin: &'a mut Vec<(u32, f32)>) -> &'a [(u32, f32)] {
    let seed = hash::mix((row as u64) << 8 | copy as u64);
    thin.clear();
    thin.extend(cells.iter().filter(|(column, _)| hash::mix(seed ^ u64::from(*column)) & 1 == 0));
    normalise(thin);
    thin
}

/// A row whose score is to be zero.
struct Level {
    cells: Vec<(u32, f32)>,
    /// Squared length, and what the cost adds to it.
    curvature: f32,
    diagonal: f32,
    alpha: f32,
}

impl Level {
    /// One step of coordinate descent in the dual, exact in this coordinate.
    fn pull(&mut self, weights: &mut [f32]) {
        let dot: f64 = self.cells.iter().map(|&(c, v)| f64::from(weights[c as usize] * v)).sum();
        let step = -(dot as f32 + self.diagonal * self.alpha) / self.curvature;
        self.alpha += step;
        self.cells.iter().for_each(|&(c, v)| weights[c as usize] += step * v);
    }
}

/// The level rows: how each kind's mean text differs from the mean of all kinds, apart for people and machines.
fn levels(data: &Sparse, columns: usize, kinds: usize, targets: &[Target], options: &Options) -> Vec<Level> {
    let total: f32 = targets.iter().map(|target| target.cost).sum();
    let diagonal = 0.5 / (options.level_cost * total).max(1e-9);
    let mut levels = Vec::new();
    for ai in [false, true] {
        let mut means: Vec<Vec<f32>> = Vec::new();
        let mut middle = vec![0_f32; columns];
        for kind in 0..kinds {
            let rows: Vec<usize> =
                targets.iter().filter(|t| t.whole && t.ai == ai && t.kind == kind).map(|t| t.row).collect();
            if rows.len() < LEAST_TEXTS {
                continue;
            }
            let share = 1.0 / rows.len() as f32;
            let mut mean = vec![0_f32; columns];
            for row in rows {
                data.row(row).iter().for_each(|&(c, v)| mean[c as usize] += v * share);
            }
            middle.iter_mut().zip(&mean).for_each(|(sum, v)| *sum += v);
            means.push(mean);
        }
        let count = means.len().max(1) as f32;
        for mean in means {
            let difference = mean.iter().zip(&middle).map(|(v, sum)| options.level_scale * (v - sum / count));
            let cells: Vec<(u32, f32)> = (0_u32..).zip(difference).filter(|(_, v)| *v != 0.0).collect();
            let square: f32 = cells.iter().map(|(_, v)| v * v).sum();
            levels.push(Level { cells, curvature: square + diagonal, diagonal, alpha: 0.0 });
        }
    }
    levels
}

/// Kinds with fewer texts of a label have no mean to speak of.
const LEAST_TEXTS: usize = 20;

/// How to learn.
#[derive(Debug, Clone)]
pub struct Options {
    /// Passes over the rows.
    pub passes: usize,
    /// Thinned copies that are learnt besides each whole row; together they cost as much as it.
    pub thinned: usize,
    /// How freely each kind of text moves its own intercept; 0 for not at all.
    pub kind_intercept: f32,
    /// Length of the level rows, against a difference of mean texts of length one.
    pub level_scale: f32,
    /// Cost of an error in each level row, as a share of the cost of all texts.
    pub level_cost: f32,
}

impl Options {
    /// Learning for texts of familiar kinds: nothing keeps a kind of text from speaking for one side.
    pub fn home() -> Self {
        Self { passes: 8, thinned: 0, kind_intercept: 0.0, level_scale: 0.0, level_cost: 0.0 }
    }

    /// Share of a row's cost that one of its copies has; copy 0 is the whole row.
    fn share(&self, copy: usize) -> f32 {
        match (self.thinned, copy) {
            (0, _) => 1.0,
            (_, 0) => 0.5,
            (thinned, _) => 0.5 / thinned as f32,
        }
    }
}

/// One byte a weight, companded by the square root: the byte is `LEVELS * sqrt(|w| / scale)` with the sign of w.
pub fn quantise(weights: &[f32]) -> (Vec<u8>, f64) {
    let scale = weights.iter().fold(1e-9_f32, |max, w| max.max(w.abs()));
    let bytes = weights
        .iter()
        .map(|w| (f64::from(w.abs() / scale).sqrt() * LEVELS).round().copysign(f64::from(*w)) as i8)
        .map(|root| if root.abs() < LEAST { 0 } else { root })
        .map(i8::cast_unsigned)
        .collect();
    (bytes, f64::from(scale))
}

/// Weights of the lowest level, which are below three hundredths of the largest, are dropped: most of them, which then
/// pack well.
const LEAST: i8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// How far apart the human texts of two kinds score; the first has both labels, the second is all human. Columns 0 and 1
    /// tell the labels of the first apart, column 2 stands in all texts of the second and in none of the first.
    fn gap(level_cost: f32) -> (f32, Vec<f32>) {
        let mut data = Sparse::default();
        let mut targets = Vec::new();
        for at in 0..90_usize {
            let (kind, ai) = if at < 60 { (0, at % 2 == 1) } else { (1, false) };
            let own = if kind == 1 { vec![(2, 2.0)] } else { Vec::new() };
            data.push([vec![(u32::from(ai), 1.0), (3 + at as u32, 0.5)], own].concat());
            targets.push(Target { row: at, ai, cost: 4.0, kind, whole: true });
        }
        let options = Options { passes: 60, thinned: 0, kind_intercept: 1.0, level_scale: 1.0, level_cost };
        let weights = train(&data, 93, 2, &targets, &options, &mut Rng::new(1, "test")).weights;
        let mean = |kind: usize| {
            let rows: Vec<usize> = targets.iter().filter(|t| !t.ai && t.kind == kind).map(|t| t.row).collect();
            let score = |&row: &usize| data.row(row).iter().map(|&(c, v)| weights[c as usize] * v).sum::<f32>();
            rows.iter().map(score).sum::<f32>() / rows.len() as f32
        };
        (mean(1) - mean(0), weights)
    }

    /// Weights of a mark that tells the labels apart alone, and of the strongest of twenty that do so together.
    fn mark_and_others(thinned: usize) -> (f32, f32) {
        let mut data = Sparse::default();
        let mut targets = Vec::new();
        for at in 0..60_usize {
            let ai = at % 2 == 1;
            let first = if ai { 21 } else { 1 };
            let mark = if ai { vec![(0, 3.0)] } else { Vec::new() };
            data.push([mark, (first..first + 20).map(|column| (column, 1.0)).collect()].concat());
            targets.push(Target { row: at, ai, cost: 4.0, kind: 0, whole: true });
        }
        let options = Options { passes: 60, thinned, kind_intercept: 1.0, level_scale: 1.0, level_cost: 0.0 };
        let weights = train(&data, 41, 1, &targets, &options, &mut Rng::new(1, "test")).weights;
        (weights[0], weights[21..].iter().copied().fold(0.0, f32::max))
    }

    #[test]
    fn thinned_copies_keep_one_mark_from_carrying_a_label_alone() {
        let ratio = |(mark, others): (f32, f32)| mark / others;
        let (without, with) = (ratio(mark_and_others(0)), ratio(mark_and_others(4)));
        assert!(with < without * 0.9, "{with} {without}");
    }

    #[test]
    fn a_thinned_copy_has_about_half_of_the_cells_and_length_one() {
        let cells: Vec<(u32, f32)> = (0..1_000).map(|column| (column, 0.1)).collect();
        let (mut one, mut two) = (Vec::new(), Vec::new());
        let first = thinned(&cells, 7, 1, &mut one);
        let square: f32 = first.iter().map(|(_, v)| v * v).sum();
        assert!((450..550).contains(&first.len()), "{}", first.len());
        assert!((square - 1.0).abs() < 1e-4, "{square}");
        assert_ne!(first, thinned(&cells, 7, 2, &mut two));
    }

    #[test]
    fn people_score_alike_in_every_kind_of_text() {
        let (without, _) = gap(0.0);
        let (with, weights) = gap(10.0);
        assert!(without.abs() > 0.05, "{without}");
        assert!(with.abs() < without.abs() / 10.0, "{with} {without}");
        assert!(weights[1] - weights[0] > 0.5, "{weights:?}");
    }
}
