//! The season: at which hours and on which days the ratio is higher or lower, as a factor for each hour of weekdays and of
//! weekends, and for each kind of day.
//!
//! The factors are shrunk (empirical Bayes): the more, the less the hours or days differ beyond chance. A system without a
//! pattern gets none. An hour of a weekday is shrunk towards 1, an hour of a weekend towards the same hour of a weekday. They
//! describe the ratio, not the traffic: they are learned from the escalations over those that the baseline expected. Days
//! are learned while a page is open, too: otherwise a Monday that pages would never be known. Of the last days of a kind the
//! highest does not count, so that a single incident teaches nothing; a peak that is declared counts from the first.

use serde::{Deserialize, Serialize};

use super::maths::{pow, sqrt};
use super::seconds::DAY_SECONDS;
use crate::config::model::Peak;

/// Hours of a day.
pub const DAY_HOURS: usize = 24;
/// The kinds of days: the seven from Monday on, then those of [`Peak`] in their order.
pub const SUNDAY: usize = 6;
pub const PEAK_DAYS: usize = 7;
/// The last day of a month has its own factor, declared or not.
pub const MONTH_END: usize = PEAK_DAYS + Peak::MonthEnd as usize;
pub const DAYS: usize = PEAK_DAYS + Peak::ALL.len();
/// The kinds of days that have the hours of weekends.
const WEEKEND: std::ops::Range<usize> = 5..PEAK_DAYS;
/// 24 hours of weekdays, then 24 of weekends.
const HOURS: usize = 2 * DAY_HOURS;
/// Half-life of the counts of hours.
const MEMORY_SECONDS: f64 = 14.0 * DAY_SECONDS;
/// Days of a kind that are remembered.
const SAME_DAYS: usize = 5;
/// There are no factors before this age, and this many escalations.
const AGE_SECONDS_MIN: f64 = 4.0 * DAY_SECONDS;
const ESCALATIONS_MIN: f64 = 50.0;
const DAYS_AGE_SECONDS_MIN: f64 = 13.0 * DAY_SECONDS;
const DAYS_ESCALATIONS_MIN: f64 = 100.0;
/// Hours and days that expect fewer escalations do not count in the variance between them.
const EXPECTED_MIN: f64 = 1.0;
const FACTOR_MIN: f64 = 0.1;
const FACTOR_MAX: f64 = 10.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Season {
    hours: Vec<Slot>,
    days: Vec<SameDays>,
    /// The day that is not over.
    today: Today,
    /// The kinds of days that are declared as peaks.
    declared: [bool; DAYS],
    /// A pattern was found once.
    found: bool,
}

/// The escalations of one hour or day, and how many were expected without its own factor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    count: f32,
    expected: f32,
    factor: f32,
}

/// The last days of one kind, the latest last: escalations, and how many were expected without the factor of the day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct SameDays {
    days: [(f32, f32); SAME_DAYS],
    factor: f32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Today {
    kind: u8,
    count: f64,
    expected: f64,
}

impl Default for Slot {
    fn default() -> Slot {
        Slot { count: 0.0, expected: 0.0, factor: 1.0 }
    }
}

impl Default for Season {
    fn default() -> Season {
        let none = SameDays { days: [(0.0, 0.0); SAME_DAYS], factor: 1.0 };
        Season {
            hours: vec![Slot::default(); HOURS],
            days: vec![none; DAYS],
            today: Today::default(),
            declared: [false; DAYS],
            found: false,
        }
    }
}

/// An hour of a kind of day, 0 to `DAY_HOURS * DAYS`, as its places among the days and among the hours.
fn places(hour: usize) -> (usize, usize) {
    let day = (hour / DAY_HOURS).min(DAYS - 1);
    (day, hour % DAY_HOURS + if WEEKEND.contains(&day) { DAY_HOURS } else { 0 })
}

impl Season {
    /// Heap memory in bytes.
    pub const HEAP_BYTES: usize = HOURS * size_of::<Slot>() + DAYS * size_of::<SameDays>();

    /// The ratio at this hour over the baseline.
    pub fn factor(&self, hour: usize) -> f64 {
        let (day, hour) = places(hour);
        f64::from(self.days[day].factor) * f64::from(self.hours[hour].factor)
    }

    /// One that knows hours alone.
    pub fn of_hours(hours: Vec<Slot>, found: bool) -> Season {
        if hours.len() == HOURS { Season { hours, found, ..Season::default() } } else { Season::default() }
    }

