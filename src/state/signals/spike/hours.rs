//! The hour of a system's week, in its own time zone, and the kind of the day by its calendar: Monday to Sunday, a holiday
//! (like a Sunday), the last day of a month, or a peak that is declared.
//!
//! The time zones are those compiled into day90, never those of the machine: a journal replayed elsewhere must give the
//! same pages.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::season::{DAY_HOURS, MONTH_END, PEAK_DAYS, SUNDAY};
use crate::config::model::{Calendar, Day, Peak};
use crate::event::{Timestamp, time::SECOND};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// By what a system's hours and days go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Almanac<'a> {
    /// Empty is UTC.
    pub timezone: &'a str,
    pub calendar: Option<&'a Calendar>,
}

/// The current hour of the week, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HourOfWeek {
    hour: u16,
    pub ends: Timestamp,
}

impl HourOfWeek {
    /// One that is over, so that the next look finds the present one.
    pub const OVER: HourOfWeek = HourOfWeek { hour: 0, ends: Timestamp::EPOCH };

    /// An empty or unknown time zone is UTC.
    pub fn at(now: Timestamp, almanac: Almanac<'_>) -> HourOfWeek {
        let seconds = now.nanos().div_euclid(SECOND);
        let local = seconds + offset(almanac.timezone, seconds);
        let hour = (local.rem_euclid(DAY) / HOUR) as usize;
        let left = HOUR - local.rem_euclid(HOUR);
        let kind = kind_of(local.div_euclid(DAY), almanac.calendar);
        HourOfWeek { hour: (hour + DAY_HOURS * kind) as u16, ends: Timestamp::from_seconds(seconds + left) }
    }

    /// 24 hours of each kind of day: see [`super::season`].
    pub fn index(self) -> usize {
        usize::from(self.hour)
    }

    /// 0 to 23.
    pub fn of_day(self) -> u8 {
        (self.index() % DAY_HOURS) as u8
    }

    /// A Saturday, a Sunday, or a holiday.
    pub fn is_weekend(self) -> bool {
        matches!(self.index() / DAY_HOURS, 5 | SUNDAY)
    }
}

/// The kind of a day, counted from the epoch. The rarest declared peak comes first.
fn kind_of(day: i64, calendar: Option<&Calendar>) -> usize {
    let date = |day: i64| jiff::Timestamp::from_second(day * DAY).ok().map(|at| at.to_zoned(TimeZone::UTC).date());
    // The epoch was a Thursday.
    let weekday = (day + 3).rem_euclid(7) as usize;
    let Some(date) = date(day) else { return weekday };
    if calendar.is_some_and(|calendar| calendar.holidays.contains(&Day(date))) {
        return SUNDAY;
    }
    let declared = calendar.into_iter().flat_map(Calendar::known_peaks);
    match { declared }.filter(|peak| is_peak(*peak, date)).max() {
        Some(peak) => PEAK_DAYS + peak as usize,
        None if is_peak(Peak::MonthEnd, date) => MONTH_END,
        None => weekday,
    }
}

fn is_peak(peak: Peak, date: Date) -> bool {
    let (first, last) = (date.day() == 1, date.day() == date.days_in_month());
    match peak {
        Peak::MonthStart => first,
        Peak::MonthEnd => last,
        Peak::QuarterStart => first && date.month() % 3 == 1,
        Peak::QuarterEnd => last && date.month() % 3 == 0,
        Peak::YearStart => first && date.month() == 1,
        Peak::YearEnd => last && date.month() == 12,
    }
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

    fn hour(text: &str, timezone: &str, calendar: Option<&Calendar>) -> (usize, u8) {
        let hour = HourOfWeek::at(at(text), Almanac { timezone, calendar });
        (hour.index() / DAY_HOURS, hour.of_day())
    }

    #[test]
    fn a_night_in_berlin_is_not_one_in_utc() {
        let ends = |text, timezone| HourOfWeek::at(at(text), Almanac { timezone, calendar: None }).ends;
        assert_eq!(hour("2026-11-23T00:30:00Z", "", None), (0, 0), "a Monday");
        assert_eq!(ends("2026-11-23T00:30:00Z", ""), at("2026-11-23T01:00:00Z"));
        assert_eq!(hour("2026-11-23T00:30:00Z", "Europe/Berlin", None), (0, 1));
        assert_eq!(hour("2026-07-18T23:10:00Z", "Europe/Berlin", None), (SUNDAY, 1));
        assert_eq!(ends("2026-11-23T00:10:00Z", "Asia/Kolkata"), at("2026-11-23T00:30:00Z"));
    }

    #[test]
    fn holidays_month_ends_and_declared_peaks_are_kinds_of_days() {
        let peaks = vec!["quarter_end".to_owned(), "month_start".to_owned()];
        let holidays = vec!["2026-12-25".parse::<Date>().map(Day).expect("a date")];
        let calendar = Calendar { hours: None, holidays, peaks };
        let kind = |day: &str| hour(&format!("{day}T12:00:00Z"), "", Some(&calendar)).0;
        assert_eq!(kind("2026-12-25"), SUNDAY, "a Friday, and a holiday");
        assert_eq!(kind("2026-10-31"), MONTH_END);
        assert_eq!(kind("2026-12-31"), PEAK_DAYS + 3, "the end of a quarter");
        assert_eq!(kind("2026-12-01"), PEAK_DAYS, "the start of a month");
        assert_eq!(hour("2026-12-01T12:00:00Z", "", None).0, 1, "a Tuesday where nothing is declared");
        assert_eq!(hour("2028-02-29T12:00:00Z", "", None).0, MONTH_END);
    }
}
