//! Which hour of a system's week it is: 24 of weekdays and 24 of weekends, in its own time zone.
//!
//! The zones are those compiled into day90, never those of the machine: a journal replayed elsewhere must page alike.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::event::{Timestamp, time::SECOND};

const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 24 * HOUR_SECONDS;
const WEEKEND: usize = 24;

/// The hour at `now`, 0 to 47, and when it ends. An empty or unknown name is UTC.
pub fn hour_of(zone: &str, now: Timestamp) -> (usize, Timestamp) {
    let seconds = now.nanos().div_euclid(SECOND);
    let local = seconds + offset(zone, seconds);
    let day = local.div_euclid(DAY_SECONDS);
    // The epoch was a Thursday.
    let weekend = (day + 3).rem_euclid(7) >= 5;
    let hour = (local.rem_euclid(DAY_SECONDS) / HOUR_SECONDS) as usize;
    let left = HOUR_SECONDS - local.rem_euclid(HOUR_SECONDS);
    (hour + if weekend { WEEKEND } else { 0 }, Timestamp::from_seconds(seconds + left))
}

fn offset(name: &str, seconds: i64) -> i64 {
    if name.is_empty() || name == "UTC" {
        return 0;
    }
    jiff::Timestamp::from_second(seconds).map_or(0, |at| i64::from(zone(name).to_offset(at).seconds()))
}

/// A zone of those compiled in; an empty or unknown name is UTC.
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
