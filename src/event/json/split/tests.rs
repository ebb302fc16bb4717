//! Bodies cut into events: line by line, or as a stream of values, judged by serde_json.

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::event::{Fixed, Inlet, Kind, Timestamp};

fn context() -> Context<'static> {
    Context {
        received: Timestamp::from_seconds(1_795_424_400),
        inlet: Inlet::Http,
        default_system: Some("s"),
        rating_scale: &|_| (Fixed::ONE, Fixed::from_units(5)),
        event_age: i64::MAX,
        notes: None,
    }
}

/// What the events of a body came to: their names, or the reason of their rejection; nothing but the error where it breaks.
fn cut(body: &[u8]) -> Result<Vec<Result<String, Reason>>, String> {
    let context = context();
    let mut events = Events::new(body, &context);
    let mut cut = vec![];
    for Numbered { index, event } in events.by_ref() {
        assert_eq!(index as usize, cut.len());
        cut.push(event.map(|event| event.id.unwrap_or_default().into_owned()).map_err(|rejection| rejection.reason));
    }
    assert_eq!(events.position() as usize, cut.len());
    match events.broken() {
        Some(broken) => Err(broken.error.clone()),
        None => Ok(cut),
    }
}

fn event(id: &str) -> String {
    format!(r#"{{"type":"{}","id":"{id}"}}"#, Kind::FallbackEnded)
}

fn taken(ids: &[&str]) -> Result<Vec<Result<String, Reason>>, String> {
    Ok(ids.iter().map(|id| Ok(id.to_string())).collect())
}

const NO_EVENT: Result<String, Reason> = Err(Reason::Syntax);

#[test]
fn lines_are_events_whatever_ends_them() {
    let (a, b) = (event("a"), event("b"));
    for body in [
        format!("{a}\n{b}"),
        format!("{a}\r\n\r\n   \n{b}\r\n"),
        format!("\u{feff}{a}\n{b}\n"),
        format!("  {a}  \n\t{b}"),
        format!("\n\n{a}\n{b}"),
    ] {
        assert_eq!(cut(body.as_bytes()), taken(&["a", "b"]), "{body:?}");
    }
}

#[test]
fn a_line_may_hold_several_values() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(event);
    for body in [format!("{a}{b}\n{c} {d}"), format!("{a} [{b},{c}]{d}"), format!("{a}[]{b}\n{c}[]\n{d}")] {
        assert_eq!(cut(body.as_bytes()), taken(&["a", "b", "c", "d"]), "{body:?}");
    }
    let mixed = cut(format!("{a} 5 [\"x\"]\n{b}").as_bytes());
    assert_eq!(mixed, Ok(vec![Ok("a".into()), NO_EVENT, NO_EVENT, Ok("b".into())]));
}

#[test]
fn a_broken_line_costs_itself_alone_and_all_of_itself() {
    let (a, b) = (event("a"), event("b"));
    for broken in ["{\"type\":", "{nope}", &format!("{b}{{"), &format!("{b} ]"), &format!("{b}{b},"), &format!("{b}5x")]
    {
        let body = format!("{a}\n{broken}\n{b}\n");
        assert_eq!(cut(body.as_bytes()), Ok(vec![Ok("a".into()), NO_EVENT, Ok("b".into())]), "{body}");
    }
}

#[test]
fn any_other_body_is_a_stream_of_values() {
    let [a, b, c] = ["a", "b", "c"].map(event);
    for body in [
        format!("[{a},{b},{c}]"),
        format!(" [ {a} ,\n {b} ]\n{c}"),
        format!("[{a}][{b}][]{c}"),
        format!("[]\n{a}{b} {c}"),
        format!("{{\n\"type\":\"fallback.ended\",\n\"id\":\"a\"}}\n{b}\n{c}"),
    ] {
        assert_eq!(cut(body.as_bytes()), taken(&["a", "b", "c"]), "{body}");
    }
}

#[test]
fn a_stream_that_breaks_is_not_taken() {
    let a = event("a");
    for body in [
        format!("[{a},"),
        format!("[{a}"),
        format!("[{a},]"),
        format!("[{a},,{a}]"),
        format!("[{a} {a}]"),
        format!("[{a}]]"),
        format!("[{a}] x"),
        format!("{a}\nx\n{a}"),
        "hello".to_string(),
        "type=task.completed".to_string(),
        format!("[{a},{{\"b\":nope}}]"),
        format!("5{a}6x"),
        "]".to_string(),
    ] {
        assert!(cut(body.as_bytes()).is_err(), "{body}");
    }
    assert!(cut(b"[{\"type\":\"fallback.ended\"},\n{\"a\":\"\xff\"}]").is_err_and(|error| error.contains("byte 35")));
}

#[test]
fn a_value_that_is_no_event_costs_itself_alone() {
    let a = event("a");
    let body = format!("[5,{a},\"x\",[{a}],null,true,{{}}]");
    let expected = [NO_EVENT, Ok("a".into()), NO_EVENT, NO_EVENT, NO_EVENT, NO_EVENT, Err(Reason::MissingField)];
    assert_eq!(cut(body.as_bytes()), Ok(expected.to_vec()));
    let long = format!("[{{\"type\":\"{}\"}},{a}]", "x".repeat(70_000));
    assert_eq!(cut(long.as_bytes()), Ok(vec![Err(Reason::TooLarge), Ok("a".into())]));
    let line = format!("{{\"type\":\"{}\"}}\n{a}", "x".repeat(70_000));
    assert_eq!(cut(line.as_bytes()), Ok(vec![Err(Reason::TooLarge), Ok("a".into())]));
}

