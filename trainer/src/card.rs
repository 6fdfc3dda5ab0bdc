//! `trainer eval --card`: the tables of MODEL.md, as they stand there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use edgekeep::detector::{Detector, Options, Verdict};

use crate::data::Text;
use crate::edits::EDITS;
use crate::metrics::{Figures, Outcome};
use crate::parallel;
use crate::report::{BOOTSTRAPS, LENGTHS, outcomes};
use crate::rng::Rng;
use crate::train::{NOT_COMMERCIAL, Training};

/// The tables, in markdown.
pub fn card(detector: &Detector<'_>, texts: &[&Text], outcomes: &[Outcome], training: &Training) -> String {
    let all = Scored { rows: texts.iter().copied().zip(outcomes.iter().copied()).collect(), all: outcomes };
    let tables = [
        by_length_and_attack(&all),
        by_domain(&all),
        by_generator(&all),
        people(&all),
        verdicts(detector, texts),
        edits(detector, texts, training),
    ];
    tables.join("\n\n")
}

/// Texts with what was made of them.
struct Scored<'a> {
    rows: Vec<(&'a Text, Outcome)>,
    all: &'a [Outcome],
}

impl Scored<'_> {
    fn figures(&self, belongs: impl Fn(&Text) -> bool) -> Figures {
        let chosen: Vec<Outcome> =
            self.rows.iter().filter(|(text, _)| belongs(text)).map(|(_, outcome)| *outcome).collect();
        Figures::against(&chosen, self.all, BOOTSTRAPS)
    }

    /// Distinct values of a field, without the empty one.
    fn values(&self, of: impl Fn(&Text) -> &str) -> Vec<&str> {
        let mut values: Vec<&str> =
            self.rows.iter().map(|(text, _)| of(text)).filter(|value| !value.is_empty()).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}

fn by_length_and_attack(all: &Scored<'_>) -> String {
    let mut table = table(&["dev", "human", "AI", "AUROC", "TPR @1 %", "TPR @5 %", "FPR @1 %", "FPR @5 %", "ECE"]);
    let mut line = |name: &str, figures: &Figures, with_people: bool| {
        let people = |share| if with_people { percent(share) } else { String::new() };
        let ece = figures.ece.filter(|_| with_people).map_or_else(String::new, |ece| format!("{ece:.3}"));
        let [human, ai, auroc, tpr_1, tpr_5] = common(figures);
        row(
            &mut table,
            &[name.to_owned(), human, ai, auroc, tpr_1, tpr_5, people(figures.fpr_1), people(figures.fpr_5), ece],
        );
    };
    line("all", &all.figures(|_| true), true);
    let free = |text: &Text| !NOT_COMMERCIAL.contains(&text.source.as_str());
    line("all but alpaca_eval, ellipse and openstax", &all.figures(free), true);
    let mut least = 0;
    for most in LENGTHS.iter().map(|(_, most)| *most).chain([usize::MAX]) {
        let name = match (least, most) {
            (0, most) => format!("under {most} words"),
            (least, usize::MAX) => format!("{least} words and more"),
            (least, most) => format!("{least}-{} words", most - 1),
        };
        line(&name, &all.figures(|text| (least..most).contains(&text.text.split_whitespace().count())), true);
        least = most;
    }
    // Of each attack the machine texts, against all people.
    let attacks =
        all.rows.iter().filter(|(text, _)| text.is_ai()).map(|(text, _)| text.attack.as_deref().unwrap_or("none"));
    let mut attacks: Vec<&str> = attacks.collect();
    attacks.sort_unstable();
    attacks.dedup();
    for attack in attacks {
        let belongs = |text: &Text| !text.is_ai() || text.attack.as_deref().unwrap_or("none") == attack;
        line(&format!("attack: {attack}"), &all.figures(belongs), false);
    }
    table
}

fn by_domain(all: &Scored<'_>) -> String {
    let mut table = table(&["domain", "human", "AI", "AUROC", "TPR @1 %", "TPR @5 %", "FPR @1 %", "FPR @5 %"]);
    for domain in all.values(|text| &text.domain) {
        let figures = all.figures(|text| text.domain == domain);
        let [human, ai, auroc, tpr_1, tpr_5] = common(&figures);
        row(
            &mut table,
            &[domain.to_owned(), human, ai, auroc, tpr_1, tpr_5, percent(figures.fpr_1), percent(figures.fpr_5)],
        );
    }
    table
}

