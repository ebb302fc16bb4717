//! The evidence that the escalation ratio has risen: a mixture of Shiryaev–Roberts statistics in clock time.
//!
//! There is one sum for each size of rise ([`RISES`]). It adds up the likelihood ratios "risen since then" against "not
//! risen" over all moments since which the ratio may have risen. So it grows by one second a second while nothing happens,
//! and by factors when escalations come. While nothing has risen, the sum minus the elapsed time is a supermartingale:
//! whatever the traffic, the sum reaches a threshold of T seconds about once in T seconds. That is why the threshold is
//! the setting, the allowed time between false pages.
//!
//! The baseline ratio is an estimate. The likelihood ratio is therefore that of two Lomax densities, the marginal densities
//! under the right-Haar prior 1/ratio of a scale family: this accounts exactly for the error of the estimate. Without any
//! baseline it is 1, and nothing can page.

use std::array::from_fn;

use serde::{Deserialize, Serialize};

use super::counted::Counted;
use super::maths::{exp_quick, ln_1p};
use super::rises::{Corrections, RISE_LOGS, RISES, SIZES, Sizes, WEIGHTS, likeliest, mixture};

/// Upper bound of a sum, far above any threshold. It keeps the arithmetic finite.
const SUM_SECONDS_MAX: f64 = 1e250;
/// Sums of an episode are divided by this when they reach it.
const SCALED_FROM: f64 = 1e200;
const SCALED_FROM_LOG: f64 = 460.517_018_598_809_1;
/// Smaller counts become 0. Arithmetic on denormal numbers is slow.
const COUNT_MIN: f64 = 1e-30;

/// A size of rise is plausible when its part of the mixture is at least this part of the largest.
const PLAUSIBLE: f64 = 0.02;
/// Mean gaps between escalations since the onset by which its estimate may be off. With [`PLAUSIBLE`], nine onsets of ten are
/// within the interval: simulated, over rises of 1.7 to 12 times the usual and 7 to 700 usual escalations an hour.
const ONSET_GAPS: f64 = 5.0;

/// The sums of all sizes in seconds. For each size also the means, over the moments since which it may have risen, of the
/// exposure, escalations and seconds since then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    sums: Sizes,
    exposure: Sizes,
    count: Sizes,
    age: Sizes,
}

/// The baseline: `count` escalations in `exposure`, both decayed with time.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    pub count: f64,
    pub exposure: f64,
}

/// What new observations are compared with, and how much they count.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    pub usual: Usual,
    pub corrections: &'a Corrections,
    /// A further power of the likelihood ratio, for all sizes. See [`super::temper`].
    pub power: f64,
}

impl Evidence {
    /// Adds `new.seconds` with `new.exposure` in them, at whose end `new.count` escalations came.
    pub fn add(&mut self, new: Counted, terms: Terms<'_>) {
        let mut grown = self.sums.map(|sum| sum + new.seconds);
        if grown[0] <= 0.0 {
            return;
        }
        let exposed = terms.corrections.ceilings.map(|ceiling| new.exposure * ceiling);
        let before = self.average_in(new, &exposed, &grown);
        if terms.usual.exposure > 0.0 {
            let ratios = self.log_ratios(&before, &exposed, new.count, terms.usual);
            for size in 0..SIZES {
                grown[size] *= exp_quick(terms.corrections.powers[size] * terms.power * ratios[size]);
            }
        }
        self.sums = grown.map(|sum| sum.min(SUM_SECONDS_MAX));
    }

    /// Updates the means with the moments of this step, weighted by their part of the sum. Returns the mean exposure
    /// before `exposed` is added.
    #[inline]
    fn average_in(&mut self, new: Counted, exposed: &Sizes, grown: &Sizes) -> Sizes {
        let old: Sizes = from_fn(|size| self.sums[size] / grown[size]);
        let before: Sizes = from_fn(|size| self.exposure[size] * old[size]);
        for size in 0..SIZES {
            self.exposure[size] = before[size] + exposed[size];
            self.count[size] = without_traces(self.count[size] * old[size]) + new.count;
            self.age[size] = (self.age[size] + new.seconds) * old[size];
        }
        before
    }

    /// The log likelihood ratio of "risen" to "not risen" for `exposed`, at whose end `count` escalations came.
    #[inline]
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
                let uncertainty = ln_1p((RISES[size] - 1.0) * before[size] / (s + before[size]));
                ratios[size] += count * (RISE_LOGS[size] - uncertainty);
            }
        }
        ratios
    }

    /// The mixture of all sizes, in seconds.
    pub fn total(&self) -> f64 {
        mixture(&self.sums)
    }

    /// Makes room in the sums when they are far beyond any threshold. Returns ln of what they were divided by.
    pub fn scale_down(&mut self) -> f64 {
        if self.total() < SCALED_FROM {
            return 0.0;
        }
        self.sums = self.sums.map(|sum| sum / SCALED_FROM);
        SCALED_FROM_LOG
    }

    /// The least and the most seconds ago that the rise may have begun, as far as the evidence can say.
    pub fn onset_between(&self) -> (f64, f64) {
        let parts: Sizes = from_fn(|size| WEIGHTS[size] * self.sums[size]);
        let largest = parts.iter().copied().fold(0.0, f64::max);
        let plausible = (0..SIZES).filter(|size| parts[*size] >= PLAUSIBLE * largest);
        let spans = plausible.map(|size| {
            let off = ONSET_GAPS * self.age[size] / self.count[size].max(1.0);
            (self.age[size] - off, self.age[size] + off)
        });
        let (least, most) =
            spans.fold((f64::INFINITY, 0.0_f64), |(least, most), span| (least.min(span.0), most.max(span.1)));
        (least.clamp(0.0, most), most)
    }

    /// The likeliest size of the rise, and what came since it began (an estimate).
    pub fn leading(&self, corrections: &Corrections) -> (f64, Counted) {
        let size = likeliest(&self.sums);
        let exposure = self.exposure[size] / corrections.ceilings[size];
        (RISES[size], Counted { count: self.count[size], exposure, seconds: self.age[size] })
    }
}

