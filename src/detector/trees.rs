//! Boosted regression trees: the last stage, over all measured features.

use bytemuck::{Pod, Zeroable};

/// One node of a tree, eight bytes in the file.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Node {
    /// Which feature is compared, [`Node::LEAF`] for a leaf.
    pub feature: u16,
    /// From this node to its left child; the right child is the next one. Zero in a leaf.
    pub skip: u16,
    /// Go left if the feature is at most this; in a leaf, what the tree adds to the score.
    pub value: f32,
}

impl Node {
    /// Marks a leaf.
    pub const LEAF: u16 = u16::MAX;
}

/// All trees of a model.
#[derive(Debug, Clone, Copy)]
pub struct Trees<'a> {
    nodes: &'a [Node],
    roots: &'a [u32],
}

impl<'a> Trees<'a> {
    /// Accepts trees whose every path ends inside `nodes`: children stand behind their parents.
    pub fn new(nodes: &'a [Node], roots: &'a [u32], features: usize) -> Option<Self> {
        let sound = nodes.iter().enumerate().all(|(at, node)| {
            let leaf = node.feature == Node::LEAF;
            let inside = at + usize::from(node.skip) + 1 < nodes.len();
            let known = usize::from(node.feature) < features;
            node.value.is_finite() && (leaf || (known && node.skip > 0 && inside))
        });
        let rooted = roots.iter().all(|&root| usize::try_from(root).is_ok_and(|at| at < nodes.len()));
        (sound && rooted).then_some(Self { nodes, roots })
    }

    /// The sum of all trees for these features, in units of log-odds.
    pub fn score(&self, features: &[f32]) -> f64 {
        self.roots.iter().map(|&root| f64::from(self.leaf(root as usize, features))).sum()
    }

    fn leaf(&self, mut at: usize, features: &[f32]) -> f32 {
        while let Some(node) = self.nodes.get(at) {
            if node.feature == Node::LEAF {
                return node.value;
            }
            let value = features.get(usize::from(node.feature)).copied();
            let right = value.unwrap_or(0.0) > node.value;
            at += usize::from(node.skip) + usize::from(right);
        }
        0.0
    }
}
