//! Hashed n-grams of words, of masked words and of characters, and the linear scores over them.

use super::document::{Document, Span};
use super::hash;
use super::token::Kind;

/// Which n-grams a table of weights is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// One to three words in lower case.
    Words,
    /// One to four masked words: grammar without topic.
    Masks,
    /// Three to five characters in lower case.
    Chars,
    /// One to three words again, learnt without regard to the kind of text: better at home, worse elsewhere.
    HomeWords,
    /// Three to five characters as they are written, learnt in the same way.
    HomeChars,
}

impl Table {
    /// All tables in the order of the model file.
    pub const ALL: [Self; 5] = [Self::Words, Self::Masks, Self::Chars, Self::HomeWords, Self::HomeChars];
    /// How many of them, the first ones, are learnt so that a kind of text speaks for neither side.
    pub const LEVEL: usize = 3;

    /// The table whose n-grams it has: only the weights are its own.
    pub fn grams(self) -> Self {
        if self == Self::HomeWords { Self::Words } else { self }
    }

    /// Position in [`Table::ALL`].
    pub fn index(self) -> usize {
        match self {
            Self::Words => 0,
            Self::Masks => 1,
            Self::Chars => 2,
            Self::HomeWords => 3,
            Self::HomeChars => 4,
        }
    }
}

/// Buckets of each table, a power of two.
pub const BUCKETS: usize = 1 << BUCKET_BITS;
const BUCKET_BITS: u32 = 18;

/// Calls `visit` with the bucket of each n-gram of a sentence.
pub fn visit(document: &Document, table: Table, span: Span, mut visit: impl FnMut(usize)) {
    match table {
        Table::Words | Table::HomeWords => {
            let (mut one, mut two) = (EDGE, EDGE);
            for token in document.span(span) {
                if token.kind == Kind::Break {
                    continue;
                }
                let word = token.word;
                visit(word_bucket(word));
                visit(pair_bucket(one, word));
                visit(bucket(hash::chain(hash::chain(two, one), word)));
                (two, one) = (one, word);
            }
        }
        Table::Masks => {
            let (mut one, mut two, mut three) = (EDGE, EDGE, EDGE);
            for token in document.span(span) {
                if token.kind == Kind::Break {
                    continue;
                }
                let mask = token.mask;
                let pair = hash::chain(two, one);
                visit(bucket(hash::mix(mask)));
                visit(bucket(hash::chain(one, mask)));
                visit(bucket(hash::chain(pair, mask)));
                visit(bucket(hash::chain(hash::chain(three, pair), mask)));
                (three, two, one) = (two, one, mask);
            }
        }
        Table::Chars | Table::HomeChars => {
            let tokens = document.span(span);
            let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
                return;
            };
            let text = document.normal.text.get(first.start..last.end);
            let mut packed = u64::from(b' ');
            for c in text.unwrap_or_default().chars() {
                let letter = if table == Table::Chars { c.to_ascii_lowercase() } else { c };
                packed = (packed << 12) | u64::from(u32::from(letter) & 0xfff);
                for order in 3..=5_u64 {
                    let gram = packed & ((1 << (12 * order)) - 1);
                    visit(bucket(hash::mix(gram | (order << 60))));
                }
            }
        }
    }
}

/// The bucket of a word alone in the table of words.
pub fn word_bucket(word: u64) -> usize {
    bucket(hash::mix(word))
}

/// The bucket of two words in a row in the table of words.
pub fn pair_bucket(before: u64, word: u64) -> usize {
    bucket(hash::chain(before, word))
}

/// How often each bucket occurs in a text, reusable for the next text.
#[derive(Debug, Clone)]
pub struct Bag {
    counts: Vec<u8>,
    touched: Vec<u32>,
}

impl Default for Bag {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], touched: Vec::new() }
    }
}