fn without_traces(count: f64) -> f64 {
    if count < COUNT_MIN { 0.0 } else { count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(evidence: &mut Evidence, minutes: usize, count: f64, usual: Usual) {
        let new = Counted { count, exposure: 60.0, seconds: 60.0 };
        let terms = Terms { usual, corrections: &Corrections::NONE, power: 1.0 };
        (0..minutes).for_each(|_| evidence.add(new, terms));
    }

    #[test]
    fn without_a_baseline_nothing_is_evidence() {
        let mut evidence = Evidence::default();
        minutes(&mut evidence, 2, 5.0, Usual { count: 0.0, exposure: 0.0 });
        assert!((evidence.total() - 120.0).abs() < 1e-6, "only the time: {}", evidence.total());
    }

    #[test]
    fn it_falls_while_all_is_usual_and_grows_with_a_rise() {
        let usual = Usual { count: 4_000.0, exposure: 100_000.0 };
        let mut quiet = Evidence::default();
        minutes(&mut quiet, 600, 2.4, usual);
        let mut risen = quiet;
        minutes(&mut risen, 30, 7.2, usual);
        assert!(quiet.total() < 36_000.0 && risen.total() > 1e7, "{} {}", quiet.total(), risen.total());
        let (rise, since) = risen.leading(&Corrections::NONE);
        assert!((2.0..4.0).contains(&rise) && (600.0..3_600.0).contains(&since.seconds), "{rise} {since:?}");
    }

    /// Rises of different sizes after quiet times of different lengths, at gaps of chance.
    #[test]
    fn nine_onsets_of_ten_are_in_their_interval() {
        let (mut inside, mut all) = (0, 0);
        let mut seed = 88_172_645_463_325_252_u64;
        let mut chance = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        for (usual, rise) in
            [(0.002, 3.0), (0.002, 12.0), (0.02, 1.7), (0.02, 3.0), (0.02, 12.0), (0.2, 1.7), (0.2, 5.0)]
        {
            for _ in 0..40 {
                let (mut evidence, mut at, began) = (Evidence::default(), 0.0, 7_200.0);
                let known = Usual { count: usual * 1e9, exposure: 1e9 };
                let terms = Terms { usual: known, corrections: &Corrections::NONE, power: 1.0 };
                while evidence.total() < 1_296_000.0 && at < began + 86_400.0 {
                    let rate = if at < began { usual } else { usual * rise };
                    let gap = -(1.0 - chance()).ln() / rate;
                    let gap = if at < began && at + gap > began { began - at + 0.5 / (usual * rise) } else { gap };
                    at += gap;
                    evidence.add(Counted { count: 1.0, exposure: gap, seconds: gap }, terms);
                }
                if at < began {
                    continue;
                }
                let (least, most) = evidence.onset_between();
                inside += u32::from((least..=most).contains(&(at - began)));
                all += 1;
            }
        }
        assert!(all > 200 && f64::from(inside) >= 0.88 * f64::from(all), "{inside} of {all}");
    }

    /// The first step is one Bayes factor: (∫ risen · prior) / (∫ usual · prior) over the ratio, where the prior is the
    /// gamma density that the baseline leaves of 1/ratio. These are by numerical integration with 30 digits (mpmath).
    #[test]
    fn one_step_is_the_bayes_factor() {
        for (usual, new, size, expected) in [
            ((5.0, 100.0), (1.0, 20.0), 0, 0.970_080_015_627_616),
            ((5.0, 100.0), (3.0, 20.0), 2, 2.534_023_453_535_51),
            ((40.0, 1_000.0), (6.0, 50.0), 3, 10.408_164_782_157_7),
            ((40.0, 1_000.0), (0.0, 50.0), 5, 4.816_955_747_638_82e-8),
        ] {
            let mut evidence = Evidence::default();
            let terms = Terms {
                usual: Usual { count: usual.0, exposure: usual.1 },
                corrections: &Corrections::NONE,
                power: 1.0,
            };
            evidence.add(Counted { count: new.0, exposure: new.1, seconds: 1.0 }, terms);
            let factor = evidence.sums[size];
            assert!((factor / expected - 1.0).abs() < 1e-12, "{usual:?} {new:?}: {factor}, not {expected}");
        }
    }
}
