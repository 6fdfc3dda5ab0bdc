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

impl Figures {
    /// The same, but where one label is missing the area under the curve is taken against that label in `others`.
    pub fn against(outcomes: &[Outcome], others: &[Outcome], bootstraps: usize) -> Self {
        let own = Self::of(outcomes, bootstraps);
        if own.human * own.ai > 0 {
            return own;
        }
        let missing = own.ai == 0;
        let mut both = outcomes.to_vec();
        both.extend(others.iter().filter(|o| o.ai == missing));
        let with = Self::of(&both, bootstraps);
        Self { auroc: with.auroc, auroc_interval: with.auroc_interval, ..own }
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

/// The middle 95 % of the areas under the curve of samples drawn with replacement, each label by itself.
///
/// The outcomes are sorted once: a sample is how often each was drawn, and its area one pass over that.
fn interval(human: &[Outcome], machine: &[Outcome], bootstraps: usize) -> [f64; 2] {
    let sides = [human, machine];
    let mut sorted: Vec<(f64, usize, usize)> = Vec::with_capacity(human.len() + machine.len());
    for (side, outcomes) in sides.iter().enumerate() {
        sorted.extend(outcomes.iter().enumerate().map(|(at, outcome)| (outcome.score, side, at)));
    }
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // For each outcome the number of its score, ties sharing one.
    let mut scores = [vec![0; human.len()], vec![0; machine.len()]];
    let mut distinct = 0;
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        for &(_, side, at) in tied {
            scores[side][at] = distinct;
        }
        distinct += 1;
    }
    let mut rng = Rng::new(1, "bootstrap");
    let mut drawn: Vec<f64> = (0..bootstraps)
        .map(|_| {
            let mut counts = vec![[0_u32; 2]; distinct];
            for (side, scores) in scores.iter().enumerate() {
                for _ in 0..scores.len() {
                    counts[scores[rng.below(scores.len())]][side] += 1;
                }
            }
            let (mut below, mut wins) = (0.0, 0.0);
            for [human, machine] in counts {
                wins += f64::from(machine) * (below + f64::from(human) / 2.0);
                below += f64::from(human);
            }
            wins / (human.len() as f64 * machine.len() as f64)
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
    fn the_interval_lies_around_the_area_and_is_narrower_with_more_texts() {
        let texts = |count: u32| {
            let spread = |at: u32| f64::from(at * 37 % 100) / 150.0;
            let outcomes: Vec<Outcome> =
                (0..count).flat_map(|at| [outcome(spread(at), false), outcome(spread(at) + 0.2, true)]).collect();
            Figures::of(&outcomes, 200)
        };
        let width = |figures: &Figures| {
            let ([low, high], area) = figures.auroc_interval.zip(figures.auroc).unwrap_or_default();
            assert!(low <= area && area <= high, "{low} {area} {high}");
            high - low
        };
        assert!(width(&texts(40)) > 1.5 * width(&texts(400)));
    }

    #[test]
    fn a_group_of_one_label_is_set_against_the_other_label_of_all() {
        let all = [outcome(0.1, false), outcome(0.6, false), outcome(0.5, true), outcome(0.9, true)];
        let figures = Figures::against(&all[2..], &all, 20);
        assert_eq!((figures.human, figures.ai, figures.fpr_1), (0, 2, None));
        assert_eq!(figures.auroc, Some(0.75));
        assert!(figures.auroc_interval.is_some());
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
