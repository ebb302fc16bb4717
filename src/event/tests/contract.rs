//! The parser against the table of the contract, in both directions.

use serde_json::{Map, Value, json};

use super::super::json::names::{COUNT, NAMES};
use super::super::kinds::{COMMON, EventType, Form, Spec, TABLE};
use super::*;

fn example(row: &EventType) -> Map<String, Value> {
    serde_json::from_str(row.example).expect("an example is JSON")
}

fn parse_map(map: &Map<String, Value>) -> Result<Event<'static>, Rejection> {
    parse(&Value::Object(map.clone()).to_string()).map(Event::into_owned)
}

/// A value of this shape that is right but for one thing, and one that is right.
fn values(shape: Form) -> (Vec<Value>, Vec<Value>) {
    let long = |bytes: usize| Value::from("x".repeat(bytes));
    match shape {
        Form::Text(max) => (vec![json!(5), json!("a\u{7f}"), long(max + 1)], vec![json!("é\""), long(max)]),
        Form::Name => (vec![json!(5), json!("a\u{7f}"), long(8_193)], vec![json!("é\""), long(65)]),
        Form::Identifier => {
            (vec![json!(5.5), json!("a\u{7f}"), long(1_025)], vec![json!("é\""), json!(-5), long(1_024)])
        }
        Form::Versions => (vec![json!("v8"), json!({"prompt": 1.5})], vec![json!({"prompt": "v8", "model": 3})]),
        Form::Word(words) => (vec![json!(5), json!("no such word")], words.iter().map(|word| json!(word)).collect()),
        Form::Seconds | Form::Amount => {
            (vec![json!("x"), json!(1_000_000_001)], vec![json!(0), json!(0.25), json!(1_000_000_000)])
        }
        Form::Ratio => (vec![json!("1"), json!(-0.1), json!(1.1)], vec![json!(0), json!(0.5), json!(1)]),
        Form::Count => (vec![json!("5"), json!(-1), json!(0.5)], vec![json!(0), json!(9_007_199_254_740_992_u64)]),
        Form::Flag => (vec![json!("true"), json!(1)], vec![json!(true), json!(false)]),
        Form::Currency => (vec![json!(5), json!("euro")], vec![json!("JPY"), json!("eur")]),
        Form::Feedback => (vec![json!("4"), json!(5.5)], vec![json!(4.5)]),
        Form::Time => (vec![json!(5), json!("noon")], vec![json!("2026-11-23T09:05:00+00:00")]),
        Form::System => (vec![json!(5), json!("A")], vec![json!("a.b_c-9")]),
    }
}