impl Bag {
    /// Counts one more. Inline, as it is asked for every n-gram of a text three times over.
    #[inline]
    pub fn add(&mut self, bucket: usize) {
        if let Some(count) = self.counts.get_mut(bucket) {
            if *count == 0 {
                self.touched.push(u32::try_from(bucket).unwrap_or(0));
            }
            *count = count.saturating_add(1);
        }
    }

    /// Hands out each bucket with its value and forgets it.
    pub fn drain(&mut self, mut visit: impl FnMut(usize, i64)) {
        for bucket in self.touched.drain(..) {
            let bucket = bucket as usize;
            if let Some(count) = self.counts.get_mut(bucket) {
                let capped = usize::from(*count).min(VALUES.len() - 1);
                visit(bucket, VALUES.get(capped).copied().unwrap_or(0));
                *count = 0;
            }
        }
    }
}

/// Levels of a weight on either side of zero: four bits, which tell as much as eight and pack into half.
pub const LEVELS: f64 = 8.0;

/// Weights of one table: [`LEVELS`] levels, companded by the square root, so that the many small weights keep their
/// precision.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a> {
    /// One signed byte a bucket.
    pub bytes: &'a [u8],
    /// What the largest byte stands for.
    pub scale: f64,
}

impl Weights<'_> {
    /// The weight of a bucket in steps of `scale / LEVELS²`. Whole numbers add up to the same sum in any order.
    pub fn steps(&self, bucket: usize) -> i64 {
        steps(self.bytes.get(bucket).copied().unwrap_or(0))
    }

    /// A sum of steps as a number.
    pub fn number(&self, steps: i64) -> f64 {
        steps as f64 * (self.scale / (LEVELS * LEVELS))
    }
}

/// Linear scores of one table on one text.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Weight of the whole, each n-gram by a damped count, length normalised to one.
    pub whole: f64,
    /// Mean weight of an n-gram in each sentence.
    pub sentences: Vec<f64>,
}

/// Scores some sentences of a document by one or more sets of weights for the n-grams of a table, which are found once.
pub fn score<const SETS: usize>(
    document: &Document,
    table: Table,
    spans: &[Span],
    weights: [Weights<'_>; SETS],
    bag: &mut Bag,
) -> [Score; SETS] {
    let mut scores = weights.map(|_| Score { whole: 0.0, sentences: Vec::with_capacity(spans.len()) });
    for &span in spans {
        let (mut sums, mut count) = ([0_i64; SETS], 0_u32);
        visit(document, table, span, |bucket| {
            bag.add(bucket);
            sums.iter_mut().zip(&weights).for_each(|(sum, weights)| *sum += weights.steps(bucket));
            count += 1;
        });
        for ((score, sum), weights) in scores.iter_mut().zip(sums).zip(&weights) {
            score.sentences.push(weights.number(sum) / f64::from(count.max(1)));
        }
    }
    let (mut sums, mut square) = ([0_i64; SETS], 0_i64);
    bag.drain(|bucket, value| {
        sums.iter_mut().zip(&weights).for_each(|(sum, weights)| *sum += weights.steps(bucket) * value);
        square += value * value;
    });
    for ((score, sum), weights) in scores.iter_mut().zip(sums).zip(&weights) {
        score.whole = weights.number(sum) / (square.max(1) as f64).sqrt();
    }
    scores
}

/// The square that a companded byte stands for, with its sign.
pub fn steps(byte: u8) -> i64 {
    let root = i64::from(byte.cast_signed());
    root * root.abs()
}

fn bucket(hash: u64) -> usize {
    usize::try_from(hash >> (64 - BUCKET_BITS)).unwrap_or(0)
}

/// Stands before the first word of a sentence.
pub const EDGE: u64 = 0x9b05_688c_2b3e_6c1f;

/// 1000 (1 + 0.15 ln n) for a count of n: a word said often counts little more than once, or the topic would speak loudest.
const VALUES: [i64; 11] = [0, 1000, 1104, 1165, 1208, 1241, 1269, 1292, 1312, 1330, 1345];
