//! The project's detector, fed as day90 feeds it, in bins of time.

use day90::state::signals::spike::detector::{Detector, PageChange};

use super::traffic::hour_of_week;

/// A detector that observes and learns once in each bin.
#[derive(Clone)]
pub struct Subject {
    pub detector: Detector,
}

impl Subject {
    /// One false page is allowed in `seconds`.
    pub fn new(seconds: f64) -> Subject {
        Subject { detector: Detector::new(seconds) }
    }

    /// Observes a bin of time that began at `at`. True if a page began.
    pub fn bin(&mut self, at: f64, seconds: f64, exposure: f64, count: f64) -> bool {
        self.bin_at(hour_of_week(at), seconds, exposure, count)
    }

    /// The same at an hour of a kind of day.
    pub fn bin_at(&mut self, hour: usize, seconds: f64, exposure: f64, count: f64) -> bool {
        let change = self.detector.observe(seconds, exposure, count, hour);
        self.detector.learn(seconds, exposure, hour);
        matches!(change, PageChange::Page(_))
    }

    pub fn is_paging(&self) -> bool {
        self.detector.page().is_some()
    }

    /// Ends an open page, because a spike is about to begin and that page does not belong to it.
    pub fn ready(&mut self) {
        if self.is_paging() {
            self.detector.forget_page();
        }
    }
}
