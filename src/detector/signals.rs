//! The reasons that moved a verdict most, in words people understand.

use super::assessment::{Direction, Signal, UsualRange};
use super::document::Document;
use super::features;
use super::grams::Table;
use super::lm;
use super::model::Model;
use super::stack::Linear;
use super::style;
use super::wording;

/// Number of values that signals speak of.
pub const MEASURES: usize = style::COUNT + 3;

/// What signals speak of: the style features, then wording as the linear half of the score sees it (0 to 100), then by how many
/// in a hundred the words, and then the patterns of sentences, are likelier to machines than to people.
pub fn measures(features: &[f32], linear: &Linear) -> Vec<f64> {
    let style = features.iter().take(style::COUNT).map(|&value| f64::from(value));
    let nats = |unit: usize| f64::from(features.get(ratio_feature(unit)).copied().unwrap_or(0.0));
    let wording = 100.0 / (1.0 + libm::exp(-linear.score(features)));
    style.chain([wording, likelier(nats(0)), likelier(nats(1))]).collect()
}

/// The strongest signals, strongest first. A signal's strength is by how much the score would change if the text were
/// ordinary in this one respect. What lies where both people and machines usually are is no reason, nor is what lies on the other
/// side than it moved the score.
pub fn signals(model: &Model<'_>, document: &Document, measured: &[f32], score: f64) -> Vec<Signal> {
    let values = measures(measured, &model.stack.linear);
    let mut changed = measured.to_vec();
    let mut found: Vec<(f64, Signal)> = SAYINGS
        .iter()
        .filter_map(|saying| {
            let (value, usual) = (*values.get(saying.measure())?, *model.ranges.get(saying.measure())?);
            let value = saying.round(value);
            let [human_low, human_high, ai_low, ai_high] = usual.map(|end| saying.round(end));
            let usual_human = UsualRange { low: human_low, high: human_high };
            let usual_ai = UsualRange { low: ai_low, high: ai_high };
            let direction = side(value, usual_human, usual_ai)?;
            let strength = saying.strength(model, measured, &mut changed, score);
            if strength * sign(direction) < LEAST {
                return None;
            }
            let name = saying.feature;
            let text = saying.say(document, value, usual_human, usual_ai);
            Some((strength.abs(), Signal { name, text, value, usual_human, usual_ai, direction }))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(MOST);
    let mut signals: Vec<Signal> = found.into_iter().map(|(_, signal)| signal).collect();
    for signal in signals.iter_mut().filter(|signal| signal.name == WORDING) {
        name_phrases(signal, &wording::phrases(model, document, signal.direction));
    }
    signals
}

/// Which side a value lies on: in or nearer to what is usual there. None if it says nothing.
fn side(value: f64, human: UsualRange, ai: UsualRange) -> Option<Direction> {
    let distance = |usual: UsualRange| (usual.low - value).max(value - usual.high).max(0.0);
    let (human, ai) = (distance(human), distance(ai));
    match human.total_cmp(&ai) {
        std::cmp::Ordering::Less => Some(Direction::Human),
        std::cmp::Ordering::Greater => Some(Direction::Ai),
        std::cmp::Ordering::Equal => None,
    }
}

fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Human => -1.0,
        Direction::Ai => 1.0,
    }
}

/// Puts the phrases into the finding, before what is usual.
fn name_phrases(signal: &mut Signal, phrases: &[String]) {
    let quoted: Vec<String> = phrases.iter().map(|phrase| format!("\"{phrase}\"")).collect();
    if let Some((finding, usual)) = signal.text.split_once("; ")
        && !quoted.is_empty()
    {
        signal.text = format!("{finding}, above all {}; {usual}", quoted.join(", "));
    }
}

/// The feature that says how much more expected a text is to machines than to people, by one of the language models.
fn ratio_feature(unit: usize) -> usize {
    let [ratio, _] = lm::RATIOS;
    style::COUNT + Table::ALL.len() * features::PER_TABLE + unit * lm::FEATURES + ratio
}

/// By how many in a hundred something is likelier, from the difference in nats, and back.
fn likelier(nats: f64) -> f64 {
    100.0 * (libm::exp(nats.clamp(-3.0, 3.0)) - 1.0)
}

fn nats(likelier: f64) -> f64 {
    libm::log((1.0 + likelier / 100.0).max(0.05))
}

#[expect(clippy::cast_possible_truncation, reason = "the trees compare in f32")]
fn narrow(value: f64) -> f32 {
    value as f32
}

