//! The pages of one system: the open one, and their number.

use serde::{Deserialize, Serialize};

use super::counted::Counted;
use crate::event::Timestamp;
use crate::event::time::SECOND;
use crate::state::engine::correction::Correction;

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
    /// Pages so far.
    pub total: u64,
}

impl Pages {
    /// A page begins; `before` is what came since the estimated onset.
    pub fn begin(&mut self, now: Timestamp, before: Counted) {
        self.total += 1;
        let onset = now.plus(-((before.seconds * SECOND as f64) as i64));
        self.open = Some(Page { began: now, onset, before });
    }

    pub fn end(&mut self) {
        self.open = None;
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        if let Some(page) = &mut self.open {
            clock.correct_receipt(&mut page.began);
            clock.correct_receipt(&mut page.onset);
        }
    }
}
