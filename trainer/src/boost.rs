//! Gradient-boosted trees on histograms, deterministic.
//!
//! The crates that offer them either bring C++ (LightGBM, XGBoost), or sum in an order that depends on the threads.
//! Here one histogram is always filled by one thread in row order.

use edgekeep::detector::features;
use edgekeep::detector::trees::{Node, Trees};

use crate::parallel;
use crate::rng::Rng;

/// Size and pace of the forest.
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of trees.
    pub trees: usize,
    /// Leaves of each tree.
    pub leaves: usize,
    /// Share of each tree's finding that is added.
    pub rate: f64,
    /// Ridge on the leaves' values, in units of row weight.
    pub ridge: f64,
    /// Least weight of a leaf's rows, as a share of all.
    pub least: f64,
    /// Share of the features that each tree sees.
    pub features: f64,
    /// Share of the rows that each tree sees.
    pub rows: f64,
}

/// Rows cut into bins, by column.
pub struct Binned {
    columns: Vec<Vec<u8>>,
    edges: Vec<Vec<f32>>,
    rows: usize,
}

const BINS: usize = 64;

impl Binned {
    /// Cuts each feature at its quantiles.
    pub fn new(rows: &[Vec<f32>]) -> Self {
        let features = rows.first().map_or(0, Vec::len);
        let cut = parallel::map(features, |feature| {
            let mut values: Vec<f32> = rows.iter().map(|row| row[feature]).collect();
            let raw = values.clone();
            values.sort_unstable_by(f32::total_cmp);
            let mut edges: Vec<f32> = (1..BINS).map(|bin| values[bin * (values.len() - 1) / BINS]).collect();
            edges.dedup();
            let bins = raw.iter().map(|value| edges.partition_point(|edge| edge < value) as u8).collect();
            (bins, edges)
        });
        let (columns, edges) = cut.into_iter().unzip();
        Self { columns, edges, rows: rows.len() }
    }
}

/// A forest under construction.
pub struct Forest {
    /// Nodes of all trees.
    pub nodes: Vec<Node>,
    /// First node of each tree.
    pub roots: Vec<u32>,
}

/// Fits a forest to labels by logistic loss. `subset` are the rows to learn from, `direction` the features that may
/// only push one way (+1: more means AI).
pub fn fit(
    data: &Binned,
    subset: &[usize],
    ai: &[bool],
    weights: &[f64],
    direction: &[i8],
    options: &Options,
    rng: &mut Rng,
) -> Forest {
    let mut forest = Forest { nodes: Vec::new(), roots: Vec::new() };
    let mut scores = vec![0.0_f64; data.rows];
    let total: f64 = subset.iter().map(|&row| weights[row]).sum();
    let scale = subset.len() as f64 / total.max(1e-12);
    let mut gradients = vec![(0.0_f32, 0.0_f32); data.rows];
    for _ in 0..options.trees {
        for &row in subset {
            let p = 1.0 / (1.0 + libm::exp(-scores[row]));
            let weight = weights[row] * scale;
            let target = f64::from(u8::from(ai[row]));
            gradients[row] = (((p - target) * weight) as f32, ((p * (1.0 - p)).max(1e-6) * weight) as f32);
        }
        let mut features: Vec<usize> = (0..data.columns.len()).collect();
        rng.shuffle(&mut features);
        features.truncate(((features.len() as f64 * options.features).ceil() as usize).max(1));
        features.sort_unstable();
        let rows: Vec<u32> = subset.iter().filter(|_| rng.unit() < options.rows).map(|&row| row as u32).collect();
        let tree = grow(data, rows, &gradients, &features, direction, options, subset.len() as f64);
        for &row in subset {
            scores[row] += f64::from(tree.value(data, row));
        }
        tree.write(data, &mut forest);
    }
    forest
}

impl Forest {
    /// The forest as the detector sees it.
    pub fn trees(&self) -> Trees<'_> {
        Trees::new(&self.nodes, &self.roots, features::COUNT)
            .unwrap_or_else(|| unreachable!("the forest just grown is sound"))
    }
}

struct Tree {
    /// Per node: the split and the children, or a value.
    nodes: Vec<Split>,
}

#[derive(Clone, Copy)]
struct Split {
    feature: usize,
    bin: u8,
    left: usize,
    value: f32,
}

struct Leaf {
    node: usize,
    rows: Vec<u32>,
    histogram: Vec<[[f64; 2]; BINS]>,
    bounds: (f64, f64),
    best: Option<Best>,
}

#[derive(Clone, Copy)]
struct Best {
    gain: f64,
    feature: usize,
    bin: u8,
    left: f64,
    right: f64,
}

