//! `trainer score` and `trainer eval` on files.

use std::io::{BufRead, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use edgekeep::detector::{Detector, Options, Reason, Verdict};
use serde::{Deserialize, Serialize};

use crate::data::{self, Text};
use crate::parallel;
use crate::report::{outcomes, report};
use crate::train::Training;
use crate::write::ModelFile;

#[derive(Debug, Deserialize)]
struct Line {
    id: serde_json::Value,
    text: String,
}

#[derive(Debug, Serialize)]
struct Scored<'a> {
    id: &'a serde_json::Value,
    probability: f64,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

/// Scores standard input, in its order, thousands of lines at a time.
pub fn run(model: &Path) -> Result<()> {
    let file = ModelFile::read(model)?;
    let detector = Detector::parse(file.bytes())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut batch: Vec<Line> = Vec::new();
    for (index, line) in std::io::stdin().lock().lines().enumerate() {
        let at = || format!("standard input, line {}", index + 1);
        let line = line.with_context(at)?;
        if line.trim().is_empty() {
            continue;
        }
        let line =
            serde_json::from_str(&line).with_context(|| format!("{} is not an object with `id` and `text`", at()))?;
        batch.push(line);
        if batch.len() == 2048 {
            write(&detector, &batch, &mut out)?;
            batch.clear();
        }
    }
    write(&detector, &batch, &mut out)?;
    out.flush().context("cannot write the scores")
}

fn write(detector: &Detector<'_>, batch: &[Line], out: &mut impl Write) -> Result<()> {
    let judged = parallel::map(batch.len(), |at| judge(detector, &batch[at].text));
    for (line, (probability, verdict, reason)) in batch.iter().zip(judged) {
        let scored = Scored { id: &line.id, probability, verdict: verdict.as_str(), reason };
        serde_json::to_writer(&mut *out, &scored)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The verdict that the Worker gives with default settings. The probability is always the model's: a text that the Worker
/// would not judge, being too short or of another language, has one all the same.
fn judge(detector: &Detector<'_>, text: &str) -> (f64, Verdict, Option<Reason>) {
    let answer = detector.assess(text, &Options::default());
    let is_judged = !matches!(answer.reason, Some(Reason::TooShort | Reason::Language));
    let probability = if is_judged { answer.probability } else { detector.score(text).probability };
    (probability, answer.verdict, answer.reason)
}

/// Figures of labelled files.
pub fn eval(files: &[PathBuf], model: &Path, training: &Training, json: bool) -> Result<()> {
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
    }
    if json {
        println!("{}", serde_json::to_string(&reports)?);
    } else {
        reports.iter().for_each(|report| println!("{}", report.table()));
    }
    Ok(())
}
