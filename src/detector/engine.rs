//! The detector: a model and what is done with it.

use super::assessment::{Assessment, Confidence, ModelInfo, Options, Reason, Sentence, Verdict};
use super::document::Document;
use super::grams::Bag;
use super::judge::{self, Judgement};
use super::language;
use super::model::{Model, ModelError};
use super::signals::signals;
use super::splice;

/// Judges texts with one model. Cheap to make: the model's tables are read in place.
#[derive(Debug, Clone)]
pub struct Detector<'a> {
    model: Model<'a>,
}

impl<'a> Detector<'a> {
    /// A detector over the bytes of a model file, which must be aligned to 16.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ModelError> {
        Model::parse(bytes).map(|model| Self { model })
    }

    /// The model.
    pub fn model(&self) -> &Model<'a> {
        &self.model
    }

    /// Scores a text of any length, without sentences and signals. For evaluation.
    pub fn score(&self, text: &str) -> Judgement {
        let document = Document::new(text);
        judge::judge(&self.model, &document, &document.sentences, &mut Bag::default()).0
    }

    /// Judges a text. Takes time linear in its length. Offsets in the answer are UTF-16 code units of `text`.
    pub fn assess(&self, text: &str, options: &Options) -> Assessment {
        let document = Document::new(text);
        let words = document.words();
        let mut answer = Assessment {
            verdict: Verdict::Uncertain,
            probability: 0.5,
            confidence: Confidence::Low,
            reason: Some(Reason::TooShort),
            language: language::UNKNOWN,
            words,
            sentences: Vec::new(),
            signals: Vec::new(),
            manipulation: document.normal.manipulation.clone(),
            model: ModelInfo {
                version: self.model.meta.version.clone(),
                trained_on: self.model.meta.trained_on.clone(),
            },
        };
        let [known_words, _] = &self.model.parts.lms;
        answer.language = language::language(&document, known_words);
        let is_short = words < options.min_words.max(1);
        // First the language: in one without spaces between words their number says nothing. Few words of none that can be
        // told are just few.
        let is_foreign = answer.language != language::ENGLISH && !(is_short && answer.language == language::UNKNOWN);
        if is_foreign && letters(&document) >= ENOUGH_LETTERS {
            answer.reason = Some(Reason::Language);
            return answer;
        }
        if is_short {
            return answer;
        }
        let mut bag = Bag::default();
        let (judgement, measured) = judge::judge(&self.model, &document, &document.sentences, &mut bag);
        let probabilities = judge::sentences(&self.model, &document, &mut bag, judgement.probability);
        (answer.verdict, answer.confidence) = judgement.verdict();
        if mixed(&document, &probabilities) || splice::is_spliced(&self.model, &document, &probabilities, &mut bag) {
            (answer.verdict, answer.confidence) = (Verdict::Mixed, Confidence::Medium);
        }
        answer.reason = (answer.verdict == Verdict::Uncertain).then_some(Reason::Inconclusive);
        answer.probability = judgement.probability;
        answer.signals = signals(&self.model, &document, &measured, judgement.score);
        answer.sentences = document
            .sentences
            .iter()
            .zip(probabilities)
            .filter_map(|(&span, probability)| {
                let (start, end) = document.units(span)?;
                Some(Sentence { start, end, probability })
            })
            .collect();
        answer
    }
}

fn letters(document: &Document) -> usize {
    let text = &document.normal.text;
    text.chars().filter(|c| c.is_alphabetic()).take(ENOUGH_LETTERS).count()
}

/// Letters from which a language can be told.
const ENOUGH_LETTERS: usize = 40;

/// Whether a good part is clearly human and another clearly not.
fn mixed(document: &Document, probabilities: &[f64]) -> bool {
    let (mut all, mut human, mut machine) = (0, 0, 0);
    for (span, &probability) in document.sentences.iter().zip(probabilities) {
        all += span.words;
        if probability < 0.18 {
            human += span.words;
        } else if probability > 0.88 {
            machine += span.words;
        }
    }
    human * 4 >= all && machine * 4 >= all && human.min(machine) >= judge::WINDOW / 2
}