#[test]
fn a_long_line_of_short_events_is_taken() {
    let body: String = (0..3_000).map(|number| event(&number.to_string())).collect();
    assert_eq!(cut(body.as_bytes()).expect("values").iter().filter(|event| event.is_ok()).count(), 3_000);
}

#[test]
fn nothing_is_no_event() {
    let context = context();
    for (body, is_blank) in
        [("", true), (" \n\r\n\t", true), ("\u{feff}", true), ("[]", false), (" [ \n] ", false), ("[][]", false)]
    {
        let mut events = Events::new(body.as_bytes(), &context);
        assert_eq!((events.next(), events.broken(), events.is_blank()), (None, None, is_blank), "{body:?}");
    }
}

#[test]
fn only_the_line_with_bad_bytes_is_rejected() {
    let (a, b) = (event("a"), event("b"));
    let body = [a.as_bytes(), b"\n{\"b\":\"\xff\"}\n", b.as_bytes()].concat();
    assert_eq!(cut(&body), Ok(vec![Ok("a".into()), Err(Reason::Encoding), Ok("b".into())]));
}

#[test]
fn errors_say_the_line() {
    let context = context();
    let errors = |body: &str| -> Vec<String> {
        Events::new(body.as_bytes(), &context).filter_map(|item| item.event.err().map(|error| error.error)).collect()
    };
    let lines = errors("{\"type\":\"fallback.ended\"}\n\n{\"type\":1}\n{\"type\":2}{\"type\":3}\n{");
    let expected = ["line 3, character 9 ", "line 4, character 9 ", "line 4, character 9 ", "line 5, character 2 "];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    lines.iter().zip(expected).for_each(|(line, expected)| assert!(line.starts_with(expected), "{line}"));
    let stream = errors("[\n{\"type\":\"fallback.ended\"},\n{\"type\":1},\n{\n\"type\":2}]");
    assert!(stream[0].starts_with("line 3, character 9 ") && stream[1].starts_with("line 5, column 8"), "{stream:?}");
    let mut broken = Events::new(b"[\n{\"a\":1},\nx]", &context);
    broken.by_ref().for_each(drop);
    assert_eq!(
        broken.broken().map(|broken| broken.error.as_str()),
        Some("line 3, column 1: expected a JSON value, found `x`")
    );
}

/// The values of a body as the contract has them, read by serde_json: `None` where it breaks.
fn judged(body: &str) -> Option<Vec<Option<bool>>> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let is_blank = |line: &&str| line.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
    let mut lines = body.split('\n').filter(|line| !is_blank(line));
    if lines.all(|line| line.trim_start_matches([' ', '\t', '\r']).starts_with('{')) {
        let lines = body.split('\n').filter(|line| !is_blank(line));
        return Some(lines.flat_map(|line| values(line).unwrap_or_else(|| vec![None])).collect());
    }
    values(body)
}

/// Whether each value of a stream is an object, arrays taken apart.
fn values(text: &str) -> Option<Vec<Option<bool>>> {
    let mut values = vec![];
    for value in serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>() {
        let value = value.ok()?;
        match value.get().starts_with('[') {
            true => {
                let elements: Vec<Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
                values.extend(elements.iter().map(|element| Some(element.get().starts_with('{'))));
            }
            false => values.push(Some(value.get().starts_with('{'))),
        }
    }
    Some(values)
}

/// The same of ours: an object is taken, or rejected for another reason than its syntax.
fn ours(body: &str) -> Option<Vec<Option<bool>>> {
    let context = context();
    let mut events = Events::new(body.as_bytes(), &context);
    let values = events
        .by_ref()
        .map(|item| match item.event {
            Ok(_) => Some(true),
            Err(rejection) if rejection.error.contains("expected an event") => Some(false),
            Err(rejection) if rejection.reason == Reason::Syntax => None,
            Err(_) => Some(true),
        })
        .collect();
    if events.broken().is_some() { None } else { Some(values) }
}

/// Bodies that nearly are what senders send.
fn bodies() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        8 => "\\{(\"type\":\"fallback.ended\"(,\"id\":\"[a-c]\")?)?\\}",
        3 => "\\{\"x\":(1|\"[\\]\\[{},]*\"|\\[[0-9]\\]|\\{\\}|\"\\\\ud83d\")\\}",
        2 => "\\{ ?\"a\" ?:\n? ?[0-9]{1,2}[\r\n]?\\}",
        1 => "(5|-1.5e3|true|null|\"x\"|\\[\\]|\\[\\[\\]\\])",
        1 => "[\\[\\]{}\",:\\\\ \n1x-]{1,3}",
    ];
    let gap = prop_oneof![4 => Just("\n"), 2 => Just(""), 2 => Just(" "), 1 => Just("\r\n"), 1 => Just(","), 1 => Just("\n\n"), 1 => Just("\t")];
    let array = prop::collection::vec(value.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(",")));
    let piece = prop_oneof![5 => value, 1 => array];
    prop::collection::vec((piece, gap), 0..6)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, gap)| piece + gap).collect())
}

/// DAY90_BODIES changes how many bodies are judged.
fn count() -> u32 {
    std::env::var("DAY90_BODIES").ok().and_then(|text| text.parse().ok()).unwrap_or(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: count(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bodies_come_apart_as_serde_json_takes_them_apart(body in bodies()) {
        prop_assert_eq!(ours(&body), judged(&body), "{:?}", body);
    }

    #[test]
    fn any_bytes_come_apart_without_a_panic(body: Vec<u8>, at: prop::sample::Index, text in "[\\[\\]{}\",:\\\\ \\n1]{0,40}") {
        let _ = cut(&body);
        let _ = cut(text.as_bytes());
        let mut mixed = text.into_bytes();
        let at = at.index(mixed.len() + 1);
        mixed.splice(at..at, body);
        let _ = cut(&mixed);
    }
}
