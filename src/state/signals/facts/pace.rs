//! [`Pace`]: how often a signal family reports, and which silence is longer than usual.

use serde::{Deserialize, Serialize};

use super::month::day_of;
use crate::event::Timestamp;
use crate::event::time::DAY;
use crate::state::engine::correction::Correction;

/// A usual pace is forgotten in about this time. Nanoseconds.
const PACE_MEMORY: i64 = 30 * DAY;
/// Different days on which a family must have reported before it has a usual pace: a working week and a weekend.
const PACE_DAYS_MIN: u32 = 7;
/// A silence shorter than this says nothing, however often a family usually reports. Nanoseconds.
const SILENCE_MIN: i64 = DAY;

/// How often a family reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    pub last: Option<Timestamp>,
    /// The longest usual silence in nanoseconds. It fades over [`PACE_MEMORY`], so that nights and weekends count and one
    /// outage of long ago doesn't.
    longest: i64,
    /// Different days on which it reported.
    days: u32,
}

impl Pace {
    pub(super) fn see(&mut self, at: Timestamp) {
        let Some(last) = self.last else {
            *self = Pace { last: Some(at), longest: 0, days: 1 };
            return;
        };
        if at <= last {
            return;
        }
        let gap = at.since(last);
        let faded = (i128::from(self.longest) * i128::from(gap.min(PACE_MEMORY)) / i128::from(PACE_MEMORY)) as i64;
        self.longest = gap.max(self.longest - faded);
        self.days = self.days.saturating_add(u32::from(day_of(at) > day_of(last)));
        self.last = Some(at);
    }

    /// The clock was ahead: moves when something was last reported. A silence as long as that may have been the clock's step, so
    /// the usual pace is learned again.
    pub(super) fn correct(&mut self, clock: &Correction) {
        let before = self.last;
        clock.correct_receipt(&mut self.last);
        if self.last != before && self.longest >= clock.by() {
            (self.longest, self.days) = (self.longest - clock.by(), self.days.min(1));
        }
    }

    /// The silence that would be longer than usual, in nanoseconds: twice the longest usual one. `None` until the
    /// family has reported on enough days to have a usual pace.
    pub fn silence_max(&self) -> Option<i64> {
        (self.days >= PACE_DAYS_MIN).then(|| self.longest.saturating_mul(2).max(SILENCE_MIN))
    }
}