struct Saying {
    feature: &'static str,
    /// What is counted, and in what.
    subject: &'static str,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    Words,
    Letters,
    PercentOfSentences,
    PerHundredWords,
    Ratio,
    /// From 0 to 100.
    Scale,
    /// Likelier by so many in a hundred.
    Likelier,
}

impl Saying {
    /// Position in [`measures`].
    fn measure(&self) -> usize {
        let later = [WORDING, PREDICTABILITY, PATTERNS].iter().position(|name| *name == self.feature);
        later.map_or_else(
            || style::NAMES.iter().position(|name| *name == self.feature).unwrap_or(MEASURES),
            |at| style::COUNT + at,
        )
    }

    /// By how much the score would fall if the text were ordinary in this respect.
    fn strength(&self, model: &Model<'_>, measured: &[f32], changed: &mut [f32], score: f64) -> f64 {
        let at = self.measure();
        let ordinary = model.ranges.get(at).map_or(0.0, |range| range.iter().sum::<f64>() / 4.0);
        let unit = match at.checked_sub(style::COUNT) {
            Some(0) => {
                let share = ordinary.clamp(1.0, 99.0) / 100.0;
                let linear = &model.stack.linear;
                return linear.share * (linear.score(measured) - libm::log(share / (1.0 - share)));
            }
            Some(after) => Some(after - 1),
            None => None,
        };
        let columns = match unit {
            None => [at, at],
            Some(unit) => {
                let base = ratio_feature(unit) - lm::RATIOS.iter().min().copied().unwrap_or(0);
                lm::RATIOS.map(|ratio| base + ratio)
            }
        };
        let ordinary = narrow(if unit.is_some() { nats(ordinary) } else { ordinary });
        for column in columns {
            if let Some(value) = changed.get_mut(column) {
                *value = ordinary;
            }
        }
        let strength = score - model.stack.score(changed);
        for column in columns {
            if let (Some(value), Some(was)) = (changed.get_mut(column), measured.get(column)) {
                *value = *was;
            }
        }
        strength
    }

    /// No more digits than mean something.
    fn round(&self, value: f64) -> f64 {
        match self.unit {
            Unit::Words | Unit::Scale | Unit::Likelier => value.round() + 0.0,
            Unit::PercentOfSentences => (value * 100.0).round(),
            Unit::PerHundredWords => (value * 1000.0).round() / 10.0,
            Unit::Letters => (value * 10.0).round() / 10.0,
            Unit::Ratio => (value * 100.0).round() / 100.0,
        }
    }

    fn say(&self, document: &Document, value: f64, human: UsualRange, ai: UsualRange) -> String {
        let (finding, unit) = match self.unit {
            Unit::Words => (format!("{value} words"), ""),
            Unit::Letters => (format!("{value} letters"), ""),
            Unit::Ratio | Unit::Scale => (value.to_string(), ""),
            Unit::Likelier => (format!("{value} %"), " %"),
            Unit::PercentOfSentences => (counted(value, document.sentences.len(), "sentences"), " in 100"),
            Unit::PerHundredWords => (counted(value, document.words(), "words"), " in 100"),
        };
        let (human, ai) = (usual(human, unit), usual(ai, unit));
        format!("{}: {finding}; usual are {human} for people and {ai} for machines", self.subject)
    }
}

/// A share of few things as their number: "1 of 8 sentences" rather than "13 in 100".
fn counted(percent: f64, all: usize, of: &str) -> String {
    let count = (percent * all as f64 / 100.0).round();
    match of {
        "sentences" if all < 50 => format!("{count} of {all} sentences"),
        _ if count < 10.0 => format!("{count} in {all} {of}"),
        _ => format!("{percent} in 100 {of}"),
    }
}

fn usual(range: UsualRange, unit: &str) -> String {
    let UsualRange { low, high } = range;
    if low == high && low == 0.0 {
        "none".to_owned()
    } else if low == high {
        format!("{low}{unit}")
    } else if low == 0.0 {
        format!("up to {high}{unit}")
    } else {
        format!("{low} to {high}{unit}")
    }
}

const fn saying(feature: &'static str, subject: &'static str, unit: Unit) -> Saying {
    Saying { feature, subject, unit }
}

const WORDING: &str = "wording";
const PREDICTABILITY: &str = "predictability";
const PATTERNS: &str = "sentence_patterns";

