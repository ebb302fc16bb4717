//! [`Timestamp`]: a moment as nanoseconds since the Unix epoch. RFC 3339 in and out, without a clock.

use std::fmt;

use super::fixed::Fixed;

/// A moment: nanoseconds since 1970-01-01T00:00:00Z, from the year 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Timestamp(i64);

/// A span of time in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    pub const EPOCH: Timestamp = Timestamp(0);

    pub const fn from_nanos(nanos: i64) -> Timestamp {
        Timestamp(nanos)
    }
    pub const fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds.saturating_mul(SECOND))
    }
    pub const fn nanos(self) -> i64 {
        self.0
    }
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
    /// This moment, `nanos` later (earlier when negative), within the range of the type.
    pub const fn plus(self, nanos: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos))
    }
    /// Nanoseconds from `earlier` to this moment; negative when `earlier` is later.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// As seconds since the epoch, exactly.
    pub const fn as_fixed(self) -> Fixed {
        Fixed::from_nanos(self.0)
    }

    /// The first moment of this moment's calendar month, UTC.
    pub fn month_start(self) -> Timestamp {
        let (year, month, _) = civil_from_days(self.0.div_euclid(DAY));
        from_days(days_from_civil(year, month, 1))
    }
    /// The first moment of the calendar month after this moment's, UTC.
    pub fn next_month_start(self) -> Timestamp {
        let (year, month, _) = civil_from_days(self.0.div_euclid(DAY));
        from_days(if month == 12 { days_from_civil(year + 1, 1, 1) } else { days_from_civil(year, month + 1, 1) })
    }

    /// As [`Timestamp::parse`].
    pub fn parse_rfc3339(text: &str) -> Result<Timestamp, &'static str> {
        Timestamp::parse(text).map(|(time, _)| time)
    }

    /// A date and time of RFC 3339 with any offset, up to nanoseconds, and whether it was written a little differently: with
    /// a blank for the T, or an offset such as `+0100`, `+01` or ` UTC`. A leap second counts as the last nanosecond of its
    /// minute. The error is a phrase that completes "… is not a time: ".
    pub fn parse(text: &str) -> Result<(Timestamp, bool), &'static str> {
        let bytes = text.as_bytes();
        let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, separator, h1, h2, b':', n1, n2, b':', s1, s2], rest) =
            bytes.split_first_chunk::<19>().ok_or(SHAPE)?
        else {
            return Err(SHAPE);
        };
        if !matches!(separator, b'T' | b't' | b' ') {
            return Err("a T belongs between date and time");
        }
        let year = i64::from(two_digits(y1, y2)?) * 100 + i64::from(two_digits(y3, y4)?);
        let (month, day) = (two_digits(m1, m2)?, two_digits(d1, d2)?);
        if !(1..=12).contains(&month) {
            return Err("no month has this number");
        }
        if day < 1 || day > days_in_month(year, month) {
            return Err("this month has no such day");
        }
        let (hour, minute, second) = (two_digits(h1, h2)?, two_digits(n1, n2)?, two_digits(s1, s2)?);
        if hour > 23 || minute > 59 || second > 60 {
            return Err("hours end at 23, minutes at 59, seconds at 59 (60 in a leap second)");
        }
        let (mut nanos, rest) = fraction(rest)?;
        let (offset, is_usual) = offset_minutes(rest)?;
        let mut second = i64::from(second);
        if second == 60 {
            (second, nanos) = (59, SECOND - 1);
        }
        let seconds = days_from_civil(year, month, day) * 86_400
            + (i64::from(hour) * 60 + i64::from(minute) - offset) * 60
            + second;
        let nanos = i128::from(seconds) * i128::from(SECOND) + i128::from(nanos);
        let time = i64::try_from(nanos).map(Timestamp).map_err(|_| "only the years 1678 to 2261 can be kept")?;
        Ok((time, separator == b' ' || !is_usual))
    }
}

