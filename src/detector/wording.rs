//! Which words and phrases of a text speak loudest for one side.

use super::assessment::Direction;
use super::document::Document;
use super::grams::{self, Table, Weights};
use super::lexicon::Class;
use super::lm::{Lm, Unit};
use super::model::Model;
use super::token::Token;

/// The words and pairs of words with the largest weights on one side, largest first, in small letters.
pub fn phrases(model: &Model<'_>, document: &Document, direction: Direction) -> Vec<String> {
    let (Some(weights), Some(known)) =
        (model.parts.tables.get(Table::Words.index()), model.parts.lms.get(unit_index(Unit::Words)))
    else {
        return Vec::new();
    };
    let mut best: Vec<Phrase> = Vec::with_capacity(CANDIDATES + 1);
    for &span in &document.sentences {
        let mut before: Option<&Token> = None;
        for token in document.span(span) {
            if !token.is_word() {
                before = None;
                continue;
            }
            for phrase in candidates(before, token, *weights, known, direction) {
                keep(&mut best, phrase);
            }
            before = Some(token);
        }
    }
    let mut chosen: Vec<String> = Vec::new();
    for phrase in best {
        let text = document.normal.text.get(phrase.start..phrase.end).unwrap_or_default().to_lowercase();
        let told = chosen.iter().any(|other| other.contains(&text) || text.contains(other.as_str()));
        if !told && text.len() <= LONGEST && chosen.len() < MOST {
            chosen.push(text);
        }
    }
    chosen
}

#[derive(Debug, Clone, Copy)]
struct Phrase {
    bucket: usize,
    weight: i64,
    start: usize,
    end: usize,
}

/// The word, and the pair with the word before it, as far as they say something: the training must have known them, since by
/// chance a weight of others may stand where theirs would.
fn candidates(
    before: Option<&Token>,
    token: &Token,
    weights: Weights<'_>,
    known: &Lm<'_>,
    direction: Direction,
) -> impl Iterator<Item = Phrase> {
    let is_content = |token: &Token| token.class == Class::Content;
    let phrase = move |bucket: usize, start: usize| {
        let sign = if direction == Direction::Ai { 1 } else { -1 };
        Phrase { bucket, weight: sign * weights.steps(bucket), start, end: token.end }
    };
    let alone = (is_content(token) && known.rarity(token) <= KNOWN)
        .then(|| phrase(grams::word_bucket(token.word), token.start));
    let pair = before
        .filter(|before| (is_content(before) || is_content(token)) && known.knows(before, token))
        .map(|before| phrase(grams::pair_bucket(before.word, token.word), before.start));
    [alone, pair].into_iter().flatten().filter(|phrase| phrase.weight > 0)
}

/// Keeps the few largest, each once.
fn keep(best: &mut Vec<Phrase>, phrase: Phrase) {
    let least = best.last().map_or(0, |last| last.weight);
    if (best.len() == CANDIDATES && phrase.weight <= least) || best.iter().any(|p| p.bucket == phrase.bucket) {
        return;
    }
    let at = best.partition_point(|p| p.weight >= phrase.weight);
    best.insert(at, phrase);
    best.truncate(CANDIDATES);
}

fn unit_index(unit: Unit) -> usize {
    Unit::ALL.iter().position(|u| *u == unit).unwrap_or(0)
}

/// Phrases named at most.
const MOST: usize = 4;
/// Phrases from which those are chosen: some say the same.
const CANDIDATES: usize = 16;
/// Longest phrase in bytes.
const LONGEST: usize = 40;
/// Surprise up to which a word was seen in training for certain, in sixteenths of a nat.
const KNOWN: u8 = 170;
