//! A linear classifier on sparse rows: support vectors with squared hinge loss, by dual coordinate descent.
//!
//! Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008 (the solver of LIBLINEAR).
//! Written here because it is sixty lines, and because the crates that wrap LIBLINEAR bring C code and a seed of their
//! own, while the model file must come out the same to the byte.

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
        let square: f32 = row.iter().map(|(_, v)| v * v).sum();
        let scale = 1.0 / square.max(1e-12).sqrt();
        row.iter_mut().for_each(|(_, v)| *v *= scale);
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
}

/// Weights of all columns.
pub fn train(
    data: &Sparse,
    columns: usize,
    kinds: usize,
    targets: &[Target],
    options: &Options,
    rng: &mut Rng,
) -> Vec<f32> {
    let mut weights = vec![0_f32; columns];
    let mut intercepts = vec![0_f32; kinds];
    let mut bias = 0_f32;
    let mut alphas = vec![0_f32; targets.len()];
    let mut order: Vec<usize> = (0..targets.len()).collect();
    let slack = options.kind_intercept;
    for _ in 0..options.passes {
        rng.shuffle(&mut order);
        for &index in &order {
            let Target { row, ai, cost, kind } = targets[index];
            let side = if ai { 1.0 } else { -1.0 };
            let cells = data.row(row);
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
    }
    weights
}

/// How to learn.
#[derive(Debug, Clone)]
pub struct Options {
    /// Passes over the rows.
    pub passes: usize,
    /// How freely each kind of text moves its own intercept; 0 for not at all.
    pub kind_intercept: f32,
}

/// Eight bits a weight, companded by the square root: the byte is `127 * sqrt(|w| / scale)` with the sign of w.
pub fn quantise(weights: &[f32]) -> (Vec<u8>, f64) {
    let scale = weights.iter().fold(1e-9_f32, |max, w| max.max(w.abs()));
    let bytes = weights
        .iter()
        .map(|w| ((w.abs() / scale).sqrt() * 127.0).round().copysign(*w) as i8)
        .map(|root| if root.abs() < LEAST { 0 } else { root })
        .map(i8::cast_unsigned)
        .collect();
    (bytes, f64::from(scale))
}

/// Weights below seven thousandths of the largest are dropped: a quarter of the buckets, which then pack well.
const LEAST: i8 = 11;