/// How many quarter hours these nanoseconds are, where they are whole ones within half a minute: a local time that was marked
/// as UTC is off by them, and came a little later than it says.
pub fn quarter_hours(nanos: i64) -> Option<i64> {
    const QUARTER: i64 = 15 * MINUTE;
    let quarters = nanos.saturating_add(QUARTER / 2).div_euclid(QUARTER);
    (nanos.abs_diff(quarters * QUARTER) <= MINUTE as u64 / 2).then_some(quarters)
}

const SHAPE: &str = "RFC 3339 looks like 2026-11-23T09:00:00Z";

fn from_days(days: i64) -> Timestamp {
    Timestamp(days.saturating_mul(DAY))
}

fn digit(byte: u8) -> Result<u8, &'static str> {
    if byte.is_ascii_digit() { Ok(byte - b'0') } else { Err(SHAPE) }
}

fn two_digits(tens: u8, ones: u8) -> Result<u8, &'static str> {
    Ok(digit(tens)? * 10 + digit(ones)?)
}

/// The nanoseconds of a fraction of a second, when there is one, and what follows it.
fn fraction(bytes: &[u8]) -> Result<(i64, &[u8]), &'static str> {
    let Some((b'.', digits)) = bytes.split_first() else {
        return Ok((0, bytes));
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return Err("digits belong after the point");
    }
    if length > 9 {
        return Err("more than nine digits after the point, and nanoseconds are the finest");
    }
    let (digits, rest) = digits.split_at(length);
    let number = digits.iter().fold(0, |number, byte| number * 10 + i64::from(byte - b'0'));
    Ok((number * 10_i64.pow(9 - length as u32), rest))
}

/// The minutes of an offset, and whether it is as RFC 3339 writes it.
fn offset_minutes(bytes: &[u8]) -> Result<(i64, bool), &'static str> {
    const MISSING: &str = "an offset belongs at the end: Z, or for example +01:00";
    let (sign, h1, h2, m1, m2, is_usual) = match *bytes {
        [b'Z' | b'z'] => return Ok((0, true)),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => (sign, h1, h2, m1, m2, true),
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] => (sign, h1, h2, m1, m2, false),
        [sign @ (b'+' | b'-'), h1, h2] => (sign, h1, h2, b'0', b'0', false),
        [b' ', b'U', b'T', b'C'] => return Ok((0, false)),
        [b' ', ref offset @ ..] if !offset.is_empty() && offset[0] != b' ' => {
            return offset_minutes(offset).map(|(minutes, _)| (minutes, false));
        }
        [] => return Err(MISSING),
        _ => return Err("an offset is Z or ±hh:mm, and nothing follows it"),
    };
    let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    if hours > 23 || minutes > 59 {
        return Err("an offset ends at 23:59");
    }
    let minutes = i64::from(hours) * 60 + i64::from(minutes);
    Ok((if sign == b'-' { -minutes } else { minutes }, is_usual))
}

fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March here, so that a leap day is the
/// last day of its year; 400 years have 146,097 days.
fn days_from_civil(year: i64, month: u8, day: u8) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let months_since_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * months_since_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * months_since_march + 2) / 5 + 1) as u8;
    let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 } as u8;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// RFC 3339, UTC, with as many digits after the point as it takes.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let within = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (within / HOUR, within / MINUTE % 60, within / SECOND % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match within % SECOND {
            0 => f.write_str("Z"),
            nanos => {
                let digits = format!("{nanos:09}");
                write!(f, ".{}Z", digits.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> String {
        Timestamp::parse_rfc3339(text).map_or_else(str::to_string, |time| time.to_string())
    }

    #[test]
    fn reads_any_offset_and_prints_utc() {
        for (text, utc) in [
            ("2026-11-23T09:00:00.123Z", "2026-11-23T09:00:00.123Z"),
            ("2026-11-23t09:00:00z", "2026-11-23T09:00:00Z"),
            ("2026-11-23T09:00:00+05:30", "2026-11-23T03:30:00Z"),
            ("2026-11-23T00:00:00-00:00", "2026-11-23T00:00:00Z"),
            ("2024-02-29T23:59:59.000000001-01:00", "2024-03-01T00:59:59.000000001Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
            ("1678-01-01T00:00:00Z", "1678-01-01T00:00:00Z"),
            ("2261-12-31T23:59:59Z", "2261-12-31T23:59:59Z"),
            ("2026-11-23 09:00:00Z", "2026-11-23T09:00:00Z"),
            ("2026-11-23T09:00:00+0130", "2026-11-23T07:30:00Z"),
            ("2026-11-23 09:00:00-02", "2026-11-23T11:00:00Z"),
            ("2026-11-23 09:00:00 +0100", "2026-11-23T08:00:00Z"),
            ("2026-11-23 09:00:00.5 UTC", "2026-11-23T09:00:00.5Z"),
        ] {
            assert_eq!(parsed(text), utc, "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_the_last_nanosecond_of_its_minute() {
        assert_eq!(parsed("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59.999999999Z");
        assert_eq!(parsed("2017-01-01T05:29:60.25+05:30"), "2016-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, error) in [
            ("", "looks like"),
            ("yesterday", "looks like"),
            ("2026-11-23", "looks like"),
            ("2026-11-23_09:00:00Z", "a T belongs"),
            ("2026-11-23T09:00:00", "an offset belongs"),
            ("2026-11-23T09:00:00+1:00", "looks like"),
            ("2026-11-23T09:00:00Z ", "an offset is Z"),
            ("2026-11-23T09:00:00+24:00", "an offset ends"),
            ("2026-13-23T09:00:00Z", "no month"),
            ("2026-00-23T09:00:00Z", "no month"),
            ("2026-02-29T09:00:00Z", "no such day"),
            ("1900-02-29T09:00:00Z", "no such day"),
            ("2026-04-31T09:00:00Z", "no such day"),
            ("2026-04-00T09:00:00Z", "no such day"),
            ("2026-11-23T24:00:00Z", "hours end"),
            ("2026-11-23T09:60:00Z", "hours end"),
            ("2026-11-23T09:00:61Z", "hours end"),
            ("2026-11-23T09:00:00.Z", "digits belong"),
            ("2026-11-23T09:00:00.0000000001Z", "nine digits"),
            ("1500-11-23T09:00:00Z", "only the years"),
            ("9999-12-31T23:59:59Z", "only the years"),
            ("２０２６-11-23T09:00:00Z", "looks like"),
        ] {
            let found = Timestamp::parse_rfc3339(text);
            assert!(found.is_err_and(|found| found.contains(error)), "{text}: {found:?}");
        }
    }

    #[test]
    fn months_begin_at_midnight_utc() {
        for (text, start, next) in [
            ("2026-11-23T09:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12-31T23:59:59.999999999Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2024-02-29T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("1969-12-31T23:00:00Z", "1969-12-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            let time = Timestamp::parse_rfc3339(text).expect("a time");
            assert_eq!(time.month_start().to_string(), start);
            assert_eq!(time.next_month_start().to_string(), next);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn prints_what_it_reads_and_agrees_with_jiff(nanos: i64) {
            let text = Timestamp(nanos).to_string();
            prop_assert_eq!(Timestamp::parse_rfc3339(&text), Ok(Timestamp(nanos)));
            let foreign: jiff::Timestamp = text.parse().expect("jiff reads it");
            prop_assert_eq!(foreign.as_nanosecond(), i128::from(nanos));
            prop_assert_eq!(foreign.to_string(), text);
        }

        #[test]
        fn agrees_with_jiff_on_times_that_nearly_are(text in "(19|20|16|22)[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?(Z|z|[+-]([01][0-9]|2[0-3])(:?[0-6][0-9])?)") {
            let foreign = text.parse::<jiff::Timestamp>().ok().and_then(|time| i64::try_from(time.as_nanosecond()).ok());
            let ours = Timestamp::parse_rfc3339(&text).ok().map(Timestamp::nanos);
            // A leap second is ours to place, and jiff's to place elsewhere. (jiff also takes offsets above a day.)
            if !text[17..].starts_with("60") {
                prop_assert_eq!(ours, foreign, "{}", text);
            }
        }
    }
}
