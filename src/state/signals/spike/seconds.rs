//! Time as the detector counts it: seconds as floating-point numbers. [`Timestamp`]s are whole nanoseconds.

use crate::event::Timestamp;
use crate::event::time::SECOND;

pub const HOUR_SECONDS: f64 = 3_600.0;
pub const DAY_SECONDS: f64 = 24.0 * HOUR_SECONDS;
/// The month of the setting `false_pages_per_month`.
pub const MONTH_SECONDS: f64 = 30.0 * DAY_SECONDS;

/// Seconds from one moment to a later one; 0 if it is not later.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.since(from).max(0) as f64 / SECOND as f64
}