fn specs(row: &'static EventType) -> impl Iterator<Item = &'static Spec> {
    COMMON.iter().chain(row.fields)
}

#[test]
fn every_example_has_every_field_and_nothing_unknown() {
    for row in TABLE {
        let example = example(row);
        let event = parse(row.example).unwrap_or_else(|rejection| panic!("{}: {rejection:?}", row.kind));
        assert_eq!((event.body.kind(), event.unknown_fields), (row.kind, 0));
        for spec in row.fields {
            assert!(example.contains_key(spec.field), "{}: the example lacks {}", row.kind, spec.field);
        }
        for name in example.keys().filter(|name| *name != "type") {
            let known = specs(row).any(|spec| spec.field == name);
            assert!(known, "{}: the table lacks {name}", row.kind);
        }
    }
}

#[test]
fn what_the_table_requires_is_required_and_nothing_else() {
    for row in TABLE {
        for spec in row.fields {
            let mut event = example(row);
            event.remove(spec.field);
            // Half an amount means nothing, and a rating needs its value: two rules that the table has only in words.
            let other_half = match spec.field {
                "cost" => "currency",
                "currency" => "cost",
                _ => "",
            };
            if !spec.required {
                event.remove(other_half);
                event.insert("signal".into(), json!("complaint"));
            }
            match parse_map(&event) {
                Ok(_) => assert!(!spec.required, "{}: {} is not required", row.kind, spec.field),
                Err(rejection) => {
                    assert!(spec.required, "{}: {} is required: {rejection:?}", row.kind, spec.field);
                    assert_eq!(rejection.reason, Reason::MissingField, "{rejection:?}");
                    assert_eq!(rejection.field.as_deref(), Some(spec.field), "{rejection:?}");
                }
            }
        }
    }
}

#[test]
fn values_are_held_to_the_shape_that_the_table_says() {
    for row in TABLE {
        for spec in specs(row) {
            let (bad, good) = values(spec.form);
            for value in bad {
                let mut event = example(row);
                event.insert(spec.field.to_string(), value.clone());
                let rejection = parse_map(&event).expect_err(&format!("{}: {} {value}", row.kind, spec.field));
                let named = rejection.field.as_deref().unwrap_or_default();
                assert_eq!(named.split('.').next(), Some(spec.field), "{rejection:?}");
                assert!(rejection.error.starts_with("line 1, character "), "{rejection:?}");
                assert!(rejection.error.contains("expected") || rejection.reason == Reason::Time, "{rejection:?}");
            }
            for value in good {
                let mut event = example(row);
                event.insert(spec.field.to_string(), value.clone());
                if spec.field == "signal" {
                    event.insert("value".into(), if value == "thumbs" { json!("up") } else { json!(1) });
                }
                let parsed = parse_map(&event);
                assert!(parsed.is_ok(), "{}: {} {value}: {parsed:?}", row.kind, spec.field);
            }
        }
    }
}

#[test]
fn a_field_of_another_type_is_unknown() {
    for row in TABLE {
        let is_own = |name: &str| name == "type" || specs(row).any(|spec| spec.field == name);
        // With a specversion the event would be a CloudEvent.
        for field in NAMES[..COUNT].iter().filter(|name| !is_own(name) && **name != "specversion") {
            let mut event = example(row);
            event.insert(field.to_string(), json!(["whatever"]));
            assert_eq!(parse_map(&event).map(|event| event.unknown_fields), Ok(1), "{}: {field}", row.kind);
        }
    }
}

#[test]
fn both_spellings_make_the_same_event() {
    for row in TABLE {
        let mut data = example(row);
        let short = parse_map(&data).expect("the example");
        data.remove("type");
        let mut cloud =
            json!({"specversion": "1.0", "type": format!("dev.day90.{}", row.kind), "source": "refund-agent"});
        for (name, attribute) in [("id", "id"), ("time", "time"), ("case", "subject"), ("system", "")] {
            if let (Some(value), false) = (data.remove(name), attribute.is_empty()) {
                cloud[attribute] = value;
            }
        }
        let headers: Vec<(String, String)> = cloud
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_string()))
            .collect();
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let data = Value::Object(data).to_string();
        let expected = Event { source: Some("refund-agent".into()), ..short };
        // Senders that encode twice send the data as a string with JSON text.
        let text = Value::from(data.as_str()).to_string();
        for data in [&data, &text] {
            assert_eq!(
                cloudevents::binary(&headers, data.as_bytes(), &context()),
                Ok(expected.clone()),
                "{}",
                row.kind
            );
            cloud["data"] = serde_json::from_str(data).expect("data");
            assert_eq!(parse(&cloud.to_string()), Ok(expected.clone()), "{}", row.kind);
        }
    }
}

#[test]
fn every_type_survives_the_journal() {
    for row in TABLE {
        let mut least = example(row);
        let is_required = |name: &String| row.fields.iter().any(|spec| spec.required && spec.field == name);
        least.retain(|name, _| name == "type" || name == "system" || is_required(name));
        // What the table has only in words.
        match row.kind {
            Kind::FeedbackReceived => drop(least.insert("signal".into(), json!("appeal"))),
            Kind::ChangeApproved | Kind::ChangeFailed => drop(least.insert("change".into(), json!("c"))),
            _ => {}
        }
        for event in [parse_map(&least), parse_map(&example(row))] {
            let event = event.expect("an event");
            let mut bytes = vec![];
            binary::encode(&event, &mut bytes);
            bytes.extend_from_slice(b"what follows");
            let (decoded, length) = binary::decode(&bytes).expect("what was encoded");
            assert_eq!((decoded, length), (event, bytes.len() - b"what follows".len()));
        }
    }
}

