//! How good scores are.

use serde::Serialize;

use crate::rng::Rng;

/// One text's result.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The score, or any number that grows with it.
    pub score: f64,
    /// Calibrated probability of AI.
    pub probability: f64,
    /// Whether the score is above the shipped threshold for one false positive in a hundred.
    pub over_1: bool,
    /// The same for five in a hundred.
    pub over_5: bool,
    /// Whether a machine wrote it.
    pub ai: bool,
}

/// Figures of a set of texts. Those that need both labels, or one that is missing, are absent.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Human texts.
    pub human: usize,
    /// Machine texts.
    pub ai: usize,
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Its 95 % bootstrap interval.
    pub auroc_interval: Option<[f64; 2]>,
    /// Share of machine texts above the threshold for 1 % false positives.
    pub tpr_1: Option<f64>,
    /// Share of machine texts above the threshold for 5 %.
    pub tpr_5: Option<f64>,
    /// Share of human texts above the threshold for 1 %.
    pub fpr_1: Option<f64>,
    /// Share of human texts above the threshold for 5 %.
    pub fpr_5: Option<f64>,
    /// Expected calibration error in ten bins, both labels weighing the same.
    pub ece: Option<f64>,
    /// Share of right answers at probability one half, both labels weighing the same.
    pub accuracy: Option<f64>,
    /// F1 of AI at probability one half, both labels weighing the same.
    pub f1: Option<f64>,
}

impl Figures {
    /// Figures of some outcomes. `bootstraps` 0: no interval.
    pub fn of(outcomes: &[Outcome], bootstraps: usize) -> Self {
        let human: Vec<Outcome> = outcomes.iter().filter(|o| !o.ai).copied().collect();
        let machine: Vec<Outcome> = outcomes.iter().filter(|o| o.ai).copied().collect();
        let both = !human.is_empty() && !machine.is_empty();
        let share = |of: &[Outcome], test: fn(&Outcome) -> bool| {
            (!of.is_empty()).then(|| of.iter().filter(|o| test(o)).count() as f64 / of.len() as f64)
        };
        let half = |o: &Outcome| o.probability >= 0.5;
        let (hits, alarms) = (share(&machine, half), share(&human, half));
        let rates = hits.zip(alarms);
        Self {
            human: human.len(),
            ai: machine.len(),
            auroc: both.then(|| auroc(outcomes)),
            auroc_interval: (both && bootstraps > 0).then(|| interval(&human, &machine, bootstraps)),
            tpr_1: share(&machine, |o| o.over_1),
            tpr_5: share(&machine, |o| o.over_5),
            fpr_1: share(&human, |o| o.over_1),
            fpr_5: share(&human, |o| o.over_5),
            ece: both.then(|| ece(&human, &machine)),
            accuracy: rates.map(|(hits, alarms)| f64::midpoint(hits, 1.0 - alarms)),
            f1: rates.map(|(hits, alarms)| 2.0 * hits / (1.0 + hits + alarms)),
        }
    }
}

/// Probability that a machine text scores above a human one; ties count half.
pub fn auroc(outcomes: &[Outcome]) -> f64 {
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let (mut below, mut wins, mut machines) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.score == b.score) {
        let machine = tied.iter().filter(|o| o.ai).count() as f64;
        let human = tied.len() as f64 - machine;
        wins += machine * (below + human / 2.0);
        below += human;
        machines += machine;
    }
    if below * machines > 0.0 { wins / (below * machines) } else { 0.5 }
}

fn interval(human: &[Outcome], machine: &[Outcome], bootstraps: usize) -> [f64; 2] {
    let mut rng = Rng::new(1, "bootstrap");
    let mut drawn: Vec<f64> = (0..bootstraps)
        .map(|_| {
            let mut sample = Vec::with_capacity(human.len() + machine.len());
            for side in [human, machine] {
                sample.extend((0..side.len()).map(|_| side[rng.below(side.len())]));
            }
            auroc(&sample)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn[(share * (drawn.len() - 1) as f64).round() as usize];
    [at(0.025), at(0.975)]
}

fn ece(human: &[Outcome], machine: &[Outcome]) -> f64 {
    // Per bin: weight, weight of machine texts, weighted sum of probabilities.
    let mut bins = [[0.0; 3]; 10];
    for (side, ai) in [(human, 0.0), (machine, 1.0)] {
        let weight = 0.5 / side.len() as f64;
        for outcome in side {
            let bin = &mut bins[((outcome.probability * 10.0) as usize).min(9)];
            bin[0] += weight;
            bin[1] += weight * ai;
            bin[2] += weight * outcome.probability;
        }
    }
    bins.iter().map(|bin| (bin[1] - bin[2]).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(probability: f64, ai: bool) -> Outcome {
        Outcome { score: probability, probability, over_1: probability > 0.9, over_5: probability > 0.8, ai }
    }

    #[test]
    fn ties_count_half_in_the_area_under_the_curve() {
        let outcomes = [outcome(0.1, false), outcome(0.5, false), outcome(0.5, true), outcome(0.9, true)];
        assert!((auroc(&outcomes) - 0.875).abs() < 1e-12);
    }

    #[test]
    fn a_sure_and_right_answer_has_no_calibration_error() {
        let outcomes = [outcome(0.0, false), outcome(1.0, true), outcome(1.0, true)];
        let figures = Figures::of(&outcomes, 0);
        assert_eq!(figures.ece, Some(0.0));
        assert_eq!(figures.tpr_1, Some(1.0));
        assert_eq!(figures.fpr_1, Some(0.0));
    }
}
