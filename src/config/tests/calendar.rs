//! Business hours, judged by a slow reference that looks at the clock every minute, and by Python's zoneinfo.

use std::collections::BTreeMap;

use jiff::civil;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::super::model::calendar::{Calendar, Day, month, zone};
use super::super::model::hours::Hours;
use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR, MINUTE};

fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}

fn day(text: &str) -> Day {
    Day(text.parse().expect("a date"))
}

fn calendar(hours: &str, holidays: &[&str]) -> Calendar {
    let hours = Some(Hours::parse(hours).unwrap_or_else(|why| panic!("{why}")));
    Calendar { hours, holidays: holidays.iter().map(|text| day(text)).collect(), peaks: Vec::new() }
}

fn due(hours: &str, place: &str, from: &str, nanos: i64) -> String {
    calendar(hours, &[]).due(&zone(place), time(from), nanos).to_string()
}

/// A shift as the reference has it: the day of the week from Monday, and minutes from midnight.
type Shift = (usize, i64, i64);

/// Looks at the clock of the zone every minute, from three days before.
fn reference(shifts: &[Shift], holidays: &[Day], zone: &TimeZone, from: Timestamp, mut minutes: i64) -> Timestamp {
    let (mut opened, mut closed) = (BTreeMap::new(), BTreeMap::new());
    let mut at = from.plus(-3 * DAY);
    loop {
        let local = zone.to_datetime(jiff::Timestamp::from_nanosecond(at.nanos().into()).expect("in range"));
        for back in 0..4 {
            let date: civil::Date = local.date() - jiff::Span::new().days(back);
            if holidays.contains(&Day(date)) {
                continue;
            }
            for (number, (weekday, begins, ends)) in shifts.iter().enumerate() {
                let has_reached = |minute: i64| {
                    local >= date.to_datetime(civil::Time::midnight()) + jiff::SignedDuration::from_mins(minute)
                };
                if date.weekday().to_monday_zero_offset() as usize == *weekday {
                    if has_reached(*begins) {
                        opened.insert((date, number), ());
                    }
                    if has_reached(*ends) {
                        closed.insert((date, number), ());
                    }
                }
            }
        }
        if at >= from {
            if minutes == 0 {
                return at;
            }
            minutes -= i64::from(opened.keys().any(|key| !closed.contains_key(key)));
        }
        at = at.plus(MINUTE);
    }
}

const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Zones, with the days around which their clocks change.
const CHANGES: &[(&str, &str)] = &[
    ("UTC", "2026-06-10T00:00:00Z"),
    ("Europe/Berlin", "2026-03-29T00:00:00Z"),
    ("Europe/Berlin", "2026-10-25T00:00:00Z"),
    ("America/New_York", "2026-03-08T00:00:00Z"),
    ("America/New_York", "2026-11-01T00:00:00Z"),
    ("Asia/Beirut", "2026-03-29T00:00:00Z"),
    ("Asia/Beirut", "2026-10-25T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-05T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-04T00:00:00Z"),
    ("America/Santiago", "2026-09-06T00:00:00Z"),
    ("Asia/Kathmandu", "2026-05-01T00:00:00Z"),
    ("Pacific/Apia", "2011-12-30T00:00:00Z"),
];

