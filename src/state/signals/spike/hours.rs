//! The hour of a system's week, in its own time zone: 24 hours of weekdays and 24 of weekends.
//!
//! The time zones are those compiled into day90, never those of the machine: a journal replayed elsewhere must give the
//! same pages.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::event::{Timestamp, time::SECOND};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const HOURS_A_DAY: usize = 24;

/// The current hour of the week, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HourOfWeek {
    hour: u8,
    pub ends: Timestamp,
}

impl HourOfWeek {
    pub fn at(now: Timestamp, zone: &str) -> HourOfWeek {
        let (hour, ends) = hour_of(zone, now);
        HourOfWeek { hour: hour as u8, ends }
    }

    /// 0 to 47.
    pub fn index(self) -> usize {
        usize::from(self.hour)
    }

    /// 0 to 23.
    pub fn of_day(self) -> u8 {
        (self.index() % HOURS_A_DAY) as u8
    }

    pub fn is_weekend(self) -> bool {
        self.index() >= HOURS_A_DAY
    }
}

/// The hour at `now`, 0 to 47, and when it ends. An empty or unknown name is UTC.
fn hour_of(zone: &str, now: Timestamp) -> (usize, Timestamp) {
    let seconds = now.nanos().div_euclid(SECOND);
    let local = seconds + offset(zone, seconds);
    // The epoch was a Thursday.
    let weekend = (local.div_euclid(DAY) + 3).rem_euclid(7) >= 5;
    let hour = (local.rem_euclid(DAY) / HOUR) as usize;
    let left = HOUR - local.rem_euclid(HOUR);
    (hour + if weekend { HOURS_A_DAY } else { 0 }, Timestamp::from_seconds(seconds + left))
}

/// Seconds east of UTC.
fn offset(name: &str, seconds: i64) -> i64 {
    if name.is_empty() || name == "UTC" {
        return 0;
    }
    jiff::Timestamp::from_second(seconds).map_or(0, |at| i64::from(zone(name).to_offset(at).seconds()))
}

/// A time zone of those compiled in. An empty or unknown name is UTC.
pub fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("a time")
    }

    #[test]
    fn a_night_in_berlin_is_not_one_in_utc() {
        assert_eq!(hour_of("", at("2026-11-23T00:30:00Z")), (0, at("2026-11-23T01:00:00Z")));
        assert_eq!(hour_of("Europe/Berlin", at("2026-11-23T00:30:00Z")), (1, at("2026-11-23T01:00:00Z")));
        assert_eq!(hour_of("Europe/Berlin", at("2026-07-18T23:10:00Z")), (25, at("2026-07-19T00:00:00Z")), "a Sunday");
        assert_eq!(hour_of("Asia/Kolkata", at("2026-11-23T00:10:00Z")), (5, at("2026-11-23T00:30:00Z")));
    }
}