/// Against all people; the share of false positives is theirs and the same for each.
fn by_generator(all: &Scored<'_>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (text, _) in all.rows.iter().filter(|(text, _)| text.is_ai()) {
        *counts.entry(&text.generator).or_default() += 1;
    }
    let mut known: Vec<(&str, usize)> =
        counts.iter().map(|(name, count)| (*name, *count)).filter(|(_, count)| *count >= ENOUGH).collect();
    known.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let others = counts.len() - known.len();
    let mut table = table(&["generator", "AI", "AUROC", "TPR @1 %", "TPR @5 %"]);
    let mut line = |name: String, figures: &Figures| {
        let [_, ai, auroc, tpr_1, tpr_5] = common(figures);
        row(&mut table, &[name, ai, auroc, tpr_1, tpr_5]);
    };
    for (name, _) in &known {
        line((*name).to_owned(), &all.figures(|text| !text.is_ai() || text.generator == *name));
    }
    if others > 0 {
        let is_known = |text: &Text| known.iter().any(|(name, _)| *name == text.generator);
        line(
            format!("{others} others of fewer than {ENOUGH} texts"),
            &all.figures(|text| !text.is_ai() || !is_known(text)),
        );
    }
    table
}

/// How often people are suspected, by where their texts come from. A test of the Worker holds the embedded model to this table.
fn people(all: &Scored<'_>) -> String {
    let mut table = table(&["people of", "texts", "FPR @1 %", "FPR @5 %"]);
    for source in all.values(|text| &text.source) {
        let figures = all.figures(|text| text.source == source && !text.is_ai());
        if figures.human > 0 {
            row(
                &mut table,
                &[source.to_owned(), thousands(figures.human), percent(figures.fpr_1), percent(figures.fpr_5)],
            );
        }
    }
    table
}

/// What the Worker answers, short texts and other languages included.
fn verdicts(detector: &Detector<'_>, texts: &[&Text]) -> String {
    let verdicts = parallel::map(texts.len(), |at| detector.assess(&texts[at].text, &Options::default()).verdict);
    let mut table = table(&["verdict of the Worker", "texts by people", "by machines"]);
    for verdict in [Verdict::Human, Verdict::Uncertain, Verdict::Mixed, Verdict::Ai] {
        let count =
            |ai| texts.iter().zip(&verdicts).filter(|(text, one)| text.is_ai() == ai && **one == verdict).count();
        row(&mut table, &[format!("`{}`", verdict.as_str()), thousands(count(false)), thousands(count(true))]);
    }
    table
}

/// Machine texts edited, human texts as they are; the sources trained on.
fn edits(detector: &Detector<'_>, texts: &[&Text], training: &Training) -> String {
    let mut table = table(&["edit of the machine texts", "AUROC", "TPR @1 %"]);
    for (name, edit) in EDITS {
        let mut rng = Rng::new(training.seed, name);
        let edited: Vec<Text> = texts
            .iter()
            .filter(|text| training.admits(text))
            .map(|text| Text {
                text: if text.is_ai() { edit(&text.text, &mut rng) } else { text.text.clone() },
                ..(*text).clone()
            })
            .collect();
        let figures = Figures::of(&outcomes(detector, &edited.iter().collect::<Vec<_>>()), 0);
        let auroc = figures.auroc.map_or_else(String::new, |auroc| format!("{auroc:.3}"));
        row(&mut table, &[name.to_owned(), auroc, percent(figures.tpr_1)]);
    }
    table
}

/// The first cells of most rows; those that say nothing are empty.
fn common(figures: &Figures) -> [String; 5] {
    let count = |texts: usize| if texts > 0 { thousands(texts) } else { String::new() };
    let auroc = match (figures.auroc, figures.auroc_interval) {
        (Some(auroc), Some([low, high])) => format!("{auroc:.3} ({low:.3}-{high:.3})"),
        _ => String::new(),
    };
    [count(figures.human), count(figures.ai), auroc, percent(figures.tpr_1), percent(figures.tpr_5)]
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(String::new, |share| format!("{:.1}", share * 100.0))
}

fn thousands(count: usize) -> String {
    if count < 1000 { count.to_string() } else { format!("{},{:03}", count / 1000, count % 1000) }
}

fn table(head: &[&str]) -> String {
    format!("| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()))
}

fn row(table: &mut String, cells: &[String]) {
    let _ = write!(table, "\n|");
    for cell in cells {
        let _ = write!(table, "{}{cell} |", if cell.is_empty() { "" } else { " " });
    }
}

/// Texts of a generator, below which it has no row of its own.
const ENOUGH: usize = 25;
