//! Builds the two language models of [`edgekeep::detector::lm`] from counts.

use edgekeep::detector::lm::{BYTES, PROBES, SLOT, SLOTS, STEPS, SYMBOLS, place};

/// Pairs of context and token of each row, one after the other.
#[derive(Debug, Default)]
pub struct Pairs {
    starts: Vec<usize>,
    pairs: Vec<u32>,
}

impl Pairs {
    /// Appends a row.
    pub fn push(&mut self, row: impl FnOnce(&mut dyn FnMut(u16, u16))) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        row(&mut |context, token| self.pairs.push(u32::from(context) << 16 | u32::from(token)));
        self.starts.push(self.pairs.len());
    }

    fn row(&self, row: usize) -> &[u32] {
        &self.pairs[self.starts[row]..self.starts[row + 1]]
    }
}

/// Share of the slots that may be taken.
const FILL: f64 = 0.8;
/// Taken off each count and given to what was not seen.
const DISCOUNT: f64 = 0.75;

/// Counts of one label.
struct Counts {
    /// Weighted count of each pair, by pair.
    pairs: Vec<(u32, f64)>,
    /// Pairs that occur more than once, whatever their weight.
    repeated: Vec<bool>,
    contexts: Vec<(f64, f64)>,
    tokens: Vec<f64>,
    total: f64,
}

impl Counts {
    fn new(data: &Pairs, rows: &[(usize, f64)]) -> Self {
        let mut all: Vec<(u32, f32)> = rows
            .iter()
            .flat_map(|&(row, weight)| data.row(row).iter().map(move |&pair| (pair, weight as f32)))
            .collect();
        // Weights are kept so that their mean over all pairs is one: counts stay counts.
        let mean = all.iter().map(|(_, weight)| f64::from(*weight)).sum::<f64>() / all.len().max(1) as f64;
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let runs = || all.chunk_by(|a, b| a.0 == b.0);
        let sum = |run: &[(u32, f32)]| run.iter().map(|(_, weight)| f64::from(*weight)).sum::<f64>() / mean.max(1e-12);
        let pairs: Vec<(u32, f64)> = runs().map(|run| (run[0].0, sum(run))).collect();
        let repeated = runs().map(|run| run.len() > 1).collect();
        let mut contexts = vec![(0.0, 0.0); SYMBOLS];
        let mut tokens = vec![0.0; SYMBOLS];
        for &(pair, count) in &pairs {
            let context = &mut contexts[(pair >> 16) as usize];
            context.0 += count;
            context.1 += f64::min(count, 1.0);
            tokens[(pair & 0xffff) as usize] += count;
        }
        Self { pairs, repeated, contexts, tokens, total: all.len() as f64 }
    }

    fn token(&self, token: usize) -> f64 {
        (self.tokens[token] + 0.5) / (self.total + 0.5 * SYMBOLS as f64)
    }

    fn free(&self, context: usize) -> f64 {
        let (count, kinds) = self.contexts[context];
        (DISCOUNT * kinds + 1.0) / (count + 1.0)
    }

    fn count(&self, pair: u32) -> f64 {
        self.pairs.binary_search_by_key(&pair, |(pair, _)| *pair).map_or(0.0, |at| self.pairs[at].1)
    }

    fn pair(&self, pair: u32) -> f64 {
        let (context, token) = ((pair >> 16) as usize, (pair & 0xffff) as usize);
        let count = self.count(pair);
        let seen = (count - DISCOUNT * count.min(1.0)) / (self.contexts[context].0 + 1.0);
        seen + self.free(context).min(1.0) * self.token(token)
    }
}

/// The bytes of a language model of these human and machine rows, each with its weight.
pub fn build(data: &Pairs, human: &[(usize, f64)], machine: &[(usize, f64)]) -> Vec<u8> {
    let sides = [Counts::new(data, human), Counts::new(data, machine)];
    let mut bytes = Vec::with_capacity(BYTES);
    for side in &sides {
        bytes.extend((0..SYMBOLS).map(|token| surprise(side.token(token))));
    }
    for side in &sides {
        bytes.extend((0..SYMBOLS).map(|context| surprise(side.free(context).min(1.0))));
    }
    // The pairs most often seen, by their share of each label's text.
    let mut shares: Vec<(u32, f64)> = sides
        .iter()
        .flat_map(|side| {
            side.pairs
                .iter()
                .zip(&side.repeated)
                .filter(|(_, repeated)| **repeated)
                .map(|(&(pair, count), _)| (pair, count / side.total.max(1.0)))
        })
        .collect();
    shares.sort_unstable_by_key(|(pair, _)| *pair);
    let mut wanted: Vec<(u32, f64)> =
        shares.chunk_by(|a, b| a.0 == b.0).map(|run| (run[0].0, run.iter().map(|r| r.1).sum())).collect();
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    wanted.truncate((SLOTS as f64 * FILL) as usize);
    let mut slots = vec![0_u8; SLOTS * SLOT];
    for (pair, _) in wanted {
        let (mut at, print) = place((pair >> 16) as u16, (pair & 0xffff) as u16);
        for _ in 0..PROBES {
            let slot = &mut slots[at * SLOT..(at + 1) * SLOT];
            if slot[..2] == [0, 0] {
                slot[..2].copy_from_slice(&print.to_le_bytes());
                slot[2] = surprise(sides[0].pair(pair));
                slot[3] = surprise(sides[1].pair(pair));
                break;
            }
            if slot[..2] == print.to_le_bytes() {
                break;
            }
            at = (at + 1) % SLOTS;
        }
    }
    bytes.extend(slots);
    bytes
}

fn surprise(probability: f64) -> u8 {
    (-libm::log(probability.max(1e-12)) * STEPS).round().clamp(0.0, 255.0) as u8
}
