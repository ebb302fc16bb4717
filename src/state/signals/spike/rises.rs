//! The sizes of rise that the detector looks for, and what is fixed for each of them.

use std::array::from_fn;

use serde::{Deserialize, Serialize};

pub const SIZES: usize = 6;
/// One number for each size of rise.
pub type Sizes = [f64; SIZES];

/// The escalation ratio over its baseline, after the rise.
pub const RISES: Sizes = [1.3, 1.7, 2.3, 3.5, 6.0, 12.0];
/// ln of [`RISES`].
pub const RISE_LOGS: Sizes = [
    0.262_364_264_467_491_06,
    0.530_628_251_062_170_4,
    0.832_909_122_935_104,
    1.252_762_968_495_368,
    1.791_759_469_228_055,
    2.484_906_649_788_000_4,
];
/// Prior probability of each size.
pub const WEIGHTS: Sizes = [0.25, 0.20, 0.20, 0.15, 0.10, 0.10];

/// Corrections to the likelihood ratio of each size, so that the system's own noise is not mistaken for a rise of that
/// size. See [`super::noise`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Corrections {
    /// The likelihood ratio is raised to this power: below 1 for overdispersed counts, above 1 for underdispersed ones.
    pub powers: Sizes,
    /// Up to this multiple of its baseline the ratio is normal wander. The rise is measured from there.
    pub ceilings: Sizes,
}

impl Corrections {
    /// For Poisson counts around a constant ratio.
    pub const NONE: Corrections = Corrections { powers: [1.0; SIZES], ceilings: [1.0; SIZES] };
}

/// The size nearest to `rise`.
pub fn nearest(rise: f64) -> usize {
    let off = |rises: &f64| (rises - rise).abs();
    let nearest = RISES.iter().enumerate().min_by(|(_, a), (_, b)| off(a).total_cmp(&off(b)));
    nearest.map_or(0, |(size, _)| size)
}

/// What to multiply the allowed time between false alarms by to get the threshold. A sum that jumps upwards by a factor
/// `rise` exceeds its threshold when it crosses it. With ln(excess) uniform over one jump, the mean of 1/excess is
/// (1 − 1/rise) / ln rise (Siegmund's correction for overshoot); averaged here over the sizes.
pub fn overshoot_correction() -> f64 {
    (0..SIZES).map(|size| WEIGHTS[size] * (1.0 - 1.0 / RISES[size]) / RISE_LOGS[size]).sum()
}

/// The sum of all sizes, weighted by their prior.
pub fn mixture(sums: &Sizes) -> f64 {
    sums.iter().zip(WEIGHTS).map(|(sum, weight)| weight * sum).sum()
}

/// The size with the largest posterior; the smallest among equals, so that empty sums give the smallest.
pub fn likeliest(sums: &Sizes) -> usize {
    let weighted: Sizes = from_fn(|size| WEIGHTS[size] * sums[size]);
    (0..SIZES).rev().max_by(|a, b| weighted[*a].total_cmp(&weighted[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::signals::spike::maths::ln;

    #[test]
    fn the_logarithms_are_those_of_the_sizes() {
        for (rise, log) in RISES.iter().zip(RISE_LOGS) {
            assert!((ln(*rise) - log).abs() < 1e-15, "{rise}: {log}");
        }
    }

    #[test]
    fn the_weights_are_a_distribution() {
        assert!((WEIGHTS.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_correction_is_the_mean_of_one_over_the_excess_by_numerical_integration() {
        let integral = |rise: f64| {
            let steps = 100_000;
            let at = |step: i32| (f64::from(step) + 0.5) / f64::from(steps);
            (0..steps).map(|step| rise.powf(-at(step))).sum::<f64>() / f64::from(steps)
        };
        let expected: f64 = RISES.iter().zip(WEIGHTS).map(|(rise, weight)| weight * integral(*rise)).sum();
        assert!((overshoot_correction() - expected).abs() < 1e-9, "{} {expected}", overshoot_correction());
    }

    #[test]
    fn empty_sums_give_the_smallest_size() {
        assert_eq!(likeliest(&[0.0; SIZES]), 0);
        assert_eq!([1.0, 1.6, 2.9, 40.0].map(nearest), [0, 1, 2, 5]);
    }
}
