//! [`Counted`]: escalations in an amount of exposure, the pair of numbers that every part of the detector passes on.
//!
//! Exposure is what escalations are compared with: completed tasks, or seconds for a system that sends no tasks.

use serde::{Deserialize, Serialize};

/// Escalations, the exposure in which they came, and how long that took in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    pub count: f64,
    pub exposure: f64,
    pub seconds: f64,
}

impl Counted {
    pub fn add(&mut self, other: Counted) {
        self.count += other.count;
        self.exposure += other.exposure;
        self.seconds += other.seconds;
    }

    /// Escalations per unit of exposure; `None` if there is too little exposure to divide by.
    pub fn ratio(&self) -> Option<f64> {
        Some(self.count / self.exposure).filter(|ratio| self.exposure > 0.0 && ratio.is_finite())
    }

    pub fn scale(&mut self, by: f64) {
        self.count *= by;
        self.exposure *= by;
        self.seconds *= by;
    }
}
