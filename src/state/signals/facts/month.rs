//! [`Month`]: counts of the last [`OBJECTIVE_DAYS`] days, by day.

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;
use crate::event::time::DAY;

/// Calendar days, UTC, today included, over which objectives are judged.
pub const OBJECTIVE_DAYS: usize = 30;

/// (all, part) of the last [`OBJECTIVE_DAYS`] days, in a ring by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Month {
    /// The newest day.
    day: i64,
    ring: Vec<(u32, u32)>,
}

impl Month {
    pub(super) fn add(&mut self, at: Timestamp, all: u32, part: u32) {
        let day = day_of(at).max(self.day);
        if self.ring.is_empty() {
            self.ring = vec![(0, 0); OBJECTIVE_DAYS];
        }
        // Days without an event are empty, not what they were a month ago.
        for passed in (self.day + 1..=day).rev().take(OBJECTIVE_DAYS) {
            self.ring[place(passed)] = (0, 0);
        }
        self.day = day;
        let of_day = &mut self.ring[place(day)];
        *of_day = (of_day.0.saturating_add(all), of_day.1.saturating_add(part));
    }

    /// The clock was ahead: what was counted on days that haven't come was counted today.
    pub(super) fn go_back(&mut self, now: Timestamp) {
        let today = day_of(now);
        if self.day <= today || self.ring.is_empty() {
            return;
        }
        let first = (self.day - OBJECTIVE_DAYS as i64 + 1).max(today + 1);
        let ahead = (first..=self.day).map(|day| std::mem::take(&mut self.ring[place(day)]));
        let ahead = ahead.fold((0, 0), |sum: (u32, u32), of| (sum.0.saturating_add(of.0), sum.1.saturating_add(of.1)));
        self.day = today;
        let of_day = &mut self.ring[place(today)];
        *of_day = (of_day.0.saturating_add(ahead.0), of_day.1.saturating_add(ahead.1));
    }

    pub(super) fn sums(&self, now: Timestamp) -> (u64, u64) {
        let today = day_of(now);
        let first = today - OBJECTIVE_DAYS as i64 + 1;
        let days =
            (first.max(self.day - OBJECTIVE_DAYS as i64 + 1)..=self.day.min(today)).filter(|_| !self.ring.is_empty());
        let days = days.map(|day| self.ring[place(day)]);
        days.fold((0, 0), |(all, part), day| (all + u64::from(day.0), part + u64::from(day.1)))
    }
}

pub(super) fn day_of(at: Timestamp) -> i64 {
    at.nanos().div_euclid(DAY)
}

fn place(day: i64) -> usize {
    day.rem_euclid(OBJECTIVE_DAYS as i64) as usize
}
