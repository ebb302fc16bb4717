//! Which hours of the day have a higher ratio than others: a factor for each hour, on weekdays and on weekends.
//!
//! The factors are shrunk towards 1 by as much as the hours differ by chance alone, so that a system without a rhythm
//! has none. They judge the ratio, not the traffic: expected escalations are what they are learned against.

use serde::{Deserialize, Serialize};

use super::maths::{pow, sqrt};

/// 24 hours of weekdays, then 24 of weekends.
pub const HOURS: usize = 48;
const MEMORY_SECONDS: f64 = 14.0 * 86_400.0;
const AGE_MIN_SECONDS: f64 = 4.0 * 86_400.0;
const ESCALATIONS_MIN: f64 = 50.0;
const FACTOR_MIN: f64 = 0.1;
const FACTOR_MAX: f64 = 10.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Season {
    hours: Vec<Hour>,
    /// A rhythm was found, some day.
    found: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Hour {
    count: f32,
    expected: f32,
    factor: f32,
}

impl Default for Season {
    fn default() -> Season {
        Season { hours: vec![Hour { count: 0.0, expected: 0.0, factor: 1.0 }; HOURS], found: false }
    }
}

impl Season {
    /// Bytes beside itself.
    pub const HEAP_BYTES: usize = HOURS * size_of::<Hour>();

    pub fn factor(&self, hour: usize) -> f64 {
        self.hours.get(hour).map_or(1.0, |hour| f64::from(hour.factor))
    }

    /// Takes escalations in an hour, and how many the baseline without any rhythm expected.
    pub fn add(&mut self, hour: usize, count: f64, expected: f64) {
        if let Some(hour) = self.hours.get_mut(hour) {
            hour.count += count as f32;
            hour.expected += expected as f32;
        }
    }

    /// Learns the factors from what `seconds` more have brought. `age` is the time since the first event. True when a
    /// rhythm was found for the first time: until now, what was expected was wrong.
    pub fn learn(&mut self, seconds: f64, age: f64, dispersion: f64) -> bool {
        let sum = |of: fn(&Hour) -> f32| self.hours.iter().map(|hour| f64::from(of(hour))).sum::<f64>();
        let (count, expected) = (sum(|hour| hour.count), sum(|hour| hour.expected));
        if count > ESCALATIONS_MIN && expected > 0.0 && age > AGE_MIN_SECONDS {
            self.fit(count / expected, count, dispersion.max(1.0));
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

    /// `scale` makes the expected counts add up to the real ones.
    fn fit(&mut self, scale: f64, total: f64, dispersion: f64) {
        let known = self.hours.iter().filter(|hour| f64::from(hour.expected) * scale > 1.0);
        let (mut hours, mut chi) = (0.0, 0.0);
        for hour in known {
            let expected = f64::from(hour.expected) * scale;
            let off = f64::from(hour.count) - expected;
            chi += off * off / expected;
            hours += 1.0;
        }
        if hours < 1.0 {
            return;
        }
        let by_chance = dispersion * (1.0 + 2.0 * sqrt(2.0 / hours));
        let variance = (chi / f64::max(hours - 1.0, 1.0) - by_chance) / (total / hours);
        for hour in &mut self.hours {
            hour.factor = if variance > 0.0 {
                let prior = dispersion / variance;
                let factor = (f64::from(hour.count) + prior) / (f64::from(hour.expected) * scale + prior);
                factor.clamp(FACTOR_MIN, FACTOR_MAX) as f32
            } else {
                1.0
            };
        }
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
    fn a_system_without_a_rhythm_has_none() {
        assert!((0..HOURS).all(|hour| fortnight(|_| 1.3).factor(hour) == 1.0));
    }

    #[test]
    fn a_night_of_more_escalations_is_learned_as_usual() {
        let season = fortnight(|hour| if hour < 6 { 3.0 } else { 1.0 });
        assert!(season.factor(3) > 1.6 && season.factor(15) < 0.8, "{} {}", season.factor(3), season.factor(15));
    }
}