fn grow(
    data: &Binned,
    rows: Vec<u32>,
    gradients: &[(f32, f32)],
    features: &[usize],
    direction: &[i8],
    options: &Options,
    total: f64,
) -> Tree {
    let mut tree = Tree { nodes: vec![Split { feature: usize::MAX, bin: 0, left: 0, value: 0.0 }] };
    let histogram = histogram(data, &rows, gradients, features);
    let bounds = (f64::NEG_INFINITY, f64::INFINITY);
    let best = best_split(data, &histogram, features, direction, bounds, options, total);
    tree.nodes[0].value = (best_value(&histogram, options) * options.rate) as f32;
    let mut leaves = vec![Leaf { node: 0, rows, histogram, bounds, best }];
    while leaves.len() < options.leaves {
        let Some(at) = (0..leaves.len())
            .filter(|&i| leaves[i].best.is_some())
            .max_by(|&a, &b| gain(&leaves[a]).total_cmp(&gain(&leaves[b])).then(b.cmp(&a)))
        else {
            break;
        };
        let leaf = leaves.swap_remove(at);
        let Some(split) = leaf.best else { break };
        let column = &data.columns[split.feature];
        let (left, right): (Vec<u32>, Vec<u32>) = leaf.rows.iter().partition(|&&row| column[row as usize] <= split.bin);
        let left_node = tree.nodes.len();
        tree.nodes[leaf.node] = Split { feature: split.feature, bin: split.bin, left: left_node, value: 0.0 };
        let left_small = left.len() <= right.len();
        let small = self::histogram(data, if left_small { &left } else { &right }, gradients, features);
        let large: Vec<[[f64; 2]; BINS]> = leaf
            .histogram
            .iter()
            .zip(&small)
            .map(|(all, part)| std::array::from_fn(|bin| [all[bin][0] - part[bin][0], all[bin][1] - part[bin][1]]))
            .collect();
        let (left_histogram, right_histogram) = if left_small { (small, large) } else { (large, small) };
        let middle = f64::midpoint(split.left, split.right);
        let (left_bounds, right_bounds) = match direction[split.feature] {
            1 => ((leaf.bounds.0, middle), (middle, leaf.bounds.1)),
            -1 => ((middle, leaf.bounds.1), (leaf.bounds.0, middle)),
            _ => (leaf.bounds, leaf.bounds),
        };
        let sides =
            [(left, left_histogram, left_bounds, split.left), (right, right_histogram, right_bounds, split.right)];
        for (rows, histogram, bounds, value) in sides {
            let node = tree.nodes.len();
            tree.nodes.push(Split { feature: usize::MAX, bin: 0, left: 0, value: (value * options.rate) as f32 });
            let best = best_split(data, &histogram, features, direction, bounds, options, total);
            leaves.push(Leaf { node, rows, histogram, bounds, best });
        }
    }
    tree
}

fn gain(leaf: &Leaf) -> f64 {
    leaf.best.map_or(0.0, |best| best.gain)
}

fn histogram(data: &Binned, rows: &[u32], gradients: &[(f32, f32)], features: &[usize]) -> Vec<[[f64; 2]; BINS]> {
    let fill = |feature: usize| {
        let column = &data.columns[feature];
        let mut bins = [[0.0; 2]; BINS];
        for &row in rows {
            let (gradient, hessian) = gradients[row as usize];
            let bin = &mut bins[usize::from(column[row as usize]) % BINS];
            bin[0] += f64::from(gradient);
            bin[1] += f64::from(hessian);
        }
        bins
    };
    if rows.len() * features.len() < 200_000 {
        return features.iter().map(|&feature| fill(feature)).collect();
    }
    let chunks: Vec<&[usize]> = features.chunks(features.len().div_ceil(parallel::threads())).collect();
    parallel::map(chunks.len(), |chunk| chunks[chunk].iter().map(|&feature| fill(feature)).collect::<Vec<_>>()).concat()
}

fn best_value(histogram: &[[[f64; 2]; BINS]], options: &Options) -> f64 {
    let (mut g, mut h) = (0.0, 0.0);
    for bin in histogram.first().into_iter().flatten() {
        g += bin[0];
        h += bin[1];
    }
    -g / (h + options.ridge)
}

fn best_split(
    data: &Binned,
    histogram: &[[[f64; 2]; BINS]],
    features: &[usize],
    direction: &[i8],
    bounds: (f64, f64),
    options: &Options,
    total: f64,
) -> Option<Best> {
    let mut found: Option<Best> = None;
    let least = options.least * total * 0.25;
    for (bins, &feature) in histogram.iter().zip(features) {
        let (mut g, mut h) = (0.0, 0.0);
        for bin in bins {
            g += bin[0];
            h += bin[1];
        }
        let score = |g: f64, h: f64, value: f64| -(g * value + 0.5 * (h + options.ridge) * value * value);
        let value = |g: f64, h: f64| (-g / (h + options.ridge)).clamp(bounds.0, bounds.1);
        let whole = score(g, h, value(g, h));
        let (mut left_g, mut left_h) = (0.0, 0.0);
        for (bin, sums) in bins.iter().enumerate().take(data.edges[feature].len()) {
            left_g += sums[0];
            left_h += sums[1];
            let (right_g, right_h) = (g - left_g, h - left_h);
            if left_h < least || right_h < least {
                continue;
            }
            let (left, right) = (value(left_g, left_h), value(right_g, right_h));
            let wrong = match direction[feature] {
                1 => left > right,
                -1 => left < right,
                _ => false,
            };
            let gain = score(left_g, left_h, left) + score(right_g, right_h, right) - whole;
            if !wrong && gain > 1e-6 && found.is_none_or(|best| gain > best.gain) {
                found = Some(Best { gain, feature, bin: bin as u8, left, right });
            }
        }
    }
    found
}

impl Tree {
    fn value(&self, data: &Binned, row: usize) -> f32 {
        let mut at = 0;
        loop {
            let node = self.nodes[at];
            if node.left == 0 {
                return node.value;
            }
            at = node.left + usize::from(data.columns[node.feature][row] > node.bin);
        }
    }

    fn write(&self, data: &Binned, forest: &mut Forest) {
        forest.roots.push(forest.nodes.len() as u32);
        for (at, node) in self.nodes.iter().enumerate() {
            forest.nodes.push(if node.left == 0 {
                Node { feature: Node::LEAF, skip: 0, value: node.value }
            } else {
                Node {
                    feature: node.feature as u16,
                    skip: (node.left - at) as u16,
                    value: data.edges[node.feature][usize::from(node.bin)],
                }
            });
        }
    }
}