    /// One that has learned nothing, with the same declared days.
    pub fn restarted(&self) -> Season {
        Season { declared: self.declared, ..Season::default() }
    }

    /// The days on which more work is usual.
    pub fn declare(&mut self, peaks: impl Iterator<Item = Peak>) {
        self.declared = [false; DAYS];
        peaks.for_each(|peak| self.declared[PEAK_DAYS + peak as usize] = true);
    }

    /// Adds the escalations of an hour, and how many the baseline expected without a season.
    pub fn add(&mut self, hour: usize, count: f64, expected: f64) {
        let (day, hour) = places(hour);
        let by_day = f64::from(self.days[day].factor);
        self.hours[hour].add(count, expected * by_day);
    }

    /// The same for the day alone: while a page is open, too.
    pub fn add_day(&mut self, hour: usize, count: f64, expected: f64) {
        let (day, hour) = places(hour);
        let by_hour = f64::from(self.hours[hour].factor);
        if usize::from(self.today.kind) != day {
            let Today { kind, count, expected } = std::mem::take(&mut self.today);
            self.days[usize::from(kind).min(DAYS - 1)].add(count as f32, expected as f32);
            self.today.kind = day as u8;
        }
        self.today.count += count;
        self.today.expected += expected * by_hour;
    }

    /// Fits the factors and decays the counts by `seconds`. `age` is the seconds since the first event. True if a pattern
    /// was found for the first time: what was expected until now was wrong.
    pub fn learn(&mut self, seconds: f64, age: f64, dispersion: f64) -> bool {
        if age > AGE_SECONDS_MIN && total(&self.hours).0 > ESCALATIONS_MIN {
            self.fit_hours(dispersion);
        }
        if age > DAYS_AGE_SECONDS_MIN {
            self.fit_days(dispersion);
        }
        decay(&mut self.hours, seconds / MEMORY_SECONDS);
        let before = self.found;
        let factors = self.hours.iter().map(|hour| hour.factor).chain(self.days.iter().map(|days| days.factor));
        self.found |= { factors }.any(|factor| factor != 1.0);
        self.found && !before
    }

    fn fit_hours(&mut self, dispersion: f64) {
        let scale = scale(&self.hours);
        let (weekdays, weekends) = self.hours.split_at_mut(DAY_HOURS);
        fit(weekdays, scale, dispersion, &[1.0; DAY_HOURS]);
        let mut same = [1.0; DAY_HOURS];
        same.iter_mut().zip(weekdays).for_each(|(same, hour)| *same = f64::from(hour.factor));
        fit(weekends, scale, dispersion, &same);
    }

    fn fit_days(&mut self, dispersion: f64) {
        let known = self.days.iter().zip(self.declared);
        let mut kinds: Vec<Slot> = known.map(|(days, declared)| days.total(!declared)).collect();
        if total(&kinds).0 < DAYS_ESCALATIONS_MIN {
            return;
        }
        let scale = scale(&kinds);
        fit(&mut kinds, scale, dispersion, &[1.0; DAYS]);
        self.days.iter_mut().zip(kinds).for_each(|(days, kind)| days.factor = kind.factor);
    }
}

impl Slot {
    fn add(&mut self, count: f64, expected: f64) {
        self.count += count as f32;
        self.expected += expected as f32;
    }
}

impl SameDays {
    fn add(&mut self, count: f32, expected: f32) {
        if expected > 0.0 {
            self.days.rotate_left(1);
            self.days[SAME_DAYS - 1] = (count, expected);
        }
    }

    /// The sum of these days, with or without the highest.
    fn total(&self, without_the_highest: bool) -> Slot {
        let ratio = |(count, expected): &(f32, f32)| if *expected > 0.0 { count / expected } else { -1.0 };
        let highest = (0..SAME_DAYS).max_by(|a, b| ratio(&self.days[*a]).total_cmp(&ratio(&self.days[*b])));
        let highest = highest.filter(|_| without_the_highest);
        let mut sum = Slot { factor: self.factor, ..Slot::default() };
        for (_, (count, expected)) in self.days.iter().enumerate().filter(|(at, _)| Some(*at) != highest) {
            sum.add(f64::from(*count), f64::from(*expected));
        }
        sum
    }
}

/// Escalations, and how many were expected.
fn total(slots: &[Slot]) -> (f64, f64) {
    let sum = |of: fn(&Slot) -> f32| slots.iter().map(|slot| f64::from(of(slot))).sum();
    (sum(|slot| slot.count), sum(|slot| slot.expected))
}

