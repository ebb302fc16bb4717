//! The pages of one system: the open one, their number, and a new normal that is still called new.

use serde::{Deserialize, Serialize};

use super::counted::Counted;
use super::latch::Ended;
use crate::event::Timestamp;
use crate::event::time::{DAY, SECOND};
use crate::state::engine::correction::Correction;

/// For how long a new normal is called new. Nanoseconds.
const NEW_NORMAL_SHOWN: i64 = DAY;

/// An open page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    pub began: Timestamp,
    /// Estimated beginning of the rise.
    pub onset: Timestamp,
    /// From the onset to the beginning of the page, estimated; exposure is adjusted for the season.
    pub before: Counted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pages {
    pub open: Option<Page>,
    pub new_normal_until: Option<Timestamp>,
    /// Pages so far.
    pub total: u64,
}

impl Pages {
    /// A page begins; `before` is what came since the estimated onset.
    pub fn begin(&mut self, now: Timestamp, before: Counted) {
        self.total += 1;
        self.new_normal_until = None;
        let onset = now.plus(-((before.seconds * SECOND as f64) as i64));
        self.open = Some(Page { began: now, onset, before });
    }

    pub fn end(&mut self, now: Timestamp, ended: Ended) {
        self.open = None;
        self.new_normal_until = (ended == Ended::NewNormal).then(|| now.plus(NEW_NORMAL_SHOWN));
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        if let Some(page) = &mut self.open {
            clock.correct_receipt(&mut page.began);
            clock.correct_receipt(&mut page.onset);
        }
        clock.end_of(NEW_NORMAL_SHOWN, &mut self.new_normal_until);
    }

    /// The new normal is no longer new when its time is over.
    pub fn advance(&mut self, now: Timestamp) {
        if self.new_normal_until.is_some_and(|until| now >= until) {
            self.new_normal_until = None;
        }
    }
}