const SAYINGS: &[Saying] = &[
    saying(WORDING, "wording, from 0 (as people write) to 100 (as machines do)", Unit::Scale),
    saying(
        PREDICTABILITY,
        "how much likelier its words are to a model of machine texts than to one of people's",
        Unit::Likelier,
    ),
    saying(
        PATTERNS,
        "how much likelier its sentence patterns are to a model of machine texts than to one of people's",
        Unit::Likelier,
    ),
    saying("sentence_words_mean", "mean length of a sentence", Unit::Words),
    saying("sentence_words_sd", "how much sentences differ in length", Unit::Words),
    saying(
        "sentence_words_step",
        "change of length from one sentence to the next, as a share of their length",
        Unit::Ratio,
    ),
    saying("short_sentences", "sentences of fewer than 8 words", Unit::PercentOfSentences),
    saying("long_sentences", "sentences of more than 30 words", Unit::PercentOfSentences),
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
    saying("small_starts", "sentences that begin with a small letter", Unit::PercentOfSentences),
    saying("missing_spaces", "missing spaces after punctuation", Unit::PerHundredWords),
    saying("triads", "lists of three or more such as \"swift, silent, and strong\"", Unit::PerHundredWords),
    saying("starts_distinct", "sentences that begin with a word of their own", Unit::PercentOfSentences),
    saying(
        "starts_connective",
        "sentences that begin with a connective such as \"Moreover\"",
        Unit::PercentOfSentences,
    ),
    saying("starts_participle", "sentences that begin with a word in -ing", Unit::PercentOfSentences),
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

#[cfg(all(test, feature = "embedded-model", not(target_arch = "wasm32")))]
mod tests {
    use super::super::{Assessment, Options, Verdict, assess};
    use super::*;

    fn answers() -> Vec<Assessment> {
        let lines = include_str!("../../tests/golden/detector/texts.jsonl").lines();
        let texts = lines.filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(line.get("text")?.as_str()?.to_owned())
        });
        texts.map(|text| assess(&text, &Options::default())).collect()
    }

    #[test]
    fn no_signal_says_what_is_usual_on_both_sides_or_speaks_against_its_own_value() {
        let all = answers();
        let signals: Vec<&Signal> = all.iter().flat_map(|answer| &answer.signals).collect();
        assert!(signals.len() > 10);
        for signal in signals {
            assert_ne!(signal.usual_human, signal.usual_ai, "{}", signal.text);
            assert_eq!(
                side(signal.value, signal.usual_human, signal.usual_ai),
                Some(signal.direction),
                "{}",
                signal.text
            );
            assert!(!signal.text.contains("0 to 0"), "{}", signal.text);
        }
    }

    #[test]
    fn the_strongest_signal_of_a_verdict_speaks_for_it_and_names_what_was_read() {
        let mut judged = 0;
        for answer in answers() {
            let direction = match answer.verdict {
                Verdict::Human => Direction::Human,
                Verdict::Ai => Direction::Ai,
                Verdict::Mixed | Verdict::Uncertain => continue,
            };
            judged += 1;
            let first = answer.signals.first().unwrap();
            assert_eq!((first.name, first.direction), (WORDING, direction));
            assert!(first.text.contains("above all \""), "{}", first.text);
        }
        assert!(judged >= 3);
    }

    #[test]
    fn a_value_speaks_for_the_side_where_it_is_usual_or_nearer() {
        let (people, machines) = (UsualRange { low: 0.0, high: 4.0 }, UsualRange { low: 3.0, high: 8.0 });
        let of = |value: f64| side(value, people, machines);
        assert_eq!([of(1.0), of(3.5), of(6.0)], [Some(Direction::Human), None, Some(Direction::Ai)]);
        assert_eq!((of(20.0), of(-1.0)), (Some(Direction::Ai), Some(Direction::Human)));
        assert_eq!(side(9.0, people, people), None);
    }

    #[test]
    fn few_things_are_counted_and_many_are_shares() {
        assert_eq!(counted(13.0, 8, "sentences"), "1 of 8 sentences");
        assert_eq!(counted(13.0, 100, "sentences"), "13 in 100 sentences");
        assert_eq!(counted(1.1, 180, "words"), "2 in 180 words");
        assert_eq!(counted(6.5, 400, "words"), "6.5 in 100 words");
        let range = |low, high| usual(UsualRange { low, high }, " in 100");
        assert_eq!([range(0.0, 0.0), range(0.0, 2.0), range(1.0, 2.0)], ["none", "up to 2 in 100", "1 to 2 in 100"]);
    }
}