/// Shifts, some of which end the next day, as text and as the reference has them.
fn shifts() -> impl Strategy<Value = (String, Vec<Shift>)> {
    prop::collection::vec((0..7_usize, 0..1_440_i64, 30..1_440_i64), 1..4).prop_map(|parts| {
        let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let text = |&(weekday, begins, length): &(usize, i64, i64)| {
            format!("{} {}-{}", NAMES[weekday], clock(begins), clock((begins + length) % 1_440))
        };
        let text = parts.iter().map(text).collect::<Vec<_>>().join(", ");
        (text, parts.into_iter().map(|(weekday, begins, length)| (weekday, begins, begins + length)).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_deadline_is_where_a_look_at_the_clock_every_minute_finds_it(
        (text, shifts) in shifts(),
        change in 0..CHANGES.len(),
        holidays in prop::collection::vec(-2..8_i64, 0..3),
        begin in -3 * 1_440..2 * 1_440_i64,
        minutes in 1..600_i64,
    ) {
        let (name, around) = CHANGES[change];
        let (zone, around) = (zone(name), time(around));
        let date = |days: i64| day(&around.plus(days * DAY).to_string()[..10]);
        let holidays: Vec<Day> = holidays.into_iter().map(date).collect();
        let from = around.plus(begin * MINUTE);
        let hours = Some(Hours::parse(&text).expect("hours"));
        let found = Calendar { hours, holidays: holidays.clone(), peaks: Vec::new() }.due(&zone, from, minutes * MINUTE);
        let expected = reference(&shifts, &holidays, &zone, from, minutes);
        prop_assert_eq!(found.to_string(), expected.to_string(), "{} in {} from {}", text, name, from);
    }

    #[test]
    fn two_waits_one_after_the_other_end_when_one_of_both_does(
        (text, _) in shifts(),
        change in 0..CHANGES.len(),
        begin in -3 * DAY..2 * DAY,
        first in 0..20 * HOUR,
        second in 1..20 * HOUR,
    ) {
        let (name, around) = CHANGES[change];
        let (zone, from, calendar) = (zone(name), time(around).plus(begin), calendar(&text, &[]));
        let apart = calendar.due(&zone, calendar.due(&zone, from, first), second);
        prop_assert_eq!(apart, calendar.due(&zone, from, first + second));
    }
}

#[test]
fn python_agrees() {
    let cases = include_str!("../../../tests/data/config/business_hours.txt");
    assert!(cases.lines().count() >= 300);
    for line in cases.lines() {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [place, hours, holidays, from, minutes, expected] = parts[..] else { panic!("{line}") };
        let holidays: Vec<&str> = holidays.split_whitespace().collect();
        let minutes: i64 = minutes.parse().expect("a number");
        let found = calendar(hours, &holidays).due(&zone(place), time(from), minutes * MINUTE);
        assert_eq!(found.to_string(), expected, "{line}");
    }
}

#[test]
fn a_friday_evening_is_answered_on_monday() {
    let hours = "Mon-Fri 09:00-17:30";
    // 2026-11-27 is a Friday; Berlin is an hour ahead of UTC.
    assert_eq!(due(hours, "Europe/Berlin", "2026-11-27T15:30:00Z", 8 * HOUR), "2026-11-30T15:00:00Z");
    assert_eq!(due(hours, "Europe/Berlin", "2026-11-28T12:00:00Z", 15 * MINUTE), "2026-11-30T08:15:00Z");
    assert_eq!(due(hours, "Europe/Berlin", "2026-11-27T15:30:00Z", HOUR), "2026-11-27T16:30:00Z", "at closing time");
    assert_eq!(due(hours, "Europe/Berlin", "2026-11-27T15:30:00Z", HOUR + 1), "2026-11-30T08:00:00.000000001Z");
    let closed = calendar(hours, &["2026-11-30"]);
    assert_eq!(closed.due(&zone(""), time("2026-11-27T17:00:00Z"), HOUR).to_string(), "2026-12-01T09:30:00Z");
}

#[test]
fn a_night_ends_the_next_day_and_is_as_long_as_it_is() {
    let nights = "Mon-Sun 22:00-06:00";
    assert_eq!(due(nights, "Europe/Berlin", "2026-03-28T21:00:00Z", 7 * HOUR), "2026-03-29T04:00:00Z", "seven hours");
    assert_eq!(due(nights, "Europe/Berlin", "2026-10-24T20:00:00Z", 9 * HOUR), "2026-10-25T05:00:00Z", "nine hours");
    // The night before a holiday ends on it; the next begins on it, and is none.
    let calendar = calendar(nights, &["2026-12-25"]);
    assert_eq!(calendar.due(&zone(""), time("2026-12-25T05:00:00Z"), HOUR).to_string(), "2026-12-25T06:00:00Z");
    assert_eq!(calendar.due(&zone(""), time("2026-12-25T05:30:00Z"), HOUR).to_string(), "2026-12-26T22:30:00Z");
}

#[test]
fn hours_on_a_clock_that_jumps_begin_at_the_jump() {
    // In Berlin the clock jumps from 02:00 to 03:00, 01:00 UTC.
    assert_eq!(due("Sun 02:30-10:00", "Europe/Berlin", "2026-03-28T12:00:00Z", HOUR), "2026-03-29T02:00:00Z");
    // It shows 02:30 twice, at 00:30 and 01:30 UTC: the shift begins at the first.
    assert_eq!(due("Sun 02:30-10:00", "Europe/Berlin", "2026-10-24T12:00:00Z", HOUR), "2026-10-25T01:30:00Z");
}

#[test]
fn shifts_that_overlap_count_once() {
    let hours = "Mon 09:00-12:00, Mon 10:00-13:00, Sun 22:00-10:00";
    assert_eq!(due(hours, "", "2026-11-30T08:00:00Z", 5 * HOUR), "2026-11-30T13:00:00Z");
    assert_eq!(Hours::parse(hours).expect("hours").minutes_a_week(), 15 * 60);
}

#[test]
fn hours_are_read_in_every_way_that_has_one_meaning() {
    let week =
        |text: &str| Hours::parse(text).map(|hours| hours.minutes_a_week()).unwrap_or_else(|why| panic!("{why}"));
    for (text, minutes) in [
        ("Mon-Fri 09:00-17:30", 5 * 510),
        ("mon-fri 9:00-17:30", 5 * 510),
        ("Monday - Friday 09:00 - 17:30", 5 * 510),
        ("Mon–Fri 09:00–17:30", 5 * 510),
        ("Mon-Fri 09:00-17:30, Sat 10:00-14:00", 5 * 510 + 240),
        ("Mon-Fri 09:00-12:00, 13:00-17:30", 5 * 450),
        ("Mon, Wed, Fri 09:00-10:00", 3 * 60),
        ("Sat-Mon 09:00-10:00", 3 * 60),
        ("Mon-Sun 00:00-24:00", 7 * 1_440),
        ("Mon 22:00-00:00", 120),
        ("Sun 22:00-06:00", 480),
    ] {
        assert_eq!(week(text), minutes, "{text}");
    }
    for (text, why) in [
        ("", "is not opening hours; write days and hours, such as Mon-Fri 09:00-17:30"),
        ("Mon-Fri", "has days without hours"),
        ("09:00-17:30", "has hours without days; write Mon-Fri 09:00-17:30"),
        ("Mon-Fri 09:00-17:30, Sat", "has days without hours"),
        ("Mon-Fr 09:00-17:30", "\"Mon-Fr\" is no day of the week"),
        ("Mon-Fri 9-17", "\"9-17\" is not hours"),
        ("Mon-Fri 09:00-09:00", "is no time at all; write 00:00-24:00"),
        ("Mon-Fri 24:00-06:00", "is not hours"),
        ("Mon-Fri 09:00-24:01", "is not hours"),
        ("Mon-Fri 09:60-10:00", "is not hours"),
        ("Mon-Fri +9:00-10:00", "is not hours"),
        ("Mon-Fri 09:00-17:30 Sat 10:00-14:00", "is not opening hours"),
        (&"Mon 09:00-10:00,".repeat(200), "at most 100"),
    ] {
        let error = Hours::parse(text).expect_err(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn a_deadline_that_no_calendar_reaches_ends_the_search() {
    let rare = calendar("Mon 09:00-09:01", &[]);
    assert!(rare.due(&zone(""), time("2026-01-01T00:00:00Z"), 365 * DAY) > time("2027-01-01T00:00:00Z"));
    for edge in [i64::MIN, 0, i64::MAX] {
        calendar("Mon-Sun 00:00-24:00", &[]).due(&zone("Asia/Tokyo"), Timestamp::from_nanos(edge), HOUR);
    }
}

#[test]
fn a_month_begins_at_midnight_in_its_zone() {
    let of = |name: &str, now: &str| {
        let (this, next) = month(&zone(name), time(now));
        format!("{this} {next}")
    };
    assert_eq!(of("", "2026-11-30T23:30:00Z"), "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z");
    assert_eq!(of("Europe/Berlin", "2026-11-30T22:59:59Z"), "2026-10-31T23:00:00Z 2026-11-30T23:00:00Z");
    assert_eq!(of("Europe/Berlin", "2026-11-30T23:00:00Z"), "2026-11-30T23:00:00Z 2026-12-31T23:00:00Z");
    assert_eq!(of("America/New_York", "2026-03-15T00:00:00Z"), "2026-03-01T05:00:00Z 2026-04-01T04:00:00Z");
    assert_eq!(of("Pacific/Auckland", "2026-12-31T11:00:00Z"), "2026-12-31T11:00:00Z 2027-01-31T11:00:00Z");
}

proptest! {
    #[test]
    fn a_moment_is_in_its_month(nanos in 0..4_000_000_000_000_000_000_i64, change in 0..CHANGES.len()) {
        let (zone, now) = (zone(CHANGES[change].0), Timestamp::from_nanos(nanos));
        let (this, next) = month(&zone, now);
        prop_assert!(this <= now && now < next, "{} {} {}", this, now, next);
        prop_assert_eq!(month(&zone, this).0, this);
        prop_assert_eq!(month(&zone, next).0, next);
        prop_assert_eq!(month(&zone, next.plus(-1)).0, this);
    }
}
