//! The model file from a trained model, and back.

use std::path::Path;

use anyhow::{Context, Result};
use edgekeep::detector::calibration::Knot;
use edgekeep::detector::container::{self, Container};
use edgekeep::detector::features;
use edgekeep::detector::model::{Meta, section};

use crate::fit::Fitted;

/// The bytes of the model file.
pub fn bytes(fitted: &Fitted, version: &str, trained_on: &str, seed: u64) -> Result<Vec<u8>> {
    let meta = Meta { version: version.to_owned(), trained_on: trained_on.to_owned(), seed, features: features::COUNT };
    let scales: Vec<f64> = fitted.parts.tables.iter().map(|(_, scale)| *scale).collect();
    let knots: Vec<f64> = fitted.knots.iter().flat_map(Knot::fields).collect();
    let ranges: Vec<f64> = fitted.ranges.iter().flatten().copied().collect();
    let mut sections = vec![
        (section::META, serde_json::to_vec(&meta)?),
        (section::SCALES, bytemuck::cast_slice(&scales).to_vec()),
        (section::NODES, bytemuck::cast_slice(&fitted.forest.nodes).to_vec()),
        (section::LINEAR, bytemuck::cast_slice(&fitted.linear.fields()).to_vec()),
        (section::ROOTS, bytemuck::cast_slice(&fitted.forest.roots).to_vec()),
        (section::COLLECTIONS, fitted.parts.collections.weights.clone()),
        (section::COLLECTION_SCALES, bytemuck::cast_slice(&fitted.parts.collections.scales).to_vec()),
        (section::KNOTS, bytemuck::cast_slice(&knots).to_vec()),
        (section::RANGES, bytemuck::cast_slice(&ranges).to_vec()),
    ];
    for (id, (bytes, _)) in (section::TABLES..).zip(&fitted.parts.tables) {
        sections.push((id, bytes.clone()));
    }
    for (id, bytes) in (section::LMS..).zip(&fitted.parts.lms) {
        sections.push((id, bytes.clone()));
    }
    Ok(container::build(&sections))
}

/// The version that a model file says it has, if there is one that can be read.
pub fn version(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    let meta = Container::parse(&bytes).ok()?.section(section::META).ok()?;
    serde_json::from_slice(meta).ok().map(|meta: Meta| meta.version)
}

/// A model file in memory, aligned as the reader needs it.
pub struct ModelFile(Vec<u128>, usize);

impl ModelFile {
    /// Copies bytes to an aligned place.
    pub fn new(bytes: &[u8]) -> Self {
        let mut blocks = vec![0_u128; bytes.len().div_ceil(16)];
        bytemuck::cast_slice_mut(&mut blocks)[..bytes.len()].copy_from_slice(bytes);
        Self(blocks, bytes.len())
    }

    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read the model {}", path.display()))?;
        container::verify(&bytes).with_context(|| path.display().to_string())?;
        Ok(Self::new(&bytes))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.0)[..self.1]
    }
}
