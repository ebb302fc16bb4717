//! [`Came`]: what really came in the last day, for people: escalations, tasks (or seconds), and how many escalations were usual
//! for them. The detector's own counts since an onset are estimates.

use serde::{Deserialize, Serialize};

use super::buckets::TimeBuckets;
use crate::event::Timestamp;
use crate::event::time::DAY;
use crate::state::engine::correction::Correction;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Came {
    escalations: TimeBuckets<f32>,
    exposure: TimeBuckets<f32>,
    expected: TimeBuckets<f32>,
}

/// Counts since a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Since {
    pub escalations: f64,
    /// Tasks, or seconds in a system that sends none.
    pub exposure: f64,
    /// Escalations that were usual, at each hour by its own ratio.
    pub expected: f64,
    pub seconds: f64,
}

impl Came {
    pub fn new(now: Timestamp) -> Came {
        Came { escalations: TimeBuckets::new(now), exposure: TimeBuckets::new(now), expected: TimeBuckets::new(now) }
    }

    pub fn add(&mut self, now: Timestamp, escalations: f64, exposure: f64, expected: f64) {
        if escalations > 0.0 {
            self.escalations.add(now, escalations);
        }
        if exposure > 0.0 {
            self.exposure.add(now, exposure);
        }
        if expected > 0.0 {
            self.expected.add(now, expected);
        }
    }

    /// What came from a moment until now; of the last day, if it is longer ago.
    pub fn since(&self, from: Timestamp, now: Timestamp) -> Since {
        let from = from.max(now.plus(-DAY));
        Since {
            escalations: self.escalations.since(from, now).round(),
            exposure: self.exposure.since(from, now).round(),
            expected: self.expected.since(from, now),
            seconds: super::seconds::seconds_between(from, now),
        }
    }

    /// Escalations that were usual from about a moment until now: for the same buckets as those of [`super::causes`].
    pub fn expected(&self, from: Timestamp, now: Timestamp) -> f64 {
        self.expected.around(from.max(now.plus(-DAY)), now)
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        let Came { escalations, exposure, expected } = self;
        [escalations, exposure, expected].into_iter().for_each(|buckets| buckets.correct(clock));
    }
}

impl Since {
    /// The ratio over the usual one; `None` where nothing was expected.
    pub fn factor(&self) -> Option<f64> {
        Some(self.escalations / self.expected).filter(|factor| factor.is_finite())
    }
}
