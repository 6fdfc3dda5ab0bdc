//! `trainer eval --leave-one-source-out`: how good the detector is on sources it has never seen. The number to steer by.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use edgekeep::detector::{Detector, hash};

use crate::data::{self, Text};
use crate::fit;
use crate::metrics::{Figures, Outcome};
use crate::output::print;
use crate::prepare::prepare;
use crate::progress::Progress;
use crate::report::{HEAD, outcomes, row};
use crate::rng::Rng;
use crate::train::{NOT_COMMERCIAL, Training};
use crate::write::{self, ModelFile};

/// Texts of a source that are evaluated, at most.
const MOST: usize = 2500;

/// Trains without each source in turn, or without each of `only`, on `sample` in a hundred of the groups of texts, and
/// evaluates on it.
pub fn run(training: &Training, only: &[String], sample: u64, json: bool) -> Result<()> {
    let progress = Progress { loud: true };
    let (folder, mut all) = training.texts()?;
    let train_count = all.len();
    if let Some(path) = data::find(&folder, "dev") {
        all.extend(data::read(&path)?);
    }
    let train: Vec<&Text> = all[..train_count]
        .iter()
        .filter(|text| training.admits(text) && hash::bytes(text.group.bytes()) % 100 < sample)
        .collect();
    let prepared = prepare(&train, training.seed, true);
    let options = training.options();
    let mut sources = prepared.sources.clone();
    sources.retain(|source| !NOT_COMMERCIAL.contains(&source.as_str()));
    if let Some(unknown) = only.iter().find(|name| !sources.contains(name)) {
        anyhow::bail!("no source is called {unknown}; there are {}", sources.join(", "));
    }
    // The last run leaves out nothing and judges the sources that are never trained on.
    sources.push(String::new());
    sources.retain(|source| only.is_empty() || only.contains(source));
    let mut rows: BTreeMap<String, Figures> = BTreeMap::new();
    for source in &sources {
        progress.say(&format!("without {source}"));
        // A text on a prompt or an original of the source tells of it, whatever source it is of.
        let groups: HashSet<&str> = train
            .iter()
            .filter(|text| text.source == *source)
            .map(|text| text.group.as_str())
            .filter(|group| !group.is_empty())
            .collect();
        let subset: Vec<usize> = (0..prepared.rows.len())
            .filter(|&row| {
                let text = train[prepared.rows[row].document];
                training.admits(text) && text.source != *source && !groups.contains(text.group.as_str())
            })
            .collect();
        let fitted = fit::fit(&prepared, &subset, &options, &Progress { loud: false });
        let file = ModelFile::new(&write::bytes(&fitted, "", "", training.seed)?);
        let detector = Detector::parse(file.bytes())?;
        // Dev texts of the sources that were trained on stand in for the label that a source may lack.
        let dev: Vec<&Text> = all[train_count..].iter().filter(|t| training.admits(t) && t.source != *source).collect();
        let known = outcomes(&detector, &dev);
        if source.is_empty() {
            rows.insert("dev (known sources)".to_owned(), Figures::of(&known, 200));
        }
        let unseen = |text: &Text| {
            if source.is_empty() { NOT_COMMERCIAL.contains(&text.source.as_str()) } else { text.source == *source }
        };
        let mut held: BTreeMap<&str, Vec<&Text>> = BTreeMap::new();
        for text in all.iter().filter(|text| unseen(text)) {
            held.entry(&text.source).or_default().push(text);
        }
        for (name, mut texts) in held {
            Rng::new(training.seed, name).shuffle(&mut texts);
            texts.truncate(MOST);
            let outcomes = outcomes(&detector, &texts);
            rows.insert(name.to_owned(), Figures::against(&outcomes, &known, 100));
            let mut domains: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
            for (text, &outcome) in texts.iter().zip(&outcomes) {
                if name == "biscope" {
                    domains.entry(format!("  {}", text.kind())).or_default().push(outcome);
                }
            }
            for (domain, outcomes) in domains {
                rows.insert(domain, Figures::against(&outcomes, &known, 100));
            }
        }
        if let Some((name, figures)) = rows.iter().find(|(name, _)| **name == *source) {
            let mut line = String::new();
            row(&mut line, name, figures);
            progress.say(line.trim_end());
        }
    }
    if json {
        return print(&serde_json::to_string(&rows)?);
    }
    let mut table = format!("{HEAD}\n");
    rows.iter().for_each(|(name, figures)| row(&mut table, name, figures));
    let own: Vec<f64> = rows
        .iter()
        .filter(|(name, f)| !name.starts_with([' ', 'd']) && f.human > 0)
        .filter_map(|(_, f)| f.auroc)
        .collect();
    let mean = own.iter().sum::<f64>() / own.len() as f64;
    print(&format!("{table}mean AUROC of sources left out: {mean:.4}"))
}
