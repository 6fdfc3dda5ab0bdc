//! The model file's contents: typed views into the bytes, nothing copied but a few hundred numbers.

use serde::{Deserialize, Serialize};

use super::calibration::Knot;
use super::collections::Collections;
use super::container::{Container, ContainerError};
use super::features::{self, Parts};
use super::grams::{BUCKETS, Table, Weights};
use super::lm::Lm;
use super::signals;
use super::stack::{Linear, Stack};
use super::trees::{Node, Trees};

/// Sections of the file.
pub mod section {
    /// [`super::Meta`] as JSON.
    pub const META: u32 = 1;
    /// Scale of each table of weights, f64.
    pub const SCALES: u32 = 2;
    /// Nodes of the trees.
    pub const NODES: u32 = 3;
    /// First node of each tree, u32.
    pub const ROOTS: u32 = 4;
    /// Calibration: [`super::Knot::FIELDS`] f64 each.
    pub const KNOTS: u32 = 5;
    /// Usual ranges of what signals speak of: human low, high, AI low, high, f64.
    pub const RANGES: u32 = 6;
    /// The linear half of the blend, f64.
    pub const LINEAR: u32 = 7;
    /// The first table of weights; the others follow.
    pub const TABLES: u32 = 16;
    /// The first language model; the other follows.
    pub const LMS: u32 = 32;
    /// What tells the collections apart: [`crate::detector::collections::SLOTS`] bytes a bucket.
    pub const COLLECTIONS: u32 = 48;
    /// Scale and offset of each collection, f64.
    pub const COLLECTION_SCALES: u32 = 49;
}

/// What the file says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Version of the model, for people.
    pub version: String,
    /// The data it was trained on, in one line.
    pub trained_on: String,
    /// Seed of the training.
    pub seed: u64,
    /// Number of features that the trees know.
    pub features: usize,
}

/// A model ready to score. Borrows the file's bytes.
#[derive(Debug, Clone)]
pub struct Model<'a> {
    /// What the file says about itself.
    pub meta: Meta,
    /// What measures a text.
    pub parts: Parts<'a>,
    /// The last stage.
    pub stack: Stack<'a>,
    /// Calibration by length.
    pub knots: Vec<Knot>,
    /// Usual ranges of each of [`signals::measures`]: human low, human high, AI low, AI high.
    pub ranges: Vec<[f64; 4]>,
}

/// Why a model is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelError {
    /// The file's outer form.
    Container(ContainerError),
    /// The contents of a section.
    Contents(&'static str),
}

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Container(cause) => cause.fmt(f),
            Self::Contents(what) => write!(f, "the model file's {what} cannot be used"),
        }
    }
}

impl std::error::Error for ModelError {}

impl From<ContainerError> for ModelError {
    fn from(cause: ContainerError) -> Self {
        Self::Container(cause)
    }
}

impl<'a> Model<'a> {
    /// Reads a model. The bytes must be aligned to 16; any content is answered with an error, never a panic.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let container = Container::parse(bytes)?;
        let meta: Meta = serde_json::from_slice(container.section(section::META)?)
            .map_err(|_| ModelError::Contents("description"))?;
        if meta.features != features::COUNT {
            return Err(ModelError::Contents("features"));
        }
        let scales: &[f64] = cast(container.section(section::SCALES)?, "scales")?;
        let &[words, masks, chars, home_words, home_chars] = scales else {
            return Err(ModelError::Contents("scales"));
        };
        if !scales.iter().all(|s| s.is_finite()) {
            return Err(ModelError::Contents("scales"));
        }
        let tables = [
            weights(&container, Table::Words, words)?,
            weights(&container, Table::Masks, masks)?,
            weights(&container, Table::Chars, chars)?,
            weights(&container, Table::HomeWords, home_words)?,
            weights(&container, Table::HomeChars, home_chars)?,
        ];
        let lm = |id: u32| Lm::new(container.section(id)?).ok_or(ModelError::Contents("language models"));
        let lms = [lm(section::LMS)?, lm(section::LMS + 1)?];
        let collection_scales: &[f64] = cast(container.section(section::COLLECTION_SCALES)?, "collections")?;
        let collections = Collections::new(container.section(section::COLLECTIONS)?, collection_scales)
            .ok_or(ModelError::Contents("collections"))?;
        let nodes: &[Node] = cast(container.section(section::NODES)?, "trees")?;
        let roots: &[u32] = cast(container.section(section::ROOTS)?, "trees")?;
        let trees = Trees::new(nodes, roots, features::COUNT).ok_or(ModelError::Contents("trees"))?;
        let linear: &[f64] = cast(container.section(section::LINEAR)?, "blend")?;
        let linear = Linear::from_fields(linear).ok_or(ModelError::Contents("blend"))?;
        Ok(Self {
            meta,
            parts: Parts { tables, lms, collections },
            stack: Stack { trees, linear },
            knots: knots(cast(container.section(section::KNOTS)?, "calibration")?)?,
            ranges: ranges(cast(container.section(section::RANGES)?, "ranges")?)?,
        })
    }
}

fn weights<'a>(container: &Container<'a>, table: Table, scale: f64) -> Result<Weights<'a>, ModelError> {
    let id = section::TABLES + u32::try_from(table.index()).unwrap_or(0);
    let bytes = container.section(id)?;
    (bytes.len() == BUCKETS).then_some(Weights { bytes, scale }).ok_or(ModelError::Contents("weights"))
}

fn knots(fields: &[f64]) -> Result<Vec<Knot>, ModelError> {
    let found: Option<Vec<Knot>> = fields.chunks(Knot::FIELDS).map(Knot::from_fields).collect();
    found
        .filter(|knots| !knots.is_empty() && knots.is_sorted_by(|a, b| a.log_words < b.log_words))
        .ok_or(ModelError::Contents("calibration"))
}

fn ranges(fields: &[f64]) -> Result<Vec<[f64; 4]>, ModelError> {
    let (found, rest) = fields.as_chunks::<4>();
    (found.len() == signals::MEASURES && rest.is_empty() && fields.iter().all(|f| f.is_finite()))
        .then(|| found.to_vec())
        .ok_or(ModelError::Contents("ranges"))
}

fn cast<'a, T: bytemuck::AnyBitPattern>(bytes: &'a [u8], what: &'static str) -> Result<&'a [T], ModelError> {
    bytemuck::try_cast_slice(bytes).map_err(|_| ModelError::Contents(what))
}

#[cfg(target_endian = "big")]
compile_error!("the model file is read in place and is little-endian");
