//! The reasons that moved a verdict most, in words people understand.

use super::assessment::{Direction, Signal, UsualRange};
use super::model::Model;
use super::style;

/// The strongest signals, strongest first. A signal's strength is by how much the score would change if the text were
/// ordinary in this one respect.
pub fn signals(model: &Model<'_>, measured: &[f32], score: f64) -> Vec<Signal> {
    let mut changed = measured.to_vec();
    let mut found: Vec<(f64, Signal)> = SAYINGS
        .iter()
        .filter_map(|saying| {
            let at = style::NAMES.iter().position(|name| *name == saying.feature)?;
            let value = *measured.get(at)?;
            let &[human_low, human_high, ai_low, ai_high] = model.ranges.get(at)?;
            *changed.get_mut(at)? = ordinary([human_low, human_high, ai_low, ai_high]);
            let strength = score - model.stack.score(&changed);
            *changed.get_mut(at)? = value;
            let direction = if strength > 0.0 { Direction::Ai } else { Direction::Human };
            let value = saying.round(f64::from(value));
            let usual = |low, high| UsualRange { low: saying.round(low), high: saying.round(high) };
            let (usual_human, usual_ai) = (usual(human_low, human_high), usual(ai_low, ai_high));
            let signal = Signal {
                name: saying.feature,
                text: saying.say(value, usual_human, usual_ai),
                value,
                usual_human,
                usual_ai,
                direction,
            };
            (strength.abs() >= LEAST).then_some((strength.abs(), signal))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(MOST);
    found.into_iter().map(|(_, signal)| signal).collect()
}

/// The middle between what is usual for people and for machines.
#[expect(clippy::cast_possible_truncation, reason = "the trees compare in f32")]
fn ordinary(range: [f64; 4]) -> f32 {
    (range.iter().sum::<f64>() / 4.0) as f32
}

struct Saying {
    feature: &'static str,
    /// What is counted, and in what.
    subject: &'static str,
    unit: Unit,
}

enum Unit {
    Words,
    Letters,
    Percent(&'static str),
    PerHundredWords,
    Ratio,
}

impl Saying {
    fn factor(&self) -> f64 {
        match self.unit {
            Unit::Percent(_) | Unit::PerHundredWords => 100.0,
            Unit::Words | Unit::Letters | Unit::Ratio => 1.0,
        }
    }

    /// No more digits than mean something.
    fn round(&self, value: f64) -> f64 {
        let value = value * self.factor();
        match self.unit {
            Unit::Words | Unit::Percent(_) => value.round(),
            Unit::Letters | Unit::PerHundredWords => (value * 10.0).round() / 10.0,
            Unit::Ratio => (value * 100.0).round() / 100.0,
        }
    }

    fn say(&self, value: f64, human: UsualRange, ai: UsualRange) -> String {
        let unit = match self.unit {
            Unit::Words => " words".to_owned(),
            Unit::Letters => " letters".to_owned(),
            Unit::Percent(of) => format!(" in 100 {of}"),
            Unit::PerHundredWords => " in 100 words".to_owned(),
            Unit::Ratio => String::new(),
        };
        format!(
            "{}: {value}{unit}; usual are {} to {} for people and {} to {} for machines",
            self.subject, human.low, human.high, ai.low, ai.high
        )
    }
}

const fn saying(feature: &'static str, subject: &'static str, unit: Unit) -> Saying {
    Saying { feature, subject, unit }
}

const SENTENCES: &str = "sentences";
const SAYINGS: &[Saying] = &[
    saying("sentence_words_mean", "mean length of a sentence", Unit::Words),
    saying("sentence_words_sd", "how much sentences differ in length", Unit::Words),
    saying(
        "sentence_words_step",
        "change of length from one sentence to the next, as a share of their length",
        Unit::Ratio,
    ),
    saying("short_sentences", "sentences of fewer than 8 words", Unit::Percent(SENTENCES)),
    saying("long_sentences", "sentences of more than 30 words", Unit::Percent(SENTENCES)),
    saying("word_chars_mean", "mean length of a word", Unit::Letters),
    saying("very_long_words", "words of 11 letters or more", Unit::PerHundredWords),
    saying("vocabulary", "different words in a stretch of 50, as a share", Unit::Ratio),
    saying("commas", "commas", Unit::PerHundredWords),
    saying("brackets", "brackets", Unit::PerHundredWords),
    saying("quotes", "quotation marks", Unit::PerHundredWords),
    saying("exclamations", "exclamation marks", Unit::PerHundredWords),
    saying("questions", "question marks", Unit::PerHundredWords),
    saying("contractions", "contractions such as \"don't\"", Unit::PerHundredWords),
    saying("numbers", "numbers", Unit::PerHundredWords),
    saying("small_i", "\"i\" written small", Unit::PerHundredWords),
    saying("small_starts", "sentences that begin with a small letter", Unit::Percent(SENTENCES)),
    saying("missing_spaces", "missing spaces after punctuation", Unit::PerHundredWords),
    saying("triads", "lists of three or more such as \"swift, silent, and strong\"", Unit::PerHundredWords),
    saying("starts_distinct", "sentences that begin with a word of their own", Unit::Percent(SENTENCES)),
    saying(
        "starts_connective",
        "sentences that begin with a connective such as \"Moreover\"",
        Unit::Percent(SENTENCES),
    ),
    saying("starts_participle", "sentences that begin with a word in -ing", Unit::Percent(SENTENCES)),
    saying("ing_words", "words in -ing", Unit::PerHundredWords),
    saying("ly_words", "words in -ly", Unit::PerHundredWords),
    saying("nominal_words", "abstract nouns in -tion, -ment, -ity and the like", Unit::PerHundredWords),
    saying("first_person", "\"I\", \"me\", \"my\"", Unit::PerHundredWords),
    saying("second_person", "\"you\", \"your\"", Unit::PerHundredWords),
    saying("auxiliaries", "auxiliary verbs such as \"is\" and \"have\"", Unit::PerHundredWords),
    saying("intensifiers", "intensifiers such as \"very\"", Unit::PerHundredWords),
    saying("fillers", "words of speech such as \"just\" and \"like\"", Unit::PerHundredWords),
];

/// Signals in an answer at most.
const MOST: usize = 6;
/// Weaker ones are left out, in log-odds.
const LEAST: f64 = 0.05;
