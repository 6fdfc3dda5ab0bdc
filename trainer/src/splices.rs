//! `trainer eval --splices`: texts that begin by a person and go on by a machine, or the other way round.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use edgekeep::detector::{Detector, Options, Verdict};
use serde::Serialize;

use crate::data::{self, Text};
use crate::output::print;
use crate::parallel;
use crate::rng::Rng;
use crate::train::Training;
use crate::write::ModelFile;

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Found {
    /// Spliced texts.
    splices: usize,
    /// Of these, called mixed.
    mixed: usize,
    /// Called AI.
    ai: usize,
    /// Called human.
    human: usize,
    /// Share of their characters in sentences that were put on the right side of one half.
    span_accuracy: f64,
    /// Texts by one hand, as long as the splices.
    pure: usize,
    /// Of these, called mixed.
    pure_mixed: usize,
}

pub fn run(model: &Path, training: &Training, json: bool) -> Result<()> {
    let file = ModelFile::read(model)?;
    let detector = Detector::parse(file.bytes())?;
    let folder = data::folder(training.data.as_deref())?;
    let dev = data::read(&data::find(&folder, "dev").context("no dev file in the data folder")?)?;
    let mut kinds: BTreeMap<String, [Vec<&Text>; 2]> = BTreeMap::new();
    for text in dev.iter().filter(|t| t.text.split_whitespace().count() >= 160) {
        kinds.entry(text.kind()).or_default()[usize::from(text.is_ai())].push(text);
    }
    let mut found = Found::default();
    let mut right = 0.0;
    for (kind, [human, machine]) in &kinds {
        let mut rng = Rng::new(training.seed, kind);
        let pairs: Vec<(String, usize, bool)> = (0..human.len().min(machine.len()).min(60))
            .map(|at| {
                let (first, second) = (human[at], machine[rng.below(machine.len())]);
                let machine_first = rng.below(2) == 1;
                let (a, b) = if machine_first { (second, first) } else { (first, second) };
                let mut text = half(&a.text, false).to_owned();
                let boundary = text.encode_utf16().count();
                text.push(' ');
                text.push_str(half(&b.text, true));
                (text, boundary, machine_first)
            })
            .collect();
        let answers = parallel::map(pairs.len(), |at| detector.assess(&pairs[at].0, &Options::default()));
        for ((_, boundary, machine_first), answer) in pairs.iter().zip(&answers) {
            found.splices += 1;
            match answer.verdict {
                Verdict::Mixed => found.mixed += 1,
                Verdict::Ai => found.ai += 1,
                Verdict::Human => found.human += 1,
                Verdict::Uncertain => {}
            }
            let (mut all, mut hit) = (0, 0);
            for sentence in &answer.sentences {
                let length = sentence.end - sentence.start;
                let machine =
                    (f64::midpoint(sentence.start as f64, sentence.end as f64) < *boundary as f64) == *machine_first;
                all += length;
                hit += if (sentence.probability > 0.5) == machine { length } else { 0 };
            }
            right += f64::from(u32::try_from(hit)?) / f64::from(u32::try_from(all.max(1))?);
        }
        let pure: Vec<&Text> = human.iter().chain(machine).copied().take(120).collect();
        let verdicts = parallel::map(pure.len(), |at| detector.assess(&pure[at].text, &Options::default()).verdict);
        found.pure += pure.len();
        found.pure_mixed += verdicts.iter().filter(|v| **v == Verdict::Mixed).count();
    }
    found.span_accuracy = right / found.splices.max(1) as f64;
    if json {
        return print(&serde_json::to_string(&found)?);
    }
    print(&format!(
        "{} splices: {} mixed, {} ai, {} human, the rest uncertain; {:.1} % of the text on the right side\n{} texts by one hand: {} called mixed",
        found.splices,
        found.mixed,
        found.ai,
        found.human,
        found.span_accuracy * 100.0,
        found.pure,
        found.pure_mixed
    ))
}

/// The first or the second half of a text, cut at the end of the sentence nearest to the middle.
fn half(text: &str, second: bool) -> &str {
    let middle = text.len() / 2;
    let cut = text
        .match_indices(['.', '!', '?'])
        .map(|(at, stop)| at + stop.len())
        .filter(|&at| text[at..].starts_with(char::is_whitespace))
        .min_by_key(|at| at.abs_diff(middle))
        .unwrap_or_else(|| text.ceil_char_boundary(middle));
    if second { text[cut..].trim_start() } else { &text[..cut] }
}
