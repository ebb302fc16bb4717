//! A line becomes events, each with an id: without one, an event that is sent again would count twice.
//!
//! The text of an event is left as it is, so that the daemon judges what the sender wrote.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::send::random_id;

/// The events that a line holds, or what is wrong with the line. A blank line holds none.
pub(super) fn events(line: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_slice(line).into_iter::<&RawValue>() {
        match value {
            Ok(value) => add(value.get(), &mut events)?,
            // The daemon says what is wrong, and counts it.
            Err(_) if line.starts_with(b"{") => return Ok(vec![line.to_vec()]),
            Err(error) => {
                return Err(format!("this is not JSON ({error}); expected an event, as one JSON object a line"));
            }
        }
    }
    Ok(events)
}

fn add(value: &str, events: &mut Vec<Vec<u8>>) -> Result<(), String> {
    match value.as_bytes().first() {
        Some(b'{') => events.push(with_id(value)),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(value).map_err(|error| error.to_string())?;
            elements.into_iter().try_for_each(|element| add(element.get(), events))?;
        }
        _ => {
            let found: String = value.chars().take(40).collect();
            return Err(format!("this is {found}; expected an event, as one JSON object a line"));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Known<'a> {
    #[serde(borrow, default, deserialize_with = "even_null")]
    id: Option<&'a RawValue>,
}

fn even_null<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

/// The object with an id: its own, or one that is made here.
fn with_id(object: &str) -> Vec<u8> {
    let made = || format!("\"{}\"", random_id());
    match serde_json::from_str::<Known<'_>>(object) {
        // An id that is there twice, for example. It is the daemon's to say.
        Err(_) => object.as_bytes().to_vec(),
        Ok(Known { id: None }) => {
            let rest = object[1..].trim_start();
            let comma = if rest == "}" { "" } else { "," };
            format!("{{\"id\":{}{comma}{rest}", made()).into_bytes()
        }
        Ok(Known { id: Some(id) }) if matches!(id.get(), "null" | "\"\"") => {
            let start = id.get().as_ptr() as usize - object.as_ptr() as usize;
            format!("{}{}{}", &object[..start], made(), &object[start + id.get().len()..]).into_bytes()
        }
        Ok(_) => object.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let events = events(line.as_bytes()).unwrap_or_else(|error| vec![error.into_bytes()]);
        events.into_iter().map(|event| String::from_utf8(event).expect("UTF-8")).collect()
    }

    #[test]
    fn an_event_without_an_id_is_given_one_and_nothing_else_changes() {
        for line in [
            "{\"type\":\"a\",\"n\":1.0e2}",
            " { \"type\" : \"a\", \"x\": {\"id\": 5} }\r",
            "{}",
            "{ }",
            "{\"x\":\"\\ud83d\"}",
        ] {
            let made = texts(line);
            let event = made[0].strip_prefix("{\"id\":\"").expect("an id comes first");
            let (id, rest) = event.split_at(32);
            assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
            let rest = rest.strip_prefix("\",").or_else(|| rest.strip_prefix('"')).expect("more");
            assert_eq!(rest, line.trim()[1..].trim_start(), "{line}");
        }
    }

    #[test]
    fn an_id_that_is_there_stays_and_none_is_none() {
        for line in [
            "{\"id\":\"mine\",\"type\":\"a\"}",
            "{\"type\":\"a\",\"id\":7}",
            "{\"\\u0069d\":\"mine\"}",
            "{\"id\":1,\"id\":2}",
        ] {
            assert_eq!(texts(line), [line]);
        }
        for line in ["{\"type\":\"a\",\"id\":null}", "{\"id\":\"\",\"type\":\"a\"}"] {
            let event: Value = serde_json::from_str(&texts(line)[0]).expect("JSON");
            assert_eq!((event["type"].as_str(), event["id"].as_str().map(str::len)), (Some("a"), Some(32)), "{line}");
        }
        let cloudevent = "{\"specversion\":\"1.0\",\"id\":\"1\",\"data\":{}}";
        assert_eq!(texts(cloudevent), [cloudevent]);
    }

    #[test]
    fn a_line_may_hold_several_events() {
        assert_eq!(texts("{\"id\":1}{\"id\":2} {\"id\":3}"), ["{\"id\":1}", "{\"id\":2}", "{\"id\":3}"]);
        assert_eq!(texts("\u{feff}[{\"id\":1},{\"id\":2}]"), ["{\"id\":1}", "{\"id\":2}"]);
        assert_eq!(texts(" \t\r"), [""; 0]);
    }

    #[test]
    fn what_is_no_event_is_told_apart() {
        for line in ["ERROR it failed", "5", "\"text\"", "[1]", "[{", "null"] {
            assert!(events(line.as_bytes()).expect_err(line).contains("expected an event"), "{line}");
        }
        for broken in ["{\"type\":", "{\"id\":1} x", "{'a':1}"] {
            assert_eq!(texts(broken), [broken], "the daemon says what is wrong");
        }
    }
}
