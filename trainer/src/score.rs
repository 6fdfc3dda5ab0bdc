//! `trainer score`.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use edgekeep::detector::{Detector, Options, Reason, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::lines::{Lines, object};
use crate::parallel;
use crate::progress::Progress;
use crate::write::ModelFile;

#[derive(Deserialize)]
struct Line {
    /// As it was written: a number has more digits than a float can keep.
    id: Box<RawValue>,
    text: String,
}

#[derive(Serialize)]
struct Scored<'a> {
    id: &'a RawValue,
    probability: f64,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

/// Scores standard input, in its order, thousands of lines at a time. A line that can't be scored is told of, the others
/// are scored all the same, and in the end the run has failed.
pub fn run(model: &Path) -> Result<()> {
    let file = ModelFile::read(model)?;
    let detector = Detector::parse(file.bytes())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut batch: Vec<Line> = Vec::new();
    let (mut good, mut bad) = (0_usize, 0_usize);
    let mut broken = None;
    for line in Lines::of(std::io::stdin().lock()) {
        // What was read before the input broke off is scored first.
        let (number, line) = match line {
            Ok(line) => line,
            Err(cause) => {
                broken = Some(cause);
                break;
            }
        };
        match object(&line) {
            Ok(line) => batch.push(line),
            Err(cause) => {
                bad += 1;
                complain(number, &cause);
            }
        }
        if batch.len() == BATCH {
            good += batch.len();
            write(&detector, &batch, &mut out)?;
            batch.clear();
        }
    }
    good += batch.len();
    write(&detector, &batch, &mut out)?;
    out.flush().context("cannot write the scores")?;
    if let Some(cause) = broken {
        return Err(cause).context(format!("standard input broke off after {} lines", good + bad));
    }
    if bad > 0 {
        bail!("{bad} of {} lines were not scored", good + bad);
    }
    Ok(())
}

fn complain(number: usize, cause: &serde_json::Error) {
    // serde_json counts lines too, from 1 for each of ours.
    let cause = cause.to_string().replace(" at line 1 column ", " at column ");
    let line = format!("standard input, line {number} is not an object with `id` and `text`: {cause}");
    Progress { loud: true }.say(&line);
}

fn write(detector: &Detector<'_>, batch: &[Line], out: &mut impl Write) -> Result<()> {
    let judged = parallel::map(batch.len(), |at| judge(detector, &batch[at].text));
    for (line, (probability, verdict, reason)) in batch.iter().zip(judged) {
        let scored = Scored { id: &line.id, probability, verdict: verdict.as_str(), reason };
        let mut line = serde_json::to_vec(&scored)?;
        line.push(b'\n');
        out.write_all(&line).context("cannot write the scores")?;
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

/// Lines that are scored at once.
const BATCH: usize = 2048;
