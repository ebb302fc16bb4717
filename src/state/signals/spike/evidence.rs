//! The evidence that the escalation ratio has risen: a mixture of Shiryaev–Roberts sums in clock time.
//!
//! For each size of rise there is one sum. It adds up the likelihood ratios "risen since then" over all moments since
//! which it may have risen, so it grows by a second in a second while nothing happens, and by factors when it does. While
//! nothing has risen, the sum minus the time is a supermartingale: so the sum reaches `threshold` seconds by chance about
//! once in `threshold` seconds, whatever the traffic. That is what makes the setting the threshold.
//!
//! The usual ratio is not known but estimated. The ratio of two Lomax densities (the right-Haar Bayes factor of a scale
//! family) pays for the error of the estimate exactly: with no baseline yet it is 1, and nothing can page.

use std::array::from_fn;

use serde::{Deserialize, Serialize};

use super::baseline::Counted;
use super::maths::{exp_quick, ln_1p};
use super::noise::Care;

/// Rises that are looked for: the ratio is so many times its usual one.
pub const RISES: [f64; SIZES] = [1.3, 1.7, 2.3, 3.5, 6.0, 12.0];
pub const SIZES: usize = 6;
const RISE_LOGS: [f64; SIZES] = [
    0.262_364_264_467_491_06,
    0.530_628_251_062_170_4,
    0.832_909_122_935_104,
    1.252_762_968_495_368,
    1.791_759_469_228_055,
    2.484_906_649_788_000_4,
];
/// How much of the evidence each of them is given.
const WEIGHTS: [f64; SIZES] = [0.25, 0.20, 0.20, 0.15, 0.10, 0.10];
/// Far beyond any threshold; keeps the arithmetic finite.
const SUM_MAX: f64 = 1e250;

/// One number for each size.
type Sizes = [f64; SIZES];

/// The sums of all sizes, in seconds, and for each the means over the moments since which it may have risen: exposure,
/// escalations and seconds since then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    sums: Sizes,
    exposure: Sizes,
    count: Sizes,
    age: Sizes,
}

/// What is usual: `count` escalations in `exposure`, both decayed.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    pub count: f64,
    pub exposure: f64,
}

impl Evidence {
    /// Takes `seconds` with `exposure` in them, at whose end `count` escalations came. `temper` is how much of its power
    /// the evidence has left.
    pub fn add(&mut self, seconds: f64, exposure: f64, count: f64, usual: Usual, care: &Care, temper: f64) {
        let mut grown = self.sums.map(|sum| sum + seconds);
        if grown[0] <= 0.0 {
            return;
        }
        // The moments of before and the new one, averaged by their weights.
        let old: Sizes = from_fn(|size| self.sums[size] / grown[size]);
        let exposed = care.ceilings.map(|ceiling| exposure * ceiling);
        let before: Sizes = from_fn(|size| self.exposure[size] * old[size]);
        for size in 0..SIZES {
            self.exposure[size] = before[size] + exposed[size];
            self.count[size] = forget_traces(self.count[size] * old[size]) + count;
            self.age[size] = (self.age[size] + seconds) * old[size];
        }
        // Of nothing known, the ratio of the two densities is 1.
        if usual.exposure > 0.0 {
            let ratios = self.log_ratios(&before, &exposed, count, usual);
            for size in 0..SIZES {
                grown[size] *= exp_quick(care.powers[size] * temper * ratios[size]);
            }
        }
        self.sums = grown.map(|sum| sum.min(SUM_MAX));
    }

    /// The logarithm of "risen" over "usual" for `exposed`, at whose end `count` came.
    fn log_ratios(&self, before: &Sizes, exposed: &Sizes, count: f64, usual: Usual) -> Sizes {
        let s = usual.exposure;
        // ln((s + rise·after)/(s + after)) − ln((s + rise·before)/(s + before)), without cancellation.
        let steps: Sizes = from_fn(|size| {
            let (rise, after) = (RISES[size], self.exposure[size]);
            ln_1p(s * (rise - 1.0) * exposed[size] / ((s + after) * (s + rise * before[size])))
        });
        let mut ratios: Sizes = from_fn(|size| -(usual.count + self.count[size]) * steps[size]);
        if count > 0.0 {
            for size in 0..SIZES {
                let paid = ln_1p((RISES[size] - 1.0) * before[size] / (s + before[size]));
                ratios[size] += count * (RISE_LOGS[size] - paid);
            }
        }
        ratios
    }

    /// All sizes together, in seconds.
    pub fn total(&self) -> f64 {
        self.sums.iter().zip(WEIGHTS).map(|(sum, weight)| weight * sum).sum()
    }

    /// The size that has most of the evidence, and what came since it rose, about.
    pub fn leading(&self, care: &Care) -> (f64, Counted) {
        let weighted: Sizes = from_fn(|size| WEIGHTS[size] * self.sums[size]);
        // The first of equals, so that an empty one leads with the smallest.
        let best = (0..SIZES).rev().max_by(|a, b| weighted[*a].total_cmp(&weighted[*b])).unwrap_or(0);
        let exposure = self.exposure[best] / care.ceilings[best];
        (RISES[best], Counted { count: self.count[best], exposure, seconds: self.age[best] })
    }
}

/// What is left of a count after a long silence is nothing; numbers too small for the processor's quick ways are slow.
fn forget_traces(count: f64) -> f64 {
    if count < 1e-30 { 0.0 } else { count }
}

/// By how much a sum oversteps the threshold on average, as a factor: what it has too much when it pages.
pub fn overshoot() -> f64 {
    (0..SIZES).map(|size| WEIGHTS[size] * (1.0 - 1.0 / RISES[size]) / RISE_LOGS[size]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Care = Care { powers: [1.0; SIZES], ceilings: [1.0; SIZES] };

    #[test]
    fn without_a_baseline_nothing_is_evidence() {
        let mut evidence = Evidence::default();
        for _ in 0..100 {
            evidence.add(1.0, 1.0, 5.0, Usual { count: 0.0, exposure: 0.0 }, &PLAIN, 1.0);
        }
        assert!((evidence.total() - 100.0).abs() < 1e-6, "only the time: {}", evidence.total());
    }

    #[test]
    fn the_logarithms_are_those_of_the_sizes() {
        for (rise, log) in RISES.iter().zip(RISE_LOGS) {
            assert!((crate::state::signals::spike::maths::ln(*rise) - log).abs() < 1e-15, "{rise}: {log}");
        }
    }

    #[test]
    fn it_falls_while_all_is_usual_and_grows_with_a_rise() {
        let usual = Usual { count: 4_000.0, exposure: 100_000.0 };
        let mut quiet = Evidence::default();
        (0..600).for_each(|_| quiet.add(60.0, 60.0, 2.4, usual, &PLAIN, 1.0));
        let mut risen = quiet;
        (0..30).for_each(|_| risen.add(60.0, 60.0, 7.2, usual, &PLAIN, 1.0));
        assert!(quiet.total() < 36_000.0 && risen.total() > 1e7, "{} {}", quiet.total(), risen.total());
        let (rise, since) = risen.leading(&PLAIN);
        assert!((2.0..4.0).contains(&rise) && (600.0..3_600.0).contains(&since.seconds), "{rise} {since:?}");
    }
}
