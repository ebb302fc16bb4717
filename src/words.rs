//! Numbers as a person reads them: counts with separators, percentages, rates, spans of time, sizes, dates.
//!
//! Everything that day90 shows to people uses these, so that one number looks the same on the status page, in the terminal
//! and in a report.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::event::Timestamp;

/// `1234567` → `1,234,567`; rounded to a whole number.
pub fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if number <= -0.5 {
        text.push('−');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 case`, `2 cases`, `1,234 cases`.
pub fn plural(number: u64, word: &str) -> String {
    format!("{} {word}{}", count(number as f64), if number == 1 { "" } else { "s" })
}

/// A number that may be small: `8.6`, `0.43`, `120`.
pub fn few(number: f64) -> String {
    let digits = match number.abs() {
        n if n >= 9.95 || (n - n.round()).abs() < 1e-6 => return count(number),
        n if n >= 0.995 => 1,
        _ => 2,
    };
    format!("{number:.digits$}")
}

/// `0.0412` → `4.1 %`. Only an exact 0 is `0 %`, and only an exact 1 is `100 %`.
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if percent <= 0.0 || percent >= 100.0 {
        return format!("{percent:.0} %");
    }
    if percent < 10.0 { format!("{:.1} %", percent.max(0.1)) } else { format!("{:.0} %", percent.min(99.0)) }
}

/// As [`percent`] for small ratios that are compared: two digits or more, and may pass 100 %. `0.0394` → `3.9 %`,
/// `0.118` → `11.8 %`, `0.00071` → `0.071 %`.
pub fn fine_percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    let digits = match percent {
        p if p >= 99.95 || p == 0.0 => 0,
        p if p >= 0.995 => 1,
        p if p >= 0.0995 => 2,
        _ => 3,
    };
    format!("{percent:.digits$} %")
}

/// An escalation rate: per task as a percentage; else, per second, as cases in an hour or a day.
pub fn rate(per_task: bool, rate: f64) -> String {
    if per_task {
        return fine_percent(rate);
    }
    let an_hour = rate * 3_600.0;
    if an_hour >= 1.0 { format!("{} an hour", few(an_hour)) } else { format!("{} a day", few(an_hour * 24.0)) }
}

/// A span of time in a fitting unit: `240 ms`, `4.2 s`, `45 s`, `12 min`, `3 h 5 min`, `5 days`.
pub fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    let minutes = (seconds / 60.0).round();
    let hours = (minutes / 60.0).floor();
    match seconds {
        0.0 => "0 s".to_owned(),
        s if s < 0.000_999_5 => format!("{:.0} µs", s * 1e6),
        s if s < 0.009_95 => format!("{:.1} ms", s * 1e3),
        s if s < 0.999_5 => format!("{:.0} ms", s * 1e3),
        s if s < 9.95 => format!("{s:.1} s").replace(".0 s", " s"),
        s if s < 119.5 => format!("{s:.0} s"),
        _ if minutes < 120.0 => format!("{minutes:.0} min"),
        _ if hours < 48.0 && minutes % 60.0 > 0.0 => format!("{hours:.0} h {:.0} min", minutes % 60.0),
        _ if hours < 48.0 => format!("{hours:.0} h"),
        s => format!("{:.0} days", (s / 86_400.0).floor()),
    }
}

/// `1536` → `1.5 KiB`.
pub fn bytes(bytes: f64) -> String {
    let mut amount = bytes.max(0.0);
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if amount < 1024.0 {
            let digits = usize::from(amount < 10.0 && unit != "B");
            return format!("{amount:.digits$} {unit}");
        }
        amount /= 1024.0;
    }
    format!("{amount:.1} TiB")
}

/// The UTC date of a moment: `2026-11-23`.
pub fn date(seconds: f64) -> String {
    stamp(seconds, "%Y-%m-%d")
}

/// The moment in UTC: `2026-11-23 09:00:12 UTC`.
pub fn moment(now: Timestamp) -> String {
    stamp(now.as_seconds_f64(), "%Y-%m-%d %H:%M:%S UTC")
}

/// A control character, one that turns the direction of writing, or one that breaks a line unseen: what others sent must not
/// steer a terminal, or make a page or a log say what isn't there.
pub fn is_hidden(character: char) -> bool {
    let turns =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// The text with its hidden characters escaped.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let escaped = |character: char| match is_hidden(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// JSON with the hidden characters of its texts escaped, as JSON escapes them: it says the same.
pub fn printable_json(json: String) -> String {
    // Those below U+0020 are escaped in texts already; elsewhere they are white space.
    let is_raw = |character: char| character > ' ' && is_hidden(character);
    if !json.contains(is_raw) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for character in json.chars() {
        match is_raw(character) {
            // All of them are in the first plane.
            true => write!(out, "\\u{:04x}", u32::from(character)).expect("writing to a String cannot fail"),
            false => out.push(character),
        }
    }
    out
}

/// The text as a part of an address of the web.
pub fn url_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => part.push(char::from(byte)),
            _ => write!(part, "%{byte:02X}").expect("writing to a String cannot fail"),
        }
    }
    part
}

fn stamp(seconds: f64, format: &str) -> String {
    let moment = jiff::Timestamp::from_second(seconds as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    moment.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        for (number, text) in [(0.0, "0"), (999.0, "999"), (1000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn percentages_never_round_to_nothing_or_all() {
        for (ratio, text) in
            [(0.0, "0 %"), (0.0001, "0.1 %"), (0.0412, "4.1 %"), (0.213, "21 %"), (0.9999, "99 %"), (1.0, "100 %")]
        {
            assert_eq!(percent(ratio), text);
        }
    }

    #[test]
    fn spans_have_a_fitting_unit() {
        let spans = [
            (0.0, "0 s"),
            (0.000_4, "400 µs"),
            (0.0042, "4.2 ms"),
            (0.24, "240 ms"),
            (4.2, "4.2 s"),
            (6.02, "6 s"),
            (45.0, "45 s"),
            (720.0, "12 min"),
            (11_100.0, "3 h 5 min"),
            (7200.0, "2 h"),
            (432_000.0, "5 days"),
        ];
        for (seconds, text) in spans {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn rates_without_tasks_are_per_hour_or_day() {
        assert_eq!(rate(true, 0.0394), "3.9 %");
        assert_eq!(rate(false, 5.0 / 3_600.0), "5 an hour");
        assert_eq!(rate(false, 12.7 / 86_400.0), "13 a day");
        assert_eq!(rate(false, 0.5 / 86_400.0), "0.50 a day");
    }

    #[test]
    fn fine_percentages_have_sensible_digits() {
        for (number, text) in [(0.0, "0 %"), (0.0394, "3.9 %"), (0.118, "11.8 %"), (0.00071, "0.071 %"), (1.7, "170 %")]
        {
            assert_eq!(fine_percent(number), text);
        }
    }

    #[test]
    fn plurals_follow_the_number() {
        assert_eq!([0, 1, 1_234].map(|n| plural(n, "case")), ["0 cases", "1 case", "1,234 cases"]);
    }

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(printable("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\\n");
        assert_eq!(printable("Müller"), "Müller");
        assert_eq!(printable_json("{\"a\":\n\"ü\u{202e}\u{7f}b\\n\"}".to_owned()), "{\"a\":\n\"ü\\u202e\\u007fb\\n\"}");
    }

    #[test]
    fn parts_of_addresses_are_encoded() {
        assert_eq!(url_part("a.b_c-1 &é/"), "a.b_c-1%20%26%C3%A9%2F");
    }

    #[test]
    fn sizes_and_moments() {
        assert_eq!((bytes(512.0), bytes(1536.0)), ("512 B".to_owned(), "1.5 KiB".to_owned()));
        assert_eq!(moment(Timestamp::from_seconds(0)), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(86_400.0), "1970-01-02");
    }
}
