//! The last stage: trees over all features, blended with a plain mean of the linear scores.
//!
//! Trees are the better half on kinds of text they know. On others they trust style too much: an essay full of slips is
//! not human for that. The plain half knows only wording and holds up there.

use super::features;
use super::trees::Trees;

/// Trees and the linear half.
#[derive(Debug, Clone)]
pub struct Stack<'a> {
    /// The trees.
    pub trees: Trees<'a>,
    /// The linear half.
    pub linear: Linear,
}

impl Stack<'_> {
    /// Log-odds of AI before calibration.
    pub fn score(&self, features: &[f32]) -> f64 {
        let share = self.linear.share;
        (1.0 - share) * self.trees.score(features) + share * self.linear.score(features)
    }
}

/// A weighted sum of a few features.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Share in the blend, 0 to 1.
    pub share: f64,
    /// Added to the sum.
    pub offset: f64,
    /// Features and their weights.
    pub terms: Vec<(usize, f64)>,
}

impl Linear {
    /// Reads share, offset, then feature and weight of each term.
    pub fn from_fields(fields: &[f64]) -> Option<Self> {
        let (&[share, offset], terms) = fields.split_first_chunk::<2>()?;
        let (terms, rest) = terms.as_chunks::<2>();
        let terms: Option<Vec<(usize, f64)>> = terms
            .iter()
            .map(|&[feature, weight]| {
                let index = (0..features::COUNT).find(|&index| index as f64 == feature)?;
                Some((index, weight))
            })
            .collect();
        let sound = rest.is_empty() && fields.iter().all(|field| field.is_finite()) && (0.0..=1.0).contains(&share);
        sound.then_some(())?;
        Some(Self { share, offset, terms: terms? })
    }

    /// The numbers in the order in which they are read.
    pub fn fields(&self) -> Vec<f64> {
        let mut fields = vec![self.share, self.offset];
        for &(feature, weight) in &self.terms {
            fields.extend([feature as f64, weight]);
        }
        fields
    }

    /// Log-odds of AI, before calibration.
    pub fn score(&self, features: &[f32]) -> f64 {
        let value = |at: usize| f64::from(features.get(at).copied().unwrap_or(0.0));
        let sum: f64 = self.terms.iter().map(|&(at, weight)| weight * value(at)).sum();
        self.offset + sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blend_is_read_back_as_it_was_written() {
        let linear = Linear { share: 0.5, offset: -1.25, terms: vec![(3, 0.5), (70, 2.0)] };
        assert_eq!(Linear::from_fields(&linear.fields()), Some(linear));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Linear::from_fields(&[0.5]), None);
        assert_eq!(Linear::from_fields(&[1.5, 0.0]), None);
        assert_eq!(Linear::from_fields(&[0.5, f64::NAN]), None);
        assert_eq!(Linear::from_fields(&[0.5, 0.0, 1e9, 1.0]), None);
        assert_eq!(Linear::from_fields(&[0.5, 0.0, 1.5, 1.0]), None);
    }
}
