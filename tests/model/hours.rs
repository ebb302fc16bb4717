//! Business hours, day by day: each open day is an interval of real time, and a deadline is where they add up to enough.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::declared::{DAY, MINUTE};

/// When people work. Hours that end before they begin end the next day.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// From Monday: 0.
    pub first_day: i8,
    pub last_day: i8,
    /// Minutes after midnight.
    pub opens: i16,
    pub closes: i16,
    pub holidays: Vec<Date>,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Calendar {
    pub fn written(&self) -> Value {
        let clock = |minutes: i16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let (first, last) = (DAYS[self.first_day as usize], DAYS[self.last_day as usize]);
        let hours = format!("{first}-{last} {}-{}", clock(self.opens), clock(self.closes));
        let holidays: Vec<String> = self.holidays.iter().map(Date::to_string).collect();
        json!({"hours": hours, "holidays": holidays})
    }

    fn open_on(&self, day: Date) -> bool {
        let weekday = day.weekday().to_monday_zero_offset();
        debug_assert_eq!(Weekday::Monday.to_monday_zero_offset(), 0);
        (self.first_day..=self.last_day).contains(&weekday) && !self.holidays.contains(&day)
    }

    /// The moment at which this much business time has passed since `from`.
    pub fn after(&self, from: i64, nanos: i64, zone: &str) -> i64 {
        let zone = TimeZone::get(zone).expect("a zone");
        let start = Timestamp::from_nanosecond(i128::from(from)).expect("a time").to_zoned(zone.clone()).date();
        let mut left = nanos;
        let mut day = start.checked_sub(1.day()).expect("a day");
        for _ in 0..4_000 {
            if self.open_on(day) {
                let (opens, closes) = self.interval(day, &zone);
                let begins = opens.max(from);
                if closes > begins {
                    if closes - begins >= left {
                        return begins + left;
                    }
                    left -= closes - begins;
                }
            }
            day = day.checked_add(1.day()).expect("a day");
        }
        from + 4_000 * DAY
    }

    fn interval(&self, day: Date, zone: &TimeZone) -> (i64, i64) {
        let next = day.checked_add(1.day()).expect("a day");
        let closing = if self.closes > self.opens { day } else { next };
        (moment(day, self.opens, zone), moment(closing, self.closes, zone))
    }
}

fn moment(day: Date, minutes: i16, zone: &TimeZone) -> i64 {
    let time = day.at((minutes / 60) as i8, (minutes % 60) as i8, 0, 0);
    let zoned = time.to_zoned(zone.clone()).expect("a time");
    zoned.timestamp().as_nanosecond() as i64
}

/// When the calendar month of this moment begins, in a zone.
pub fn month_start(at: i64, zone: &str) -> i64 {
    let zone = TimeZone::get(zone).expect("a zone");
    let date = Timestamp::from_nanosecond(i128::from(at)).expect("a time").to_zoned(zone.clone()).date();
    moment(date.first_of_month(), 0, &zone)
}

#[test]
fn business_time_is_counted_where_people_work() {
    let calendar = Calendar {
        first_day: 0,
        last_day: 4,
        opens: 540,
        closes: 1_050,
        holidays: vec![jiff::civil::date(2026, 11, 25)],
    };
    let at = |text: &str| text.parse::<Timestamp>().expect("a time").as_nanosecond() as i64;
    let due = |from: &str, minutes: i64| calendar.after(at(from), minutes * MINUTE, "Europe/Berlin");
    assert_eq!(due("2026-11-23T09:00:00Z", 60), at("2026-11-23T10:00:00Z"), "within a day");
    assert_eq!(due("2026-11-23T16:00:00Z", 60), at("2026-11-24T08:30:00Z"), "half an hour is left today");
    assert_eq!(due("2026-11-24T20:00:00Z", 60), at("2026-11-26T09:00:00Z"), "a holiday");
    assert_eq!(due("2026-11-27T20:00:00Z", 60), at("2026-11-30T09:00:00Z"), "a weekend");
    let night = Calendar { first_day: 0, last_day: 6, opens: 1_320, closes: 360, holidays: Vec::new() };
    assert_eq!(
        night.after(at("2026-11-24T03:00:00Z"), 240 * MINUTE, "UTC"),
        at("2026-11-24T23:00:00Z"),
        "over midnight"
    );
}