#[test]
fn defaults_are_those_of_the_contract() {
    let started = parse(r#"{"type":"rollback.started","system":"s","rollback":"r"}"#).unwrap();
    let expected =
        Body::RollbackStarted { rollback: "r".into(), change: None, trigger: Trigger::Other, to: None, drill: false };
    assert_eq!((started.body, started.time), (expected, context().received));
    let attempted = parse(r#"{"type":"action.attempted","system":"s","action":"a","mode":"decide"}"#).unwrap();
    assert!(matches!(attempted.body, Body::ActionAttempted { allowed: true, .. }));
}

#[test]
fn the_system_comes_from_the_event_else_from_the_source_else_from_the_configuration() {
    let configured = Context { default_system: Some("fallback"), ..context() };
    let system = |text: &str| json::parse(text, 1, &configured).map(|event| event.system.into_owned());
    let cloud = |source: &str, data: &str| {
        system(&format!(
            r#"{{"specversion":"1.0","type":"dev.day90.fallback.ended","id":"1","source":"{source}","data":{data}}}"#
        ))
    };
    assert_eq!(system(r#"{"type":"fallback.ended"}"#).as_deref(), Ok("fallback"));
    assert_eq!(system(r#"{"type":"fallback.ended","system":"own"}"#).as_deref(), Ok("own"));
    assert_eq!(cloud("https://example.com/Refund Agent?x#y", "{}").as_deref(), Ok("refund-agent"));
    assert_eq!(cloud("/a/b", r#"{"system":"own"}"#).as_deref(), Ok("own"));
    assert_eq!(cloud("/", "{}").as_deref(), Ok("fallback"));
    assert_eq!(cloud(&"é".repeat(70), "{}").as_deref(), Ok("-".repeat(64).as_str()));
}

#[test]
fn ratings_are_held_to_the_scale_of_their_system() {
    let scale = |system: &str| {
        if system == "ten" { (Fixed::ZERO, Fixed::from_units(10)) } else { (Fixed::ONE, Fixed::from_units(5)) }
    };
    let context = Context { rating_scale: &scale, ..context() };
    let rated = |system: &str, value: &str| {
        let text = format!(r#"{{"type":"feedback.received","system":"{system}","signal":"rating","value":{value}}}"#);
        json::parse(&text, 1, &context).map(|event| event.into_owned().body).map_err(|rejection| rejection.error)
    };
    let nine = Body::FeedbackReceived {
        signal: Signal::Rating,
        value: FeedbackValue::Rating(Fixed::from_units(9)),
        action: None,
    };
    assert_eq!(rated("ten", "9"), Ok(nine));
    assert!(rated("five", "9").is_err_and(|error| error.contains("from 1 to 5, the rating scale of five")));
}

#[test]
fn an_event_may_be_five_minutes_ahead_and_no_more() {
    let at = |time: &str| parse(&format!(r#"{{"type":"fallback.ended","system":"s","time":"{time}"}}"#)).is_ok();
    assert!(at("2026-11-23T09:05:00Z") && at("2026-11-23T10:05:00+01:00") && at("2026-01-01T00:00:00Z"));
    assert!(!at("2026-11-23T09:05:00.000000001Z"));
}

#[test]
fn text_without_escapes_is_borrowed() {
    let event = parse(r#"{"type":"case.closed","system":"s","id":"i","case":"c","by":"ai"}"#).unwrap();
    assert!(matches!(
        (event.system, event.id, event.case),
        (Str::Borrowed(_), Some(Str::Borrowed(_)), Some(Str::Borrowed(_)))
    ));
}

#[test]
fn headers_of_cloudevents_say_what_is_wrong_with_them() {
    let all = [
        ("specversion", &b"1.0"[..]),
        ("type", b"dev.day90.case.closed"),
        ("id", b"1"),
        ("source", b"/s"),
        ("subject", b"c%20%C3%A9"),
    ];
    let with = |name: &str, value: &'static str| {
        let headers: Vec<_> = all.iter().map(|&(n, v)| (n, if n == name { value.as_bytes() } else { v })).collect();
        cloudevents::binary(&headers, br#"{"by":"ai"}"#, &context()).map(|event| event.case.map(Str::into_owned))
    };
    assert_eq!(with("", ""), Ok(Some("c é".to_string())));
    for (name, value, reason, contains) in [
        ("type", "case.closed", Reason::Type, "headers: `ce-type` is \"case.closed\""),
        ("id", "", Reason::Field, "`ce-id` is empty"),
        ("id", "%01", Reason::Field, "control character U+0001"),
        ("source", "/", Reason::System, "no path segment"),
        ("specversion", "2", Reason::Field, "expected 1.0"),
    ] {
        let rejection = with(name, value).expect_err(value);
        assert_eq!((rejection.reason, rejection.field.as_deref()), (reason, Some(name)));
        assert!(rejection.error.contains(contains), "{}", rejection.error);
    }
    let wrong_data = cloudevents::binary(&all, br#"{"by":"me"}"#, &context()).expect_err("a word");
    assert_eq!(wrong_data.field.as_deref(), Some("by"));
    assert!(
        cloudevents::binary(&all[1..], b"", &context())
            .is_err_and(|rejection| rejection.error.contains("`ce-specversion` is missing"))
    );
}
