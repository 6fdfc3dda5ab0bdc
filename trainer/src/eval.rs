//! `trainer eval` on files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use edgekeep::detector::Detector;

use crate::data::{self, Text};
use crate::output::print;
use crate::report::{outcomes, report};
use crate::train::Training;
use crate::write::ModelFile;

/// Figures of labelled files.
pub fn run(files: &[PathBuf], model: &Path, training: &Training, json: bool) -> Result<()> {
    let file = ModelFile::read(model)?;
    let detector = Detector::parse(file.bytes())?;
    let mut files = files.to_vec();
    if files.is_empty() {
        let folder = data::folder(training.data.as_deref())?;
        files.push(data::find(&folder, "dev").context("no dev file in the data folder; name a file")?);
    }
    let mut reports = Vec::new();
    for path in &files {
        let texts = data::read(path)?;
        let texts: Vec<&Text> = texts.iter().collect();
        reports.push(report(&path.display().to_string(), &texts, &outcomes(&detector, &texts)));
        if !json && let Some(report) = reports.last() {
            print(&report.table())?;
        }
    }
    if json { print(&serde_json::to_string(&reports)?) } else { Ok(()) }
}
