//! From a score to a probability and to thresholds, by the length of the text.

/// Calibration at one length; between two lengths all numbers are interpolated over the logarithm of the words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knot {
    /// Natural logarithm of the number of words.
    pub log_words: f64,
    /// Probability is the logistic function of `slope * score + offset`.
    pub slope: f64,
    /// See `slope`.
    pub offset: f64,
    /// At most 2 in 1000 human texts score above.
    pub ai_02: f64,
    /// At most 1 in 100 human texts score above.
    pub ai_1: f64,
    /// At most 5 in 100 human texts score above.
    pub ai_5: f64,
    /// At most 5 in 100 machine texts score below.
    pub human_5: f64,
    /// At most 1 in 100 machine texts score below.
    pub human_1: f64,
}

impl Knot {
    /// Numbers of a knot in the file.
    pub const FIELDS: usize = 8;

    /// Reads the numbers in the order of the fields.
    pub fn from_fields(fields: &[f64]) -> Option<Self> {
        let &[log_words, slope, offset, ai_02, ai_1, ai_5, human_5, human_1] = fields else {
            return None;
        };
        let knot = Self { log_words, slope, offset, ai_02, ai_1, ai_5, human_5, human_1 };
        (fields.iter().all(|f| f.is_finite()) && slope >= 0.0).then_some(knot)
    }

    /// The numbers in the order of the fields.
    pub fn fields(&self) -> [f64; Self::FIELDS] {
        [self.log_words, self.slope, self.offset, self.ai_02, self.ai_1, self.ai_5, self.human_5, self.human_1]
    }

    /// The calibrated probability of AI for a score.
    pub fn probability(&self, score: f64) -> f64 {
        logistic(self.slope * score + self.offset)
    }
}

/// The knot for a text of so many words. `knots` are in the order of their lengths.
pub fn at(knots: &[Knot], words: usize) -> Option<Knot> {
    let log = libm::log((words.max(1)) as f64);
    let after = knots.partition_point(|knot| knot.log_words <= log);
    let before = after.checked_sub(1).and_then(|i| knots.get(i));
    match (before, knots.get(after)) {
        (Some(a), Some(b)) => {
            let share = (log - a.log_words) / (b.log_words - a.log_words).max(1e-9);
            let (a, b) = (a.fields(), b.fields());
            let mut mixed = [0.0; Knot::FIELDS];
            for ((to, a), b) in mixed.iter_mut().zip(a).zip(b) {
                *to = a + share * (b - a);
            }
            Knot::from_fields(&mixed)
        }
        (Some(only), None) | (None, Some(only)) => Some(*only),
        (None, None) => None,
    }
}

/// The logistic function, flattened near 0 and 1, where the data can no longer tell one in a hundred from one in a
/// thousand. It stays strictly monotone, so that texts keep their order.
pub fn logistic(log_odds: f64) -> f64 {
    let beyond = (log_odds.abs() - KNEE).max(0.0);
    let flat = (log_odds.abs().min(KNEE) + beyond / 5.0).min(MOST).copysign(log_odds);
    1.0 / (1.0 + libm::exp(-flat))
}

/// Log-odds of a probability, kept within what a short text can tell.
pub fn log_odds(probability: f64) -> f64 {
    let p = probability.clamp(0.02, 0.98);
    libm::log(p / (1.0 - p))
}

/// Log-odds of a probability of 0.993, where the flattening begins.
const KNEE: f64 = 5.0;
/// Log-odds of a probability of 0.99995.
const MOST: f64 = 10.0;
