//! `trainer eval` on files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use edgekeep::detector::Detector;

use crate::card::card;
use crate::data::{self, Text};
use crate::output::print;
use crate::report::{outcomes, report};
use crate::train::Training;
use crate::write::ModelFile;

/// How figures are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Tables for people.
    Tables,
    /// An array of one object a file.
    Json,
    /// The tables of MODEL.md.
    Card,
}

/// Figures of labelled files.
pub fn run(files: &[PathBuf], model: &Path, training: &Training, form: Form) -> Result<()> {
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
        let outcomes = outcomes(&detector, &texts);
        if form == Form::Card {
            print(&card(&detector, &texts, &outcomes, training))?;
            continue;
        }
        let report = report(&path.display().to_string(), &texts, &outcomes);
        match form {
            Form::Json => reports.push(report),
            _ => print(&report.table())?,
        }
    }
    if form == Form::Json { print(&serde_json::to_string(&reports)?) } else { Ok(()) }
}
