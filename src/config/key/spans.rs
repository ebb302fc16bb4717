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
