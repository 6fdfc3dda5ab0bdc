//! Probability and thresholds from scores of texts that were not learnt from, by length.

use edgekeep::detector::calibration::Knot;

/// A text's score by a model that did not see it.
#[derive(Debug, Clone, Copy)]
pub struct Scored {
    /// The trees' score.
    pub score: f64,
    /// Whether a machine wrote it.
    pub ai: bool,
    /// Weight of the row.
    pub weight: f64,
    /// Words.
    pub words: usize,
}

/// Lengths, in words, at which the calibration is fitted.
const LENGTHS: [f64; 6] = [45.0, 70.0, 110.0, 180.0, 320.0, 600.0];

/// Fits all knots.
pub fn knots(scored: &[Scored]) -> Vec<Knot> {
    LENGTHS.iter().map(|&words| knot(scored, words)).collect()
}

fn knot(scored: &[Scored], words: f64) -> Knot {
    let near: Vec<(Scored, f64)> = scored
        .iter()
        .map(|&s| {
            let distance = libm::log(s.words.max(1) as f64 / words).abs() / 0.6;
            (s, s.weight * (1.0 - distance).max(0.0))
        })
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    let (slope, offset) = platt(&near);
    let tail = |ai: bool, share: f64| {
        quantile(
            near.iter()
                .filter(|(s, _)| s.ai == ai)
                .map(|(s, w)| (s.score, *w)),
            share,
        )
    };
    let ai_5 = tail(false, 0.95);
    let ai_1 = tail(false, 0.99).max(ai_5);
    let human_5 = tail(true, 0.05);
    Knot {
        log_words: libm::log(words),
        slope,
        offset,
        ai_02: tail(false, 0.998).max(ai_1),
        ai_1,
        ai_5,
        human_5,
        human_1: tail(true, 0.01).min(human_5),
    }
}

/// Logistic regression on the score alone, both labels weighing the same, by Newton's method.
fn platt(near: &[(Scored, f64)]) -> (f64, f64) {
    let total = |ai: bool| {
        near.iter()
            .filter(|(s, _)| s.ai == ai)
            .map(|(_, w)| w)
            .sum::<f64>()
    };
    let (human, machine) = (total(false), total(true));
    let (mut slope, mut offset) = (1.0, 0.0);
    if human <= 0.0 || machine <= 0.0 {
        return (slope, offset);
    }
    for _ in 0..30 {
        let (mut g, mut h) = ([1e-3 * (slope - 1.0), 1e-3 * offset], [1e-3, 0.0, 1e-3]);
        for (s, weight) in near {
            let weight = weight / if s.ai { machine } else { human };
            let p = 1.0 / (1.0 + libm::exp(-(slope * s.score + offset)));
            let error = (p - f64::from(u8::from(s.ai))) * weight;
            let curve = p * (1.0 - p) * weight;
            g[0] += error * s.score;
            g[1] += error;
            h[0] += curve * s.score * s.score;
            h[1] += curve * s.score;
            h[2] += curve;
        }
        let determinant = (h[0] * h[2] - h[1] * h[1]).max(1e-12);
        slope -= (h[2] * g[0] - h[1] * g[1]) / determinant;
        offset -= (h[0] * g[1] - h[1] * g[0]) / determinant;
        slope = slope.clamp(0.05, 5.0);
    }
    (slope, offset)
}

/// Weighted quantile.
fn quantile(values: impl Iterator<Item = (f64, f64)>, share: f64) -> f64 {
    let mut values: Vec<(f64, f64)> = values.collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = values.iter().map(|(_, w)| w).sum();
    let mut sum = 0.0;
    for (value, weight) in &values {
        sum += weight;
        if sum >= share * total {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}
