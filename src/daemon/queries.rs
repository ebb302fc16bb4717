//! What may follow the question mark, read strictly: a misspelled name is an error, not an answer about everything.

use std::str::FromStr;

use crate::config::units;
use crate::event::Timestamp;
use crate::state::signals::rare::RareKind;
use crate::state::views::cases::PAGE_MAX;
use crate::state::views::rare::{EVENTS_MAX, RareQuery, RareWhat};

/// Open cases or events in an answer, when the caller doesn't say.
const PAGE_DEFAULT: usize = 100;

/// `system=…` or nothing.
pub(super) fn system_query(query: &str) -> Result<Option<&str>, String> {
    match query.split_once('=') {
        None if query.is_empty() => Ok(None),
        Some(("system", system)) if !system.contains('&') => Ok(Some(system).filter(|system| !system.is_empty())),
        _ => Err("known is system alone".to_owned()),
    }
}

/// `system=…&queue=…&offset=…&limit=…`, each at most once.
#[derive(Debug, Default, PartialEq)]
pub(super) struct CasesQuery {
    pub(super) system: Option<String>,
    pub(super) queue: Option<String>,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl CasesQuery {
    pub(super) fn parse(query: &str) -> Result<CasesQuery, String> {
        let mut asked = CasesQuery { limit: PAGE_DEFAULT, ..CasesQuery::default() };
        for (name, value) in pairs(query) {
            match name {
                "system" => asked.system = given(decoded(value)?),
                "queue" => asked.queue = given(decoded(value)?),
                "offset" => asked.offset = whole(name, value)?,
                "limit" => asked.limit = whole::<usize>(name, value)?.clamp(1, PAGE_MAX),
                _ => {
                    return Err(format!(
                        "{name} is not known; known are system, queue, offset and limit (at most {PAGE_MAX})"
                    ));
                }
            }
        }
        Ok(asked)
    }
}

/// `system=…&type=…&since=…&after=…&limit=…`, each at most once. `since` is a span of time before `now`.
pub(super) fn rare_query(query: &str, now: Timestamp) -> Result<RareQuery, String> {
    let mut asked = RareQuery { limit: PAGE_DEFAULT, ..RareQuery::default() };
    for (name, value) in pairs(query) {
        match name {
            "system" => asked.system = given(decoded(value)?),
            "type" => asked.what = Some(RareWhat::from_word(value).ok_or_else(no_such_type)?),
            "since" => asked.since = Some(now.plus(-units::duration(value)?)),
            "after" => asked.after = Some(whole(name, value)?),
            "limit" => asked.limit = whole::<usize>(name, value)?.clamp(1, EVENTS_MAX),
            _ => {
                return Err(format!(
                    "{name} is not known; known are system, type, since, after and limit (at most {EVENTS_MAX})"
                ));
            }
        }
    }
    Ok(asked)
}

fn no_such_type() -> String {
    format!("type is one of {}, or a type of events", RareKind::WORDS.join(", "))
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn whole<N: FromStr>(name: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{name} is a whole number, from 0 on"))
}

/// A value without its escapes: `%20`, or `+` for a space.
fn decoded(value: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit(), digit());
                let pair = high.zip(low).ok_or("an escape is % and two hexadecimal digits")?;
                (pair.0 << 4 | pair.1) as u8
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| "a value is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_a_system_is_read_strictly() {
        assert_eq!(system_query(""), Ok(None));
        assert_eq!(system_query("system=agent"), Ok(Some("agent")));
        for wrong in ["sytem=agent", "agent", "system=a&stage=current"] {
            assert!(system_query(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_query_of_cases_is_read_strictly() {
        let asked = CasesQuery::parse("system=agent&offset=20&limit=5000").unwrap();
        let expected = CasesQuery { system: Some("agent".into()), queue: None, offset: 20, limit: PAGE_MAX };
        assert_eq!(asked, expected);
        assert_eq!(CasesQuery::parse("queue=a%20b+%C3%A9").unwrap().queue.as_deref(), Some("a b é"));
        for wrong in ["queue=%2", "queue=%zz", "queue=%ff"] {
            assert!(CasesQuery::parse(wrong).is_err(), "{wrong}");
        }
        assert!(CasesQuery::parse("limit=many").unwrap_err().contains("whole number"));
        assert!(CasesQuery::parse("sytem=agent").unwrap_err().contains("known are"));
    }

    #[test]
    fn the_query_of_events_is_read_strictly() {
        let now = Timestamp::from_seconds(10_000);
        let asked = rare_query("system=a&type=change&since=2h&after=7&limit=3", now).unwrap();
        let expected = RareQuery {
            system: Some("a".into()),
            what: RareWhat::from_word("change"),
            since: Some(Timestamp::from_seconds(2_800)),
            after: Some(7),
            limit: 3,
        };
        assert_eq!(asked, expected);
        for (wrong, part) in [
            ("type=chang", "violation, change"),
            ("since=2", "unit"),
            ("after=x", "whole number"),
            ("s=1", "known are"),
        ] {
            let error = rare_query(wrong, now).unwrap_err();
            assert!(error.contains(part), "{wrong}: {error}");
        }
    }
}
