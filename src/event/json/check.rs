//! Checks that a text must pass, wherever it came from: a field of JSON, or a header.

use super::super::kinds::AHEAD_MAX;
use super::super::time::{SECOND, Timestamp};
use super::phrase::{excerpt, is_control};

pub(super) const DEL: u8 = 0x7F;
/// The first byte of every C1 control, and of half of Latin-1.
pub(super) const C1_BEGINS: u8 = 0xC2;

/// What keeps `text` from being a name; completes "`queue` …".
pub(super) fn text_problem(text: &str, bytes_max: usize) -> Option<String> {
    if text.is_empty() || text.len() > bytes_max {
        return Some(match text.len() {
            0 => format!("is empty; expected 1 to {bytes_max} bytes"),
            length => format!("has {length} bytes (\"{}\"); expected 1 to {bytes_max}", excerpt(text)),
        });
    }
    // Not stopping at the first such byte lets the compiler check many at once.
    let is_suspect = |byte: u8| (byte < 0x20) | (byte == DEL) | (byte == C1_BEGINS);
    if !text.bytes().fold(false, |suspect, byte| suspect | is_suspect(byte)) {
        return None;
    }
    let control = text.chars().find(|&character| is_control(character))?;
    Some(format!(
        "holds the control character U+{:04X} (\"{}\"); expected text without control characters",
        u32::from(control),
        excerpt(text)
    ))
}

/// A moment, not too far ahead; the error completes "`time` …".
pub(super) fn time_of(text: &str, received: Timestamp) -> Result<Timestamp, String> {
    let time = Timestamp::parse_rfc3339(text)
        .map_err(|problem| format!("is \"{}\", which is no time: {problem}", excerpt(text)))?;
    if time.since(received) <= AHEAD_MAX {
        return Ok(time);
    }
    Err(format!(
        "is {time}, {} seconds after it was received ({received}); expected at most {} seconds: is a clock wrong?",
        time.since(received) / SECOND,
        AHEAD_MAX / SECOND
    ))
}
