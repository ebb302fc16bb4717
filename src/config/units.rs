//! How values are written: durations, sizes, moments and names, each with its unit and its bounds.
//!
//! Every reader returns a sentence that says what to write instead.

use super::key::written::shown;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::key::listen::is_host;
use super::key::spans::BUSINESS;
pub use super::key::spans::{DURATION_MAX, duration, duration_text};
use super::key::{Shape, What};
use jiff::civil;

use crate::event::{Fixed, Timestamp};

/// The length of a date: `2026-12-25`.
const DATE_BYTES: usize = 10;
/// The longest name, in bytes, as in events.
pub const NAME_BYTES_MAX: usize = 64;
/// The longest address of the web, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;

const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TB", 1_000_000_000_000),
    ("TiB", 1 << 40),
];

/// `8MiB`, `1GiB`, `500kB`: bytes.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if digits > 0 && unit.is_empty() {
        return Err(format!("{} has no unit; write {number}B, {number}KiB, {number}MiB or {number}GiB", shown(text)));
    }
    let wrong = || format!("{} is not a size; write a whole number with a unit, such as 8MiB or 1GiB", shown(text));
    let (_, factor) = SIZES.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    if digits == 0 {
        return Err(wrong());
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*factor))
        .ok_or_else(|| format!("{} is larger than any disk", shown(text)))
}

/// `2026-12-25`.
pub fn date(text: &str) -> Result<civil::Date, String> {
    let date = Some(text).filter(|text| text.len() == DATE_BYTES).and_then(|text| text.parse().ok());
    date.ok_or_else(|| format!("{} is not a date; write one such as 2026-12-25", shown(text)))
}

/// `2026-09-01` (midnight UTC) or RFC 3339.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{} is not a date; write one such as 2026-09-01 or 2026-09-01T08:00:00Z", shown(text));
    let nanos = if text.len() <= DATE_BYTES {
        let midnight = date(text)?.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
        midnight.timestamp().as_nanosecond()
    } else {
        text.parse::<jiff::Timestamp>().map_err(|_| wrong())?.as_nanosecond()
    };
    i64::try_from(nanos).map(Timestamp::from_nanos).map_err(|_| wrong())
}

/// A decimal number as YAML's core schema writes it.
pub fn number(text: &str) -> Option<Fixed> {
    Fixed::from_f64(text.parse().ok()?)
}

/// A name as events carry it: 1–64 bytes without controls.
pub fn name(text: &str) -> Result<(), String> {
    words(text, NAME_BYTES_MAX)
}

/// Text of 1 to `bytes_max` bytes without controls.
pub fn words(text: &str, bytes_max: usize) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    if text.len() > bytes_max {
        return Err(format!("{} has {} bytes; at most {bytes_max} are allowed", shown(text), text.len()));
    }
    match text.chars().find(|character| character.is_control()) {
        Some(control) => Err(format!("{} has the control character U+{:04X}", shown(text), u32::from(control))),
        None => Ok(()),
    }
}

