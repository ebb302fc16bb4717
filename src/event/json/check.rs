//! Checks that a text must pass, wherever it came from: a field of JSON, or a header.

use super::super::body::Str;
use super::super::kinds::{AHEAD_MAX, ID_BYTES, IDENTIFIER_BYTES, TEXT_BYTES};
use super::super::time::{DAY, HOUR, MINUTE, SECOND, Timestamp, quarter_hours};
use super::super::words::Reason;
use super::context::Context;
use super::identifier::identifier;
use super::phrase::{excerpt, is_control};

pub(super) const DEL: u8 = 0x7F;
/// The first byte of every C1 control, and of half of Latin-1.
pub(super) const C1_BEGINS: u8 = 0xC2;

/// What keeps a text from being taken: the reason, and what completes "`queue` …".
pub(super) type Problem = (Reason, String);

/// What keeps `text` from being a text of at most this many bytes.
pub(super) fn text_problem(text: &str, bytes_max: usize) -> Option<Problem> {
    if text.is_empty() {
        return Some((Reason::Field, format!("is empty; expected 1 to {bytes_max} bytes")));
    }
    if text.len() > bytes_max {
        let what = format!("has {} bytes (\"{}\"); expected 1 to {bytes_max}", text.len(), excerpt(text));
        return Some((if bytes_max < TEXT_BYTES { Reason::Field } else { Reason::TooLarge }, what));
    }
    // Not stopping at the first such byte lets the compiler check many at once.
    let is_suspect = |byte: u8| (byte < 0x20) | (byte == DEL) | (byte == C1_BEGINS);
    if !text.bytes().fold(false, |suspect, byte| suspect | is_suspect(byte)) {
        return None;
    }
    let control = text.chars().find(|&character| is_control(character))?;
    let what = format!(
        "holds the control character U+{:04X} (\"{}\"); expected text without control characters",
        u32::from(control),
        excerpt(text)
    );
    Some((Reason::Field, what))
}

/// An identifier as day90 knows it, and whether it was shortened for that.
pub(super) fn identifier_of(text: Str<'_>) -> Result<(Str<'_>, bool), Problem> {
    match text_problem(&text, IDENTIFIER_BYTES) {
        Some(problem) => Err(problem),
        None if text.len() <= ID_BYTES => Ok((text, false)),
        None => Ok((identifier(&text).into_owned().into(), true)),
    }
}

/// A moment that is neither too far ahead nor too old, and whether it wasn't as RFC 3339 writes it.
pub(super) fn time_of(text: &str, context: &Context<'_>) -> Result<(Timestamp, bool), Problem> {
    let (time, was_repaired) = Timestamp::parse(text).map_err(|problem| {
        let hint = since_1970(text).map_or_else(String::new, |hint| format!("; {hint}"));
        (Reason::Time, format!("is \"{}\", which is no time: {problem}{hint}", excerpt(text)))
    })?;
    let ahead = time.since(context.received);
    if ahead > AHEAD_MAX {
        return Err((Reason::TimeAhead, too_far_ahead(time, context.received)));
    }
    if ahead.saturating_neg() > context.event_age {
        return Err((Reason::Time, too_old(time, context)));
    }
    Ok((time, was_repaired))
}

#[cold]
fn too_far_ahead(time: Timestamp, received: Timestamp) -> String {
    /// No place is further ahead of UTC.
    const OFFSET_HOURS_MAX: i64 = 14;
    let ahead = time.since(received);
    let hint = match quarter_hours(ahead) {
        Some(1..) if ahead <= OFFSET_HOURS_MAX * HOUR + MINUTE => "a local time marked as UTC?",
        _ => "if day90's clock is slow, set it right and send again",
    };
    format!(
        "is {time}, {} ahead of day90's clock, which says {received}; expected at most {}: {hint}",
        span(ahead),
        span(AHEAD_MAX)
    )
}

