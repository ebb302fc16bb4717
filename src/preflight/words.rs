//! The small texts that evidence is made of.

use crate::config::units::duration_text;
use crate::event::Timestamp;
use crate::event::time::DAY;
use crate::words;

/// Names in a list; further ones are counted.
const LISTED_MAX: usize = 4;

/// `a, b, c, d and 3 more`.
pub(super) fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    let shown: Vec<&str> = names.iter().take(LISTED_MAX).map(AsRef::as_ref).collect();
    match names.len().checked_sub(LISTED_MAX) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The command that sends an event, to copy into a shell. A word in capitals is for the reader to replace.
pub(super) fn emit(kind: &str, system: &str, fields: &[(&str, &str)]) -> String {
    let fields: String = fields.iter().map(|(name, value)| format!(" {name}={}", argument(value))).collect();
    format!("`day90 emit {kind} system={system}{fields}`")
}

/// A text as one word of a shell.
fn argument(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/@+,".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The UTC date of a moment: `2026-11-23`.
pub(super) fn date(at: Timestamp) -> String {
    at.to_string()[..10].to_owned()
}

/// `2026-11-23, 3 days ago`; `never`.
pub(super) fn when(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "never".to_owned(), |at| format!("{}, {} ago", date(at), span(now.since(at))))
}

/// A measured span, in nanoseconds, in a fitting unit: `45 s`, `12 min`, `5 days`.
pub(super) fn span(nanos: i64) -> String {
    words::span(nanos as f64 / 1e9)
}

/// A declared span, in nanoseconds, as the configuration would spell it: `90d`, `1h30m`. Whole days stay days.
pub(super) fn declared_span(nanos: i64) -> String {
    if nanos > 0 && nanos % DAY == 0 {
        return format!("{}d", nanos / DAY);
    }
    match duration_text(nanos) {
        text if text.is_empty() => "0s".to_owned(),
        text => text,
    }
}

/// `0.0412` → `4.1 %`.
pub(super) fn percent(ratio: f64) -> String {
    words::percent(ratio)
}

/// `1234` → `1,234`.
pub(super) fn count(number: u64) -> String {
    words::count(number as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_safe_to_copy_whatever_a_sender_called_it() {
        let command = emit("input.checked", "agent", &[("input", "crm"), ("result", "$(rm -rf ~)'s")]);
        assert_eq!(command, r"`day90 emit input.checked system=agent input=crm result='$(rm -rf ~)'\''s'`");
    }

    #[test]
    fn lists_stay_short() {
        assert_eq!(listed(["a"]), "a");
        assert_eq!(listed(["a", "b", "c", "d"]), "a, b, c, d");
        assert_eq!(listed(["a", "b", "c", "d", "e", "f"]), "a, b, c, d and 2 more");
        assert_eq!((declared_span(90 * DAY), declared_span(90 * 60_000_000_000)), ("90d".into(), "1h30m".into()));
        assert_eq!(when(None, Timestamp::EPOCH), "never");
        let at = Timestamp::from_seconds(1_795_424_400);
        assert_eq!(when(Some(at), at.plus(180_000_000_000)), "2026-11-23, 3 min ago");
    }
}
