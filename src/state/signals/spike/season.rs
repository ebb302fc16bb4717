//! The season: at which hours of the day the ratio is higher or lower, as a factor for each hour of weekdays and weekends.
//!
//! The factors are shrunk towards 1 (empirical Bayes): the more, the less the hours differ beyond chance. A system without
//! a daily pattern gets none. They describe the ratio, not the traffic: they are learned from the escalations over those
//! that the baseline expected.

use serde::{Deserialize, Serialize};

use super::maths::{pow, sqrt};
use super::seconds::DAY_SECONDS;

/// 24 hours of weekdays, then 24 of weekends.
pub const HOURS: usize = 48;
/// Half-life of the counts.
const MEMORY_SECONDS: f64 = 14.0 * DAY_SECONDS;
/// There are no factors before this age, and this many escalations.
const AGE_SECONDS_MIN: f64 = 4.0 * DAY_SECONDS;
const ESCALATIONS_MIN: f64 = 50.0;
/// Hours that expect fewer escalations do not count in the variance between hours.
const HOUR_EXPECTED_MIN: f64 = 1.0;
const FACTOR_MIN: f64 = 0.1;
const FACTOR_MAX: f64 = 10.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Season {
    hours: Vec<Hour>,
    /// A pattern was found once.
    found: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Hour {
    count: f32,
    expected: f32,
    factor: f32,
}

/// What a fit needs to know of all hours together.
#[derive(Clone, Copy)]
struct Totals {
    count: f64,
    /// Makes the expected counts add up to the observed ones.
    scale: f64,
    /// Variance over mean of counts, at least 1.
    dispersion: f64,
}

impl Default for Season {
    fn default() -> Season {
        Season { hours: vec![Hour { count: 0.0, expected: 0.0, factor: 1.0 }; HOURS], found: false }
    }
}

impl Season {
    /// Heap memory in bytes.
    pub const HEAP_BYTES: usize = HOURS * size_of::<Hour>();

    /// The ratio at this hour of the week (0 to 47) over the baseline.
    pub fn factor(&self, hour: usize) -> f64 {
        self.hours.get(hour).map_or(1.0, |hour| f64::from(hour.factor))
    }

    /// Adds the escalations of an hour, and how many the baseline expected without a season.
    pub fn add(&mut self, hour: usize, count: f64, expected: f64) {
        if let Some(hour) = self.hours.get_mut(hour) {
            hour.count += count as f32;
            hour.expected += expected as f32;
        }
    }

    /// Fits the factors and decays the counts by `seconds`. `age` is the seconds since the first event. True if a pattern
    /// was found for the first time: what was expected until now was wrong.
    pub fn learn(&mut self, seconds: f64, age: f64, dispersion: f64) -> bool {
        let (count, expected) = (self.sum(|hour| hour.count), self.sum(|hour| hour.expected));
        if count > ESCALATIONS_MIN && expected > 0.0 && age > AGE_SECONDS_MIN {
            self.fit(Totals { count, scale: count / expected, dispersion: dispersion.max(1.0) });
        }
        let decay = pow(0.5, seconds / MEMORY_SECONDS) as f32;
        for hour in &mut self.hours {
            hour.count *= decay;
            hour.expected *= decay;
        }
        let before = self.found;
        self.found |= self.hours.iter().any(|hour| hour.factor != 1.0);
        self.found && !before
    }

    fn sum(&self, of: fn(&Hour) -> f32) -> f64 {
        self.hours.iter().map(|hour| f64::from(of(hour))).sum()
    }

    fn fit(&mut self, totals: Totals) {
        let Some(variance) = self.variance_between_hours(totals) else { return };
        for hour in &mut self.hours {
            hour.factor = if variance > 0.0 { hour.shrunk(totals, totals.dispersion / variance) } else { 1.0 };
        }
    }

    /// Variance of the true factors, by the method of moments: what Pearson's chi-squared exceeds two standard errors of
    /// its own by. `None` without any hour that expects enough.
    fn variance_between_hours(&self, totals: Totals) -> Option<f64> {
        let (mut hours, mut chi_squared) = (0.0, 0.0);
        for hour in &self.hours {
            let expected = f64::from(hour.expected) * totals.scale;
            if expected > HOUR_EXPECTED_MIN {
                let off = f64::from(hour.count) - expected;
                chi_squared += off * off / expected;
                hours += 1.0;
            }
        }
        let by_chance = totals.dispersion * (1.0 + 2.0 * sqrt(2.0 / hours));
        (hours >= 1.0).then(|| (chi_squared / f64::max(hours - 1.0, 1.0) - by_chance) / (totals.count / hours))
    }
}

impl Hour {
    /// The observed factor, shrunk to 1 by a gamma prior worth this many expected escalations.
    fn shrunk(&self, totals: Totals, prior: f64) -> f32 {
        let factor = (f64::from(self.count) + prior) / (f64::from(self.expected) * totals.scale + prior);
        factor.clamp(FACTOR_MIN, FACTOR_MAX) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fortnight(ratio_at: impl Fn(usize) -> f64) -> Season {
        let mut season = Season::default();
        for day in 0..14 {
            for hour in 0..24 {
                let at = hour + if day % 7 >= 5 { 24 } else { 0 };
                season.add(at, 10.0 * ratio_at(hour), 10.0);
            }
        }
        season.learn(21_600.0, 14.0 * 86_400.0, 1.0);
        season
    }

    #[test]
    fn a_system_without_a_daily_pattern_gets_no_factors() {
        assert!((0..HOURS).all(|hour| fortnight(|_| 1.3).factor(hour) == 1.0));
    }

    #[test]
    fn a_higher_ratio_at_night_becomes_usual() {
        let season = fortnight(|hour| if hour < 6 { 3.0 } else { 1.0 });
        assert!(season.factor(3) > 1.6 && season.factor(15) < 0.8, "{} {}", season.factor(3), season.factor(15));
    }
}