/// An address of the web: `https://host/path`.
pub fn url(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`".contains(&byte));
    if !is_plain || text.len() > URL_BYTES_MAX || !is_authority(host) {
        return Err(format!("{} is no address of the web; write one such as https://day90.example.com", shown(text)));
    }
    Ok(())
}

/// An address of the web in which `{system}` is the name of a system.
pub fn link(text: &str) -> Result<(), String> {
    let filled = text.replace("{system}", "system");
    if filled.contains(['{', '}']) {
        return Err(format!("{} has a place for something else than {{system}}", shown(text)));
    }
    url(&filled).map_err(|_| {
        format!("{} is no address of the web; write one such as https://example.com/?of={{system}}", shown(text))
    })
}

/// A host with or without a port. (A name and a password in an address would be shown to whoever sees the page.)
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_address = match bracketed {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<Ipv4Addr>().is_ok(),
    };
    (is_address || is_host(host)) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// The name or the IP address of a host, without a port.
pub fn host(text: &str) -> Result<(), String> {
    if is_host(text) || text.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    Err(format!("{} is not the name of a host; write one such as day90.example.com, without a port", shown(text)))
}

/// The name of a system: 1–64 of `[a-z0-9._-]`.
pub fn slug(text: &str) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if text.is_empty() || text.len() > NAME_BYTES_MAX || !text.bytes().all(fits) {
        return Err(format!(
            "{} is not allowed here; use 1 to {NAME_BYTES_MAX} of a-z, 0-9, '.', '_' and '-'",
            shown(text)
        ));
    }
    Ok(())
}

/// A size as it would be written.
pub fn size_text(bytes: u64) -> String {
    let binary = SIZES.iter().rev().filter(|(unit, _)| unit.contains('i') || *unit == "B");
    let (unit, factor) =
        binary.copied().find(|(_, factor)| bytes.is_multiple_of(*factor) && bytes >= *factor).unwrap_or(("B", 1));
    format!("{}{unit}", bytes / factor)
}

/// A scalar as it would be written in a file.
pub fn written(what: &What, shape: &Shape) -> String {
    match (what, shape) {
        (What::Whole(bytes), Shape::Size { .. }) => size_text(*bytes),
        (What::Whole(bits), Shape::Permissions) => format!("\"{bits:04o}\""),
        (What::Whole(number), _) => number.to_string(),
        (What::Bool(value), _) => value.to_string(),
        (What::Nanos(nanos), _) => duration_text(*nanos),
        (What::Business(nanos), _) => format!("{} {BUSINESS}", duration_text(*nanos)),
        (What::Number(number), _) => number.to_string(),
        (What::Scale(low, high), _) => format!("[{low}, {high}]"),
        (What::Text(text) | What::Path { written: text, .. }, _) => text.clone(),
        (What::Address(address), _) => address.to_string(),
        (What::Moment(moment), _) => moment.to_string(),
        (What::Date(date), _) => date.to_string(),
        (What::Map(_) | What::Table(_) | What::List(_), _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("8MiB", 8 << 20), ("1GiB", 1 << 30), ("512KiB", 512 << 10), ("1kB", 1_000), ("7B", 7)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
            assert_eq!(size(&size_text(bytes)), Ok(bytes), "{text} written again");
        }
        for (text, why) in [
            ("8388608", "no unit"),
            ("8M", "not a size"),
            ("8mib", "not a size"),
            ("1.5GiB", "not a size"),
            ("MiB", "not a size"),
            ("-1MiB", "not a size"),
            ("99999999999TiB", "larger than any disk"),
        ] {
            let error = size(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn an_address_of_the_web_has_a_scheme_and_a_host() {
        for text in
            ["https://day90.example.com", "http://127.0.0.1:9790/x?y=z#a", "https://[::1]:1/", "https://a.b/%20"]
        {
            assert_eq!(url(text), Ok(()), "{text}");
        }
        for text in [
            "day90.example.com",
            "ftp://a.b",
            "https://",
            "https:///x",
            "https://a b/",
            "https://u:p@a.b/",
            "https://a.b:x/",
        ] {
            assert!(
                url(text).expect_err(text).contains("is no address of the web; write one such as https://"),
                "{text}"
            );
        }
        assert_eq!(link("https://a.b/{system}?x={system}"), Ok(()));
        assert!(link("https://a.b/{name}").expect_err("another place").contains("something else than {system}"));
        assert!(host("day90.payments.svc").is_ok() && host("::1").is_ok());
        assert!(host("day90:9790").expect_err("a port").contains("without a port"));
    }

    #[test]
    fn a_date_is_midnight_utc() {
        let midnight = 1_788_220_800;
        assert_eq!(moment("2026-09-01"), Ok(Timestamp::from_seconds(midnight)));
        assert_eq!(moment("2026-09-01T02:00:00+02:00"), Ok(Timestamp::from_seconds(midnight)));
        for text in
            ["2026-02-30", "01.09.2026", "2026-9-1", "2026-09", "yesterday", "2026-09-01T08:00:00", "9999-12-31", ""]
        {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
