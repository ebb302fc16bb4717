//! The evidence that the escalation ratio has risen: a mixture of Shiryaev–Roberts sums in clock time.
//!
//! For each size of rise there is one sum. It adds up the likelihood ratios "risen since then" over all moments since
//! which it may have risen, so it grows by a second in a second while nothing happens, and by factors when it does. While
//! nothing has risen, the sum minus the time is a supermartingale: so the sum reaches `threshold` seconds by chance about
//! once in `threshold` seconds, whatever the traffic. That is what makes the setting the threshold.
//!
//! The usual ratio is not known but estimated. The ratio of two Lomax densities (the right-Haar Bayes factor of a scale
//! family) pays for the error of the estimate exactly: with no baseline yet it is 1, and nothing can page.

use serde::{Deserialize, Serialize};

use super::baseline::Counted;
use super::maths::{exp, ln, ln_1p};
use super::noise::Care;

/// Rises that are looked for: the ratio is so many times its usual one.
pub const RISES: [f64; SIZES] = [1.3, 1.7, 2.3, 3.5, 6.0, 12.0];
pub const SIZES: usize = 6;
/// How much of the evidence each of them is given.
const WEIGHTS: [f64; SIZES] = [0.25, 0.20, 0.20, 0.15, 0.10, 0.10];
/// Far beyond any threshold; keeps the arithmetic finite.
const SUM_MAX: f64 = 1e250;

/// One size of rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sum {
    /// Seconds.
    value: f64,
    /// Means over the moments since which it may have risen: exposure, escalations and seconds since then.
    exposure: f64,
    count: f64,
    age: f64,
}

/// The sums of all sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    sums: [Sum; SIZES],
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
        let (k, s) = (usual.count, usual.exposure);
        for (at, sum) in self.sums.iter_mut().enumerate() {
            let (rise, exposure, power) = (RISES[at], exposure * care.ceilings[at], care.powers[at] * temper);
            let grown = sum.value + seconds;
            if grown <= 0.0 {
                continue;
            }
            // The moments of before and the new one, averaged by their weights.
            let old = sum.value / grown;
            let (b0, m0) = (sum.exposure * old, sum.count * old);
            let (b1, m1) = (b0 + exposure, m0 + count);
            if s <= 0.0 {
                // Nothing is known: the ratio of the two densities is 1.
                *sum = Sum { value: grown, exposure: b1, count: m1, age: (sum.age + seconds) * old };
                continue;
            }
            // ln((s + rise·b1)/(s + b1)) − ln((s + rise·b0)/(s + b0)), without cancellation.
            let step = ln_1p(s * (rise - 1.0) * exposure / ((s + b1) * (s + rise * b0)));
            let mut log_ratio = -(k + m1) * step;
            if count > 0.0 {
                log_ratio += count * ln(rise * (s + b0) / (s + rise * b0));
            }
            *sum = Sum {
                value: (grown * exp(power * log_ratio)).min(SUM_MAX),
                exposure: b1,
                count: m1,
                age: (sum.age + seconds) * old,
            };
        }
    }

    /// All sizes together, in seconds.
    pub fn total(&self) -> f64 {
        self.sums.iter().zip(WEIGHTS).map(|(sum, weight)| weight * sum.value).sum()
    }

    /// The size that has most of the evidence, and what came since it rose, about.
    pub fn leading(&self, care: &Care) -> (f64, Counted) {
        let weighted = self.sums.iter().zip(WEIGHTS).map(|(sum, weight)| weight * sum.value);
        let mut best = (0, 0.0);
        for (at, value) in weighted.enumerate() {
            if value > best.1 {
                best = (at, value);
            }
        }
        let Sum { exposure, count, age, .. } = self.sums[best.0];
        (RISES[best.0], Counted { count, exposure: exposure / care.ceilings[best.0], seconds: age })
    }
}

/// By how much a sum oversteps the threshold on average, as a factor: what it has too much when it pages.
pub fn overshoot() -> f64 {
    RISES.iter().zip(WEIGHTS).map(|(rise, weight)| weight * (1.0 - 1.0 / rise) / ln(*rise)).sum()
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
