//! [`TimeBuckets`]: how many came in the last hours, so that what came since an onset can be counted once the onset is known.

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;
use crate::event::time::{HOUR, MINUTE};
use crate::state::engine::correction::Correction;

/// Fine buckets of five minutes for two hours, and coarse ones of an hour for a day.
const FINE: i64 = 5 * MINUTE;
const FINE_BUCKETS: usize = 24;
const COARSE: i64 = HOUR;
const COARSE_BUCKETS: usize = 24;

/// What a bucket holds: whole counts up to 65,535, or any amount.
pub trait Held: Copy + Default + Into<f64> {
    fn plus(self, amount: f64) -> Self;
}

impl Held for u16 {
    fn plus(self, amount: f64) -> u16 {
        self.saturating_add(amount as u16)
    }
}

impl Held for f32 {
    fn plus(self, amount: f64) -> f32 {
        self + amount as f32
    }
}

/// Counts by time, the latest bucket first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeBuckets<T> {
    fine: [T; FINE_BUCKETS],
    coarse: [T; COARSE_BUCKETS],
    /// The time of the latest buckets.
    at: Timestamp,
}

impl<T: Held> TimeBuckets<T> {
    pub fn new(at: Timestamp) -> TimeBuckets<T> {
        TimeBuckets { fine: [T::default(); FINE_BUCKETS], coarse: [T::default(); COARSE_BUCKETS], at }
    }

    pub fn add(&mut self, now: Timestamp, amount: f64) {
        self.turn(now);
        self.fine[0] = self.fine[0].plus(amount);
        self.coarse[0] = self.coarse[0].plus(amount);
    }

    /// How many came from a moment until now: by the fine buckets as far as they reach, then by the coarse ones. A bucket counts
    /// by the part of it that lies after the moment. At most a day.
    pub fn since(&self, from: Timestamp, now: Timestamp) -> f64 {
        let mut turned = *self;
        turned.turn(now);
        match now.since(from) <= FINE * (FINE_BUCKETS as i64 - 1) {
            true => sum(&turned.fine, FINE, from, now),
            false => sum(&turned.coarse, COARSE, from, now),
        }
    }

    /// As [`TimeBuckets::since`], with the whole of the bucket in which the moment lies: what has just begun is at its end.
    pub fn around(&self, from: Timestamp, now: Timestamp) -> f64 {
        let mut turned = *self;
        turned.turn(now);
        let whole = |buckets: &[T], length: i64| {
            let count = usize::try_from(slot(now, length) - slot(from, length) + 1).unwrap_or(0);
            buckets.iter().take(count).map(|held| (*held).into()).sum::<f64>()
        };
        match now.since(from) <= FINE * (FINE_BUCKETS as i64 - 1) {
            true => whole(&turned.fine, FINE),
            false => whole(&turned.coarse, COARSE),
        }
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        clock.correct_receipt(&mut self.at);
    }

    fn turn(&mut self, now: Timestamp) {
        shift(&mut self.fine, slot(now, FINE) - slot(self.at, FINE));
        shift(&mut self.coarse, slot(now, COARSE) - slot(self.at, COARSE));
        self.at = self.at.max(now);
    }
}

fn slot(at: Timestamp, length: i64) -> i64 {
    at.nanos().div_euclid(length)
}

fn shift<T: Held>(buckets: &mut [T], by: i64) {
    if by <= 0 {
        return;
    }
    let by = usize::try_from(by).unwrap_or(usize::MAX).min(buckets.len());
    buckets.rotate_right(by);
    buckets[..by].fill(T::default());
}

fn sum<T: Held>(buckets: &[T], length: i64, from: Timestamp, now: Timestamp) -> f64 {
    let latest = slot(now, length);
    let counted = |(back, count): (usize, &T)| {
        let begins = (latest - back as i64) * length;
        let ends = if back == 0 { now.nanos() } else { begins + length };
        let after = (ends - from.nanos().max(begins)).max(0) as f64 / (ends - begins).max(1) as f64;
        (*count).into() * after
    };
    buckets.iter().enumerate().map(counted).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_since_a_moment_is_counted_for_a_day() {
        let at = |minute: i64| Timestamp::from_seconds(60 * minute);
        let mut buckets = TimeBuckets::<u16>::new(at(0));
        (0..3_000).for_each(|minute| buckets.add(at(minute), 1.0));
        for minutes in [10, 60, 115, 300, 1_200] {
            let counted = buckets.since(at(3_000 - minutes), at(3_000));
            assert!((counted - minutes as f64).abs() <= 2.0, "{minutes}: {counted}");
        }
        assert_eq!(buckets.around(at(2_998), at(2_999)), 5.0, "the bucket of the last five minutes");
        assert!(buckets.since(at(0), at(3_000)) <= 1_500.0, "a day at most");
        assert_eq!(buckets.since(at(9_990), at(10_000)), 0.0);
    }
}