/// Makes the expected counts add up to the observed ones.
fn scale(slots: &[Slot]) -> f64 {
    let (count, expected) = total(slots);
    if expected > 0.0 { count / expected } else { 1.0 }
}

fn decay(slots: &mut [Slot], half_lives: f64) {
    let decay = pow(0.5, half_lives) as f32;
    for slot in slots {
        slot.count *= decay;
        slot.expected *= decay;
    }
}

/// Fits the factors of slots, each shrunk towards its own `prior`.
fn fit(slots: &mut [Slot], scale: f64, dispersion: f64, priors: &[f64]) {
    let dispersion = dispersion.max(1.0);
    let expected = |slot: &Slot, prior: f64| f64::from(slot.expected) * scale * prior;
    let Some(variance) = variance_between(slots, priors, expected, dispersion) else { return };
    for (slot, prior) in slots.iter_mut().zip(priors) {
        let weight = if variance > 0.0 { dispersion / variance } else { f64::INFINITY };
        let own = (f64::from(slot.count) + weight) / (expected(slot, *prior) + weight);
        let factor = if weight.is_finite() { own * prior } else { *prior };
        slot.factor = factor.clamp(FACTOR_MIN, FACTOR_MAX) as f32;
    }
}

/// Variance of the true factors over their priors, by the method of moments: what Pearson's chi-squared exceeds two standard
/// errors of its own by. `None` without any slot that expects enough.
fn variance_between(
    slots: &[Slot],
    priors: &[f64],
    expected: impl Fn(&Slot, f64) -> f64,
    dispersion: f64,
) -> Option<f64> {
    let (mut used, mut chi_squared, mut count) = (0.0, 0.0, 0.0);
    for (slot, prior) in slots.iter().zip(priors) {
        let expected = expected(slot, *prior);
        if expected > EXPECTED_MIN {
            let off = f64::from(slot.count) - expected;
            chi_squared += off * off / expected;
            used += 1.0;
        }
        count += f64::from(slot.count);
    }
    let by_chance = dispersion * (1.0 + 2.0 * sqrt(2.0 / used));
    (used >= 1.0 && count > 0.0).then(|| (chi_squared / f64::max(used - 1.0, 1.0) - by_chance) / (count / used))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fortnight(ratio_at: impl Fn(usize) -> f64) -> Season {
        let mut season = Season::default();
        for day in 0..14 {
            for hour in 0..24 {
                season.add(DAY_HOURS * (day % 7) + hour, 10.0 * ratio_at(hour), 10.0);
            }
        }
        season.learn(21_600.0, 14.0 * 86_400.0, 1.0);
        season
    }

    #[test]
    fn a_system_without_a_daily_pattern_gets_no_factors() {
        assert!((0..DAY_HOURS * DAYS).all(|hour| fortnight(|_| 1.3).factor(hour) == 1.0));
    }

    #[test]
    fn a_higher_ratio_at_night_becomes_usual() {
        let season = fortnight(|hour| if hour < 6 { 3.0 } else { 1.0 });
        assert!(season.factor(3) > 1.6 && season.factor(15) < 0.8, "{} {}", season.factor(3), season.factor(15));
    }

    /// Weeks in which the ratio is `factor` times as high on these days of the week.
    fn weeks(season: &mut Season, weeks: usize, factor: impl Fn(usize, usize) -> f64) {
        for (week, day) in (0..weeks).flat_map(|week| (0..7).map(move |day| (week, day))) {
            for hour in 0..DAY_HOURS {
                season.add(DAY_HOURS * day + hour, 10.0 * factor(week, day), 10.0);
                season.add_day(DAY_HOURS * day + hour, 10.0 * factor(week, day), 10.0);
            }
        }
        season.learn(21_600.0, weeks as f64 * 7.0 * 86_400.0, 1.0);
    }

    #[test]
    fn a_busy_monday_becomes_usual_and_a_single_incident_does_not() {
        let mut busy = Season::default();
        weeks(&mut busy, 4, |_, day| if day == 0 { 1.6 } else { 1.0 });
        let (monday, thursday) = (busy.factor(12), busy.factor(DAY_HOURS * 3 + 12));
        assert!((1.4..1.75).contains(&(monday / thursday)), "{monday} {thursday}");
        let mut once = Season::default();
        weeks(&mut once, 4, |week, day| if (week, day) == (2, 0) { 5.0 } else { 1.0 });
        let (monday, thursday) = (once.days[0].factor, once.days[3].factor);
        assert!((monday / thursday - 1.0).abs() < 0.01, "{monday} {thursday}");
    }
}