#[cold]
fn too_old(time: Timestamp, context: &Context<'_>) -> String {
    let Context { received, event_age, .. } = *context;
    let would_be_right = |factor: i128| {
        let nanos = i64::try_from(i128::from(time.nanos()) * factor).ok();
        nanos.is_some_and(|nanos| (-event_age..=AHEAD_MAX).contains(&Timestamp::from_nanos(nanos).since(received)))
    };
    const UNITS: [(i128, &str); 3] =
        [(1_000, "milliseconds"), (1_000_000, "microseconds"), (SECOND as i128, "nanoseconds")];
    let hint = match UNITS.iter().find(|(factor, _)| would_be_right(*factor)) {
        Some((_, unit)) => format!("seconds read as {unit}?"),
        None => "limits.event_age bounds it".to_string(),
    };
    let old = span(received.since(time));
    format!("is {time}, {old} before it was received ({received}); expected at most {}: {hint}", span(event_age))
}

/// A span in words, cut to the two largest units.
fn span(nanos: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second")];
    let largest = UNITS.iter().position(|(unit, _)| nanos >= *unit).unwrap_or(UNITS.len() - 1);
    let mut rest = nanos;
    let mut parts = Vec::new();
    for (unit, name) in UNITS.iter().skip(largest).take(2) {
        let count = rest / unit;
        rest %= unit;
        if count > 0 || (parts.is_empty() && *unit == SECOND) {
            parts.push(format!("{count} {name}{}", if count == 1 { "" } else { "s" }));
        }
    }
    parts.join(" ")
}

/// The time that a number since 1970 means, in the notation that is taken; its size tells its unit.
#[cold]
pub(super) fn since_1970(digits: &str) -> Option<String> {
    let number: f64 = digits.parse().ok().filter(|number: &f64| number.is_finite())?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    let (nanos, unit) = match number.abs() {
        ..1e11 => (SECOND, "seconds"),
        ..1e14 => (1_000_000, "milliseconds"),
        ..1e17 => (1_000, "microseconds"),
        _ => (1, "nanoseconds"),
    };
    // With an exponent the whole part isn't whole.
    let plain = if digits.contains(['e', 'E']) { "" } else { digits };
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let exact = whole.parse::<i128>().ok().zip(format!("0.{part}").parse::<f64>().ok()).map(|(whole, part)| {
        let part = (part * nanos as f64).round() as i128;
        whole * i128::from(nanos) + if whole < 0 { -part } else { part }
    });
    let nanos = exact.unwrap_or((number * nanos as f64) as i128);
    let time = i64::try_from(nanos).ok().map(Timestamp::from_nanos)?;
    Some(format!("as {unit} since 1970 it is \"{time}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_since_1970_are_shown_in_the_right_notation() {
        for (digits, hint) in [
            ("1763888400", "as seconds since 1970 it is \"2025-11-23T09:00:00Z\""),
            ("1763888400.25", "as seconds since 1970 it is \"2025-11-23T09:00:00.25Z\""),
            ("1763888400123", "as milliseconds since 1970 it is \"2025-11-23T09:00:00.123Z\""),
            ("1763888400123456", "as microseconds since 1970 it is \"2025-11-23T09:00:00.123456Z\""),
            ("1763888400123456789", "as nanoseconds since 1970 it is \"2025-11-23T09:00:00.123456789Z\""),
            ("1.7638884e9", "as seconds since 1970 it is \"2025-11-23T09:00:00Z\""),
        ] {
            assert_eq!(since_1970(digits).as_deref(), Some(hint), "{digits}");
        }
        for digits in ["", "noon", "1e400", "inf", "99999999999999999999999", "2026-11-23"] {
            assert_eq!(since_1970(digits), None, "{digits}");
        }
    }

    #[test]
    fn spans_are_said_in_two_units() {
        for (nanos, words) in [
            (5 * MINUTE, "5 minutes"),
            (HOUR, "1 hour"),
            (2 * HOUR + 30 * MINUTE + SECOND, "2 hours 30 minutes"),
            (400 * DAY, "400 days"),
            (DAY + 5 * MINUTE, "1 day"),
            (61 * SECOND, "1 minute 1 second"),
            (SECOND / 2, "0 seconds"),
        ] {
            assert_eq!(span(nanos), words);
        }
    }
}
