//! Tables of figures, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use edgekeep::detector::Detector;
use serde::Serialize;

use crate::data::Text;
use crate::metrics::{Figures, Outcome};
use crate::parallel;

/// Figures of one file or one experiment, whole and by group.
#[derive(Debug, Serialize)]
pub struct Report {
    /// File or experiment.
    pub name: String,
    /// All texts.
    pub all: Figures,
    /// By source, domain, generator, attack and length; generators and attacks against all human texts of the file. Other
    /// groups of one label have their AUROC against all texts of the other label.
    pub groups: BTreeMap<String, Figures>,
}

/// Scores texts with a model.
pub fn outcomes(detector: &Detector<'_>, texts: &[&Text]) -> Vec<Outcome> {
    parallel::map(texts.len(), |at| {
        let judgement = detector.score(&texts[at].text);
        let over = |threshold: Option<f64>| threshold.is_some_and(|t| judgement.score > t);
        Outcome {
            score: judgement.probability,
            probability: judgement.probability,
            over_1: over(judgement.knot.map(|k| k.ai_1)),
            over_5: over(judgement.knot.map(|k| k.ai_5)),
            ai: texts[at].is_ai(),
        }
    })
}

/// Makes a report.
pub fn report(name: &str, texts: &[&Text], outcomes: &[Outcome]) -> Report {
    let human: Vec<Outcome> = outcomes.iter().filter(|o| !o.ai).copied().collect();
    let mut groups: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    for (text, &outcome) in texts.iter().zip(outcomes) {
        let words = text.text.split_whitespace().count();
        let length = LENGTHS.iter().find(|(_, most)| words < *most).map_or("500-", |(name, _)| name);
        for key in [key("source", &text.source), key("domain", &text.domain), key("words", length)] {
            groups.entry(key).or_default().push(outcome);
        }
        if text.is_ai() {
            let attack = text.attack.as_deref().unwrap_or("none");
            for key in [key("generator", &text.generator), key("attack", attack)] {
                groups.entry(key).or_insert_with(|| human.clone()).push(outcome);
            }
        }
    }
    let groups: Vec<(String, Vec<Outcome>)> = groups.into_iter().collect();
    let figures = parallel::map(groups.len(), |at| Figures::against(&groups[at].1, outcomes, BOOTSTRAPS));
    Report {
        name: name.to_owned(),
        all: Figures::of(outcomes, BOOTSTRAPS),
        groups: groups.into_iter().map(|(key, _)| key).zip(figures).collect(),
    }
}

fn key(what: &str, value: &str) -> String {
    format!("{what} {}", if value.is_empty() { "(not given)" } else { value })
}

impl Report {
    /// The report as a table.
    pub fn table(&self) -> String {
        let mut table = format!("{}\n{HEAD}\n", self.name);
        row(&mut table, "all", &self.all);
        for (name, figures) in &self.groups {
            row(&mut table, name, figures);
        }
        table
    }
}

/// Heading of the rows.
pub const HEAD: &str = "                                     human     ai  AUROC           TPR@1% TPR@5%  FPR@1% FPR@5%    ECE    acc     F1";

/// One row of a table.
pub fn row(table: &mut String, name: &str, figures: &Figures) {
    let number = |value: Option<f64>, digits: usize| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.digits$}"));
    let percent = |value: Option<f64>| number(value.map(|v| v * 100.0), 1);
    let interval = figures
        .auroc_interval
        .map_or_else(String::new, |[low, high]| format!("{:.0}-{:.0}", low * 1000.0, high * 1000.0));
    let short: String = name.chars().take(34).collect();
    let _ = writeln!(
        table,
        "{short:<34} {:>7} {:>6}  {:<6} {interval:<9} {:>6} {:>6}  {:>6} {:>6}  {:>5}  {:>5}  {:>5}",
        figures.human,
        figures.ai,
        number(figures.auroc, 4),
        percent(figures.tpr_1),
        percent(figures.tpr_5),
        percent(figures.fpr_1),
        percent(figures.fpr_5),
        number(figures.ece, 3),
        percent(figures.accuracy),
        percent(figures.f1),
    );
}

/// Samples of which an interval is made.
pub const BOOTSTRAPS: usize = 200;

/// Classes of length, each with the words that it ends before; the last has no end.
pub const LENGTHS: [(&str, usize); 4] = [("0-79", 80), ("80-149", 150), ("150-299", 300), ("300-499", 500)];
