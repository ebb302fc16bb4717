//! How spans of time are written: `15m`, `8h`, `1h30m`, and for deadlines `8h business`.
//!
//! Every reader returns a sentence that says what to write instead.

use super::written::shown;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};

/// The longest duration: ten years. More is a slip of the unit.
pub const DURATION_MAX: i64 = 10 * 365 * DAY;
/// The longest duration in business hours: a year.
pub const BUSINESS_MAX: i64 = 365 * DAY;
/// What a duration ends in that counts business hours only.
pub const BUSINESS: &str = "business";

/// Units of duration as Prometheus writes them, longest first, in nanoseconds.
const SPANS: &[(&str, i64)] =
    &[("y", 365 * DAY), ("w", 7 * DAY), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", SECOND / 1_000)];

/// `15m`, `8h`, `90d`, `1h30m`: nanoseconds, more than 0 and at most [`DURATION_MAX`].
pub fn duration(text: &str) -> Result<i64, String> {
    match pause(text)? {
        0 => Err(format!("{} is no time at all; it must be more than 0", shown(text))),
        nanos => Ok(nanos),
    }
}

/// As [`duration`], and `0s` is one too.
pub fn pause(text: &str) -> Result<i64, String> {
    let wrong = || format!("{} is not a duration; write one such as 30s, 15m, 8h, 90d or 1h30m", shown(text));
    let mut rest = text;
    let mut units = SPANS;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        if unit.is_empty() && !number.is_empty() && after.is_empty() {
            return Err(format!("{} has no unit; write {number}s, {number}m, {number}h or {number}d", shown(text)));
        }
        let number: i64 = number.parse().map_err(|_| wrong())?;
        // Each unit once, longer before shorter, as Prometheus has it.
        let place = units.iter().position(|(name, _)| *name == unit).ok_or_else(wrong)?;
        total = number
            .checked_mul(units[place].1)
            .and_then(|span| total.checked_add(span))
            .filter(|total| *total <= DURATION_MAX)
            .ok_or_else(|| format!("{} is longer than ten years", shown(text)))?;
        units = &units[place + 1..];
        rest = after;
    }
    match total {
        0 if text.is_empty() => Err(wrong()),
        total => Ok(total),
    }
}

/// A duration, and whether only business hours count: `15m`, `8h business`.
pub fn within(text: &str) -> Result<(i64, bool), String> {
    let Some((span, word)) = text.split_once(' ') else { return duration(text).map(|nanos| (nanos, false)) };
    if word.trim() != BUSINESS {
        return Err(format!("{} is not a duration; write one such as 15m, 8h or 8h {BUSINESS}", shown(text)));
    }
    match duration(span)? {
        nanos if nanos > BUSINESS_MAX => Err(format!("{} is longer than a year of business hours", shown(text))),
        nanos => Ok((nanos, true)),
    }
}

/// A duration as it would be written, for messages and the documentation.
pub fn duration_text(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let mut rest = nanos;
    let mut text = String::new();
    // Weeks and years can be written, but nobody says 12w6d.
    for (unit, span) in SPANS.iter().filter(|(_, span)| *span <= DAY) {
        if rest >= *span {
            text.push_str(&format!("{}{unit}", rest / span));
            rest %= span;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_in_the_order_of_prometheus() {
        for (text, nanos) in [
            ("15m", 15 * MINUTE),
            ("8h", 8 * HOUR),
            ("90d", 90 * DAY),
            ("1w", 7 * DAY),
            ("1h30m", 90 * MINUTE),
            ("250ms", SECOND / 4),
            ("1y2w3d4h5m6s7ms", (365 + 14 + 3) * DAY + 4 * HOUR + 5 * MINUTE + 6 * SECOND + 7 * SECOND / 1_000),
        ] {
            assert_eq!(duration(text), Ok(nanos), "{text}");
            assert_eq!(duration(&duration_text(nanos)), Ok(nanos), "{text} written again");
        }
        for (text, why) in [
            ("15", "no unit; write 15s, 15m"),
            ("1h30", "no unit"),
            ("15 m", "not a duration"),
            ("m15", "not a duration"),
            ("-15m", "not a duration"),
            ("1.5h", "not a duration"),
            ("30m1h", "not a duration"),
            ("1h1h", "not a duration"),
            ("15min", "not a duration"),
            ("15M", "not a duration"),
            ("0s", "no time at all"),
            ("", "not a duration"),
            ("11y", "longer than ten years"),
            ("99999999999999999999y", "not a duration"),
        ] {
            let error = duration(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_deadline_may_count_business_hours_alone() {
        assert_eq!(within("8h business"), Ok((8 * HOUR, true)));
        assert_eq!(within("1h30m  business"), Ok((90 * MINUTE, true)));
        assert_eq!(within("8h"), Ok((8 * HOUR, false)));
        assert_eq!(within("1y business"), Ok((365 * DAY, true)));
        for (text, why) in [
            ("8h busines", "is not a duration; write one such as 15m, 8h or 8h business"),
            ("8hbusiness", "is not a duration"),
            ("business", "is not a duration"),
            ("8 business", "has no unit"),
            ("0s business", "no time at all"),
            ("1y1d business", "longer than a year of business hours"),
        ] {
            let error = within(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn only_a_pause_may_be_nothing() {
        assert_eq!((pause("0s"), pause("10s")), (Ok(0), Ok(10 * SECOND)));
        assert!(pause("").is_err() && duration("0s").is_err());
        assert_eq!(duration_text(0), "0s");
    }
}
