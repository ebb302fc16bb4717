//! [`Temper`]: the detector becomes more careful after pages that were not confirmed.

use serde::{Deserialize, Serialize};

use super::maths::exp_quick;

/// Each unconfirmed page multiplies the power of the evidence by this, down to the minimum.
const AFTER_UNCONFIRMED: f64 = 0.75;
const POWER_MIN: f64 = 0.05;
/// ln(1 / AFTER_UNCONFIRMED): the power recovers from one unconfirmed page in the time in which one is allowed.
const RECOVERY: f64 = 0.287_682_072_451_780_9;

/// The power to which the likelihood ratio is raised, and the pages it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temper {
    power: f64,
    unconfirmed: u64,
}

impl Default for Temper {
    fn default() -> Temper {
        Temper { power: 1.0, unconfirmed: 0 }
    }
}

impl Temper {
    /// Full power; the count of unconfirmed pages goes on.
    pub fn restored(&self) -> Temper {
        Temper { unconfirmed: self.unconfirmed, ..Temper::default() }
    }

    /// 1 unless pages were unconfirmed.
    pub fn power(&self) -> f64 {
        self.power
    }

    /// The number of pages that were not confirmed.
    pub fn unconfirmed(&self) -> u64 {
        self.unconfirmed
    }

    /// Whether there is something to recover from.
    pub fn is_reduced(&self) -> bool {
        self.power < 1.0
    }

    /// `seconds` went by; one false page is allowed in `allowed` seconds.
    pub fn recover(&mut self, seconds: f64, allowed: f64) {
        self.power = (self.power * exp_quick(RECOVERY * seconds / allowed)).min(1.0);
    }

    /// A page ended without having been confirmed.
    pub fn page_was_unconfirmed(&mut self) {
        self.unconfirmed += 1;
        self.power = (self.power * AFTER_UNCONFIRMED).max(POWER_MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unconfirmed_page_is_recovered_from_in_the_time_in_which_one_is_allowed() {
        let mut temper = Temper::default();
        temper.page_was_unconfirmed();
        temper.recover(500.0, 1_000.0);
        assert!(temper.power() < 0.9);
        temper.recover(500.0, 1_000.0);
        assert!((temper.power() - 1.0).abs() < 1e-12);
        (0..100).for_each(|_| temper.page_was_unconfirmed());
        assert_eq!((temper.power(), temper.unconfirmed()), (0.05, 101));
    }
}
