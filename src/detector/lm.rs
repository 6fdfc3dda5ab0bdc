//! Two small language models side by side, one of human and one of machine text: how expected is each next token?
//!
//! A token's probability given its context is interpolated with absolute discounting (Ney, Essen and Kneser 1994):
//! pairs of context and token that were seen often stand in a hash table; for all others the context's free mass is
//! spread by the frequency of the token. Surprise is kept in sixteenths of a nat, so sums are whole numbers.

use super::document::{Document, Span};
use super::hash;
use super::style::moments;
use super::token::{Kind, Token};

/// What a language model's tokens are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Words, given the word before.
    Words,
    /// Masked words, given the two before.
    Masks,
}

impl Unit {
    /// All language models in the order of the model file.
    pub const ALL: [Self; 2] = [Self::Words, Self::Masks];
}

/// Number of different tokens and of contexts: hashes of 16 bits.
pub const SYMBOLS: usize = 1 << 16;
/// Slots of the table of pairs, a power of two.
pub const SLOTS: usize = 1 << 16;
/// Bytes of a slot: fingerprint (two, zero when free), surprise in human text, surprise in machine text.
pub const SLOT: usize = 4;
/// Length of a language model in bytes.
pub const BYTES: usize = 4 * SYMBOLS + SLOT * SLOTS;
/// Steps of surprise in a nat.
pub const STEPS: f64 = 16.0;

/// Features made of each language model.
pub const FEATURES: usize = 14;
/// Which of them say how much more expected the text is to machines than to people, in nats: over all tokens, over sentences.
pub const RATIOS: [usize; 2] = [2, 7];

/// A language model in place.
#[derive(Debug, Clone, Copy)]
pub struct Lm<'a> {
    /// Surprise of each token by frequency: human, machine.
    tokens: [&'a [u8]; 2],
    /// What is added when the pair is not in the table, by context: human, machine.
    free: [&'a [u8]; 2],
    slots: &'a [u8],
}

impl<'a> Lm<'a> {
    /// Views [`BYTES`] bytes.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() != BYTES {
            return None;
        }
        let part = |at: usize| bytes.get(at * SYMBOLS..(at + 1) * SYMBOLS);
        Some(Self { tokens: [part(0)?, part(1)?], free: [part(2)?, part(3)?], slots: bytes.get(4 * SYMBOLS..)? })
    }

    /// Surprise of a token in its context, for human and machine text, and whether the pair is known.
    pub fn surprise(&self, context: u16, token: u16) -> ([u8; 2], bool) {
        let (mut at, print) = place(context, token);
        for _ in 0..PROBES {
            let slot = self.slots.get(at * SLOT..at * SLOT + SLOT);
            let Some(&[a, b, human, machine]) = slot else {
                break;
            };
            let found = u16::from_le_bytes([a, b]);
            if found == print {
                return ([human, machine], true);
            }
            if found == 0 {
                break;
            }
            at = (at + 1) % SLOTS;
        }
        let side = |side: usize| {
            let of = |table: [&[u8]; 2], index: u16| {
                table.get(side).and_then(|t| t.get(usize::from(index))).copied().unwrap_or(u8::MAX)
            };
            of(self.tokens, token).saturating_add(of(self.free, context))
        };
        ([side(0), side(1)], false)
    }

    /// How rare a word is by itself in the text of whoever uses it more: its surprise by frequency, in steps.
    pub fn rarity(&self, token: &Token) -> u8 {
        let index = usize::from(symbol(token.word));
        self.tokens.iter().filter_map(|table| table.get(index)).copied().min().unwrap_or(u8::MAX)
    }

    /// Whether the two words were seen in a row often.
    pub fn knows(&self, before: &Token, token: &Token) -> bool {
        self.surprise(symbol(before.word), symbol(token.word)).1
    }

    /// Measures how expected some sentences are.
    pub fn features(&self, document: &Document, unit: Unit, spans: &[Span]) -> [f64; FEATURES] {
        let mut sums = Sums::default();
        let mut human = Vec::with_capacity(spans.len());
        let mut machine = Vec::with_capacity(spans.len());
        let mut ratio = Vec::with_capacity(spans.len());
        for &span in spans {
            let before = sums.clone();
            pairs(document, unit, span, |context, token| sums.add(self.surprise(context, token)));
            let count = (sums.count - before.count).max(1.0) * STEPS;
            let (h, m) = ((sums.human - before.human) / count, (sums.machine - before.machine) / count);
            human.push(h);
            machine.push(m);
            ratio.push(h - m);
        }
        let count = sums.count.max(1.0);
        let mean = |sum: f64| sum / count / STEPS;
        let spread = |sum: f64, square: f64| (square / count - (sum / count) * (sum / count)).max(0.0).sqrt() / STEPS;
        let (ratio_mean, ratio_sd) = moments(&ratio);
        let extreme = |pick: fn(f64, f64) -> f64| ratio.iter().copied().reduce(pick).unwrap_or(0.0);
        [
            mean(sums.human),
            mean(sums.machine),
            mean(sums.human - sums.machine),
            spread(sums.human, sums.human_square),
            spread(sums.machine, sums.machine_square),
            moments(&human).1,
            moments(&machine).1,
            ratio_mean,
            ratio_sd,
            extreme(f64::min),
            extreme(f64::max),
            sums.known / count,
            sums.rare / count,
            sums.expected / count,
        ]
    }
}

#[derive(Debug, Clone, Default)]
struct Sums {
    count: f64,
    human: f64,
    machine: f64,
    human_square: f64,
    machine_square: f64,
    known: f64,
    rare: f64,
    expected: f64,
}

impl Sums {
    fn add(&mut self, ([human, machine], known): ([u8; 2], bool)) {
        let lower = human.min(machine);
        self.count += 1.0;
        self.known += f64::from(u8::from(known));
        self.rare += f64::from(u8::from(lower > RARE));
        self.expected += f64::from(u8::from(lower < EXPECTED));
        let (human, machine) = (f64::from(human), f64::from(machine));
        self.human += human;
        self.machine += machine;
        self.human_square += human * human;
        self.machine_square += machine * machine;
    }
}

/// Hands out each pair of context and token of a sentence.
pub fn pairs(document: &Document, unit: Unit, span: Span, mut visit: impl FnMut(u16, u16)) {
    let (mut one, mut two) = (EDGE, EDGE);
    for token in document.span(span) {
        if token.kind == Kind::Break {
            continue;
        }
        match unit {
            Unit::Words => {
                visit(symbol(one), symbol(token.word));
                one = token.word;
            }
            Unit::Masks => {
                visit(symbol(hash::chain(two, one)), symbol(token.mask));
                (two, one) = (one, token.mask);
            }
        }
    }
}

/// Where the search for a pair begins, and its fingerprint, which is never zero.
pub fn place(context: u16, token: u16) -> (usize, u16) {
    let hash = hash::mix((u64::from(context) << 16 | u64::from(token)) ^ SALT);
    let print = u16::try_from(hash & 0xffff).unwrap_or(0).max(1);
    (usize::try_from(hash >> 40).unwrap_or(0) % SLOTS, print)
}

fn symbol(hash: u64) -> u16 {
    u16::try_from(hash::mix(hash ^ SALT) >> 48).unwrap_or(0)
}

/// A search ends after so many slots, found or not.
pub const PROBES: usize = 32;

const EDGE: u64 = 0x9b05_688c_2b3e_6c1f;
const SALT: u64 = 0x2545_f491_4f6c_dd1d;
/// Nine nats: one in eight thousand.
const RARE: u8 = 144;
/// Two nats: one in seven.
const EXPECTED: u8 = 32;
