//! What was usual before a rise that stayed, as long as nobody has said that the new ratio is usual: a return to it is
//! recognized, and is no news.

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::counted::Counted;
use super::maths::ln;
use super::seconds::DAY_SECONDS;

/// For how long it is kept.
const KEPT_SECONDS: f64 = 60.0 * DAY_SECONDS;
/// Log likelihood ratio of "as before" to "as now" that is a return.
const RETURN: f64 = 10.0;
/// Above this, a return is likely enough that nothing should be learned.
const DOUBT: f64 = 4.0;
/// A ratio that has come this close to the old one by itself is a return, too.
const NEAR: f64 = 1.2;

/// The usual ratio before the rise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub before: Baseline,
    /// CUSUM of the log likelihood ratio of "as before" to "as now".
    back: f64,
    seconds: f64,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// It is still kept.
    Yes,
    /// It is kept, and seems to be coming back.
    Doubtful,
    /// The old ratio is back.
    Returned,
    /// The usual ratio has moved back by itself, or it is too long ago.
    Over,
}

impl Kept {
    pub fn new(before: Baseline) -> Kept {
        Kept { before, back: 0.0, seconds: 0.0 }
    }

    /// Seconds until it is forgotten.
    pub fn left(&self) -> f64 {
        (KEPT_SECONDS - self.seconds).max(0.0)
    }

    /// Compares what is new with the old ratio and with the present one.
    pub fn compare(&mut self, new: Counted, now: f64, dispersion: f64) -> Stays {
        let old = self.before.ratio();
        self.seconds += new.seconds;
        if old <= 0.0 || now <= NEAR * old || self.seconds >= KEPT_SECONDS {
            return Stays::Over;
        }
        let more = (new.count * ln(old / now) + new.exposure * (now - old)) / dispersion.max(1.0);
        self.back = (self.back + more).max(0.0);
        match self.back {
            back if back >= RETURN => Stays::Returned,
            back if back > DOUBT => Stays::Doubtful,
            _ => Stays::Yes,
        }
    }
}
