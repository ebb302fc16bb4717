//! What is repaired and counted, and what is an error all the same.

use std::cell::RefCell;

use super::json::{About, identifier};
use super::*;

fn opened(fields: &str) -> Result<Event<'static>, Rejection> {
    parse(&format!(r#"{{"type":"escalation.opened","system":"s",{fields}}}"#)).map(Event::into_owned)
}

/// The event that these fields make, and what was repaired in it.
fn repaired(fields: &str) -> (Event<'static>, Vec<Repair>) {
    let event = opened(fields).unwrap_or_else(|rejection| panic!("{fields}: {rejection:?}"));
    let repairs = event.repairs.iter().collect();
    (event, repairs)
}

fn reason_of(event: &Event<'_>) -> Option<String> {
    match &event.body {
        Body::EscalationOpened { reason, .. } => reason.as_deref().map(str::to_owned),
        body => panic!("{body:?}"),
    }
}

#[test]
fn a_long_identifier_is_shortened_and_an_integer_is_text() {
    let long = "c".repeat(151);
    let (event, repairs) = repaired(&format!(r#""case":"{long}""#));
    assert_eq!((event.case.as_deref(), &repairs[..]), (Some(&*identifier(&long)), &[Repair::Shortened][..]));
    for (number, text) in [("48213", "48213"), ("-5", "-5"), ("0", "0")] {
        let (event, repairs) = repaired(&format!(r#""case":{number}"#));
        assert_eq!((event.case.as_deref(), &repairs[..]), (Some(text), &[Repair::Integer][..]));
    }
    let digits = "9".repeat(200);
    let (event, repairs) = repaired(&format!(r#""case":{digits}"#));
    assert_eq!(event.case.as_deref(), Some(&*identifier(&digits)));
    assert_eq!(repairs, [Repair::Shortened, Repair::Integer]);
    for wrong in ["1.5", "1e3", "true", "[\"c\"]", "\"\"", "\"a\\u0007b\"", &format!("\"{}\"", "c".repeat(1_025))] {
        assert_eq!(opened(&format!(r#""case":{wrong}"#)).expect_err(wrong).field.as_deref(), Some("case"));
    }
    assert_eq!(repaired(&format!(r#""case":"{}""#, "c".repeat(128))).1, []);
    assert!(opened(&format!(r#""case":"{}""#, "c".repeat(1_024))).is_ok());
}

#[test]
fn a_long_name_is_cut_but_not_the_name_of_a_person() {
    let (event, repairs) = repaired(&format!(r#""case":"c","reason":"{}""#, "r".repeat(89)));
    assert_eq!((reason_of(&event), &repairs[..]), (Some("r".repeat(61) + "…"), &[Repair::Cut][..]));
    let long = "p".repeat(65);
    for text in [
        format!(r#"{{"type":"owner.attested","system":"s","owner":"{long}"}}"#),
        format!(r#"{{"type":"change.deployed","system":"s","kind":"tool","version":"1","author":"{long}"}}"#),
        format!(r#"{{"type":"change.approved","system":"s","change":"c","approver":"{long}"}}"#),
    ] {
        assert!(parse(&text).expect_err("a person").error.contains("65 bytes"));
    }
    let error = opened(&format!(r#""case":"c","reason":"{}""#, "r".repeat(8_193))).expect_err("over 8 KiB");
    assert_eq!(error.reason, Reason::TooLarge);
}

#[test]
fn an_empty_text_is_absent_where_the_field_is_optional() {
    for field in ["reason", "queue", "action", "severity", "escalation", "id", "source", "time", "version", "versions"]
    {
        let (event, repairs) = repaired(&format!(r#""case":"c","{field}":"""#));
        assert_eq!(repairs, [Repair::Empty], "{field}");
        assert_eq!(Event { repairs: Repairs::NONE, ..event }, opened(r#""case":"c""#).unwrap(), "{field}");
    }
    for text in [
        r#"{"type":"escalation.opened","system":"s","case":""}"#,
        r#"{"type":"escalation.opened","system":"","case":"c"}"#,
        r#"{"type":"input.checked","system":"s","input":"","result":"ok"}"#,
        r#"{"type":"feedback.received","system":"s","signal":"thumbs","value":""}"#,
        r#"{"type":"feedback.received","system":"s","signal":"rating","value":""}"#,
        r#"{"type":"change.approved","system":"s","approver":"a","change":""}"#,
        r#"{"type":"cost.recorded","system":"s","kind":"tools","cost":1,"currency":""}"#,
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    let task = r#"{"type":"task.completed","system":"s","action":"a","outcome":"failed","mode":"decide","duration_seconds":"","case":""}"#;
    let task = parse(task).expect("an event");
    assert!(task.case.is_none() && matches!(task.body, Body::TaskCompleted { duration_seconds: None, .. }));
}

#[test]
fn a_negative_duration_is_0_and_a_clock_skew() {
    for seconds in ["-0.0021", "-1", "-1e300", "-1e-320"] {
        let text = format!(
            r#"{{"type":"task.completed","system":"s","action":"a","outcome":"failed","mode":"decide","duration_seconds":{seconds}}}"#
        );
        let event = parse(&text).expect(seconds);
        assert!(event.skewed && event.repairs.is_empty());
        assert!(matches!(event.body, Body::TaskCompleted { duration_seconds: Some(Fixed::ZERO), .. }));
    }
    let zero = parse(r#"{"type":"drill.completed","system":"s","path":"exception","result":"passed","seconds":-0.0}"#);
    assert!(!zero.expect("minus zero is zero").skewed);
}

#[test]
fn half_a_surrogate_pair_becomes_the_replacement_character() {
    for (text, meant) in [
        ("cut \\ud83d", "cut \u{fffd}"),
        ("\\ude00 low", "\u{fffd} low"),
        ("\\ud83d\\ud83d\\ude00", "\u{fffd}\u{1f600}"),
        ("\\ud83d\\n", "\u{fffd}"),
        ("\\ud83dx\\ude00", "\u{fffd}x\u{fffd}"),
    ] {
        let text = text.replace("\\n", "");
        let (event, repairs) = repaired(&format!(r#""case":"c","reason":"{text}""#));
        assert_eq!((reason_of(&event).as_deref(), &repairs[..]), (Some(meant), &[Repair::Surrogate][..]));
    }
    let (event, repairs) = repaired(r#""case":"\ud83d""#);
    assert_eq!((event.case.as_deref(), &repairs[..]), (Some("\u{fffd}"), &[Repair::Surrogate][..]));
    assert_eq!(repaired(r#""case":"c","reason":"\ud83d\ude00""#).1, []);
}

#[test]
fn money_may_be_a_string_and_its_currency_in_lower_case() {
    let cost = |cost: &str, currency: &str| {
        parse(&format!(r#"{{"type":"cost.recorded","system":"s","kind":"tools","cost":{cost},"currency":{currency}}}"#))
            .map(Event::into_owned)
    };
    let plain = cost("0.0042", "\"EUR\"").expect("an event");
    let lower = cost("\"0.0042\"", "\"eur\"").expect("an event");
    assert_eq!(lower.repairs.iter().collect::<Vec<_>>(), [Repair::Money, Repair::Currency]);
    assert_eq!(Event { repairs: Repairs::NONE, ..lower }, plain);
    for (amount, currency) in [
        ("\"0,42\"", "\"EUR\""),
        ("\"1 000\"", "\"EUR\""),
        ("\"-1\"", "\"EUR\""),
        ("\" 1\"", "\"EUR\""),
        ("\"NaN\"", "\"EUR\""),
        ("\"\"", "\"EUR\""),
        ("-1", "\"EUR\""),
        ("1", "\"euros\""),
        ("1", "\"\u{20ac}\""),
    ] {
        assert!(cost(amount, currency).is_err(), "{amount} {currency}");
    }
    assert_eq!(cost("\"x\"", "\"y\"").expect_err("two mistakes").more.len(), 1);
}

#[test]
fn an_unknown_field_is_ignored_whatever_its_value() {
    let deep = "[".repeat(20_000) + &"]".repeat(20_000);
    let objects = r#"{"a":"#.repeat(5_000) + "1" + &"}".repeat(5_000);
    let long = format!("\"{}\"", "x".repeat(60_000));
    let digits = "9".repeat(30_000);
    for value in ["\"cut \\ud83d\"", "\"\\u0000\"", "1e999", "-0", "[{},[[]]]", &deep, &objects, &long, &digits] {
        let event = opened(&format!(r#""case":"c","message":{value}"#)).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!((event.unknown_fields, event.repairs), (1, Repairs::NONE));
    }
    let event = opened(r#""case":"c","\ud83d":1"#).expect("a strange name");
    assert_eq!(event.unknown_fields, 1);
    for broken in ["\"\\ud83\"", "\"\\x\"", "01", "[1,]", "{\"a\"}", "nul"] {
        assert_eq!(opened(&format!(r#""case":"c","message":{broken}"#)).expect_err(broken).reason, Reason::Syntax);
    }
    let over = opened(&format!(r#""case":"c","message":"{}""#, "x".repeat(65_536))).expect_err("over 64 KiB");
    assert_eq!(over.reason, Reason::TooLarge);
}

#[test]
fn the_behavior_that_did_the_work_is_read_and_checked() {
    let (event, repairs) = repaired(
        r#""case":"c","versions":{"model":7,"prompt":"v8","tool":null,"data":"","wombat":1},"version":"v8","change":"rel-9""#,
    );
    let behavior = event.behavior.expect("a behavior");
    assert_eq!(behavior.versions, [(ChangeKind::Prompt, "v8".into()), (ChangeKind::Model, "7".into())]);
    assert_eq!((behavior.version.as_deref(), behavior.change.as_deref()), (Some("v8"), Some("rel-9")));
    assert_eq!((repairs, event.unknown_fields), (vec![Repair::Integer, Repair::Empty], 1));
    assert_eq!(repaired(r#""case":"c","versions":{},"version":null"#).0.behavior, None);
    for (fields, wrong) in [
        (r#""versions":"v8""#, "versions"),
        (r#""versions":["v8"]"#, "versions"),
        (r#""versions":{"prompt":1.5}"#, "versions.prompt"),
        (r#""versions":{"prompt":"a","prompt":"b"}"#, "versions.prompt"),
        (r#""version":{}"#, "version"),
        (r#""change":true"#, "change"),
    ] {
        let rejection = opened(&format!(r#""case":"c",{fields}"#)).expect_err(fields);
        assert_eq!(rejection.field.as_deref(), Some(wrong), "{rejection:?}");
    }
    // A type that has fields of these names keeps them.
    let deployed = parse(
        r#"{"type":"change.deployed","system":"s","kind":"tool","version":"2","change":"c","versions":{"model":"m"}}"#,
    );
    let deployed = deployed.expect("an event");
    assert!(
        matches!(&deployed.body, Body::ChangeDeployed { version, change: Some(change), .. } if version == "2" && change == "c")
    );
    let behavior = deployed.behavior.expect("its versions");
    assert_eq!((behavior.versions.len(), behavior.version.is_none(), behavior.change.is_none()), (1, true, true));
}

#[test]
fn an_approval_or_failure_names_a_change_or_a_kind_and_a_version() {
    for (fields, is_right) in [
        (r#""change":"c""#, true),
        (r#""kind":"tool","version":2"#, true),
        (r#""change":"c","kind":"tool""#, true),
        (r#""kind":"tool""#, false),
        (r#""version":"2""#, false),
        (r#""change":null"#, false),
    ] {
        for kind in [r#"change.approved","approver":"a"#, "change.failed"] {
            let read = parse(&format!(r#"{{"type":"{kind}","system":"s",{fields}}}"#)).map(Event::into_owned);
            assert_eq!(read.is_ok(), is_right, "{kind} {fields}: {read:?}");
        }
    }
}

#[test]
fn all_mistakes_of_an_event_are_named_at_once() {
    let text = r#"{"type":"task.completed","system":"A","id":true,"time":5,"action":[],"mode":"auto","mode":"decide","duration_seconds":"x","version":{}}"#;
    let rejection = parse(text).expect_err("many mistakes");
    assert_eq!((rejection.reason, rejection.kind), (Reason::System, Some(Kind::TaskCompleted)));
    let fields: Vec<String> = rejection.mistakes().filter_map(|mistake| mistake.field).collect();
    assert_eq!(fields, ["system", "id", "time", "mode", "action", "outcome", "duration_seconds", "version"]);
    let behavior = opened(r#""case":"c","versions":1,"version":{},"change":[],"severity":"bad""#).expect_err("four");
    let fields: Vec<String> = behavior.mistakes().filter_map(|mistake| mistake.field).collect();
    assert_eq!(fields, ["versions", "version", "change", "severity"]);
    let unknown = parse(r#"{"type":"task.complete","case":[]}"#).expect_err("no type, no system");
    let fields: Vec<String> = unknown.mistakes().filter_map(|mistake| mistake.field).collect();
    assert_eq!(fields, ["type", "system", "case"]);
    let cloud = r#"{"specversion":"2","type":"x","id":1.5,"source":"/s","data":{"by":1}}"#;
    let fields: Vec<String> =
        parse(cloud).expect_err("mistakes").mistakes().filter_map(|mistake| mistake.field).collect();
    assert_eq!(fields, ["specversion", "type", "id"]);
}

#[test]
fn the_sender_is_told_what_was_ignored_and_what_was_repaired() {
    let notes = RefCell::new(Notes::default());
    let context = Context { notes: Some(&notes), ..context() };
    let body = r#"{"type":"change.deployed","system":"s","kind":"prompt","version":9,"aprover":"support-lead","author":"ci","x":1}
{"type":"change.deployed","system":"s","kind":"prompt","version":"v9","aprover":"support-lead","versions":{"promt":"v"}}
{"type":"change.deployed","system":"s","nothing":1}
{"specversion":"1.0","type":"dev.day90.fallback.ended","id":7,"source":"/s","data":{"why":1},"traceparent":"x"}"#;
    let accepted = Events::new(body.as_bytes(), &context).filter(|item| item.event.is_ok()).count();
    assert_eq!(accepted, 3);
    let notes = notes.into_inner();
    let told: Vec<_> = notes.iter().map(|note| (note.index, note.field.as_str(), note.about)).collect();
    let unknown = |meant| About::Unknown { meant };
    assert_eq!(
        told,
        [
            (0, "aprover", unknown(Some("approver"))),
            (0, "x", unknown(None)),
            (0, "version", About::Repaired(Repair::Integer)),
            (1, "versions.promt", unknown(Some("prompt"))),
            (3, "data.why", unknown(None)),
            (3, "id", About::Repaired(Repair::Integer)),
        ]
    );
    let first = notes.iter().next().expect("a note");
    assert_eq!(first.to_string(), "change.deployed has no such field, so it was ignored; did you mean approver?");
}

#[test]
fn notes_are_bounded() {
    let notes = RefCell::new(Notes::default());
    let context = Context { notes: Some(&notes), ..context() };
    let members: String = (0..300).map(|number| format!(",\"x{number}\":1")).collect();
    let text = format!(r#"{{"type":"fallback.ended","system":"s"{members}}}"#);
    assert_eq!(json::parse(&text, 1, &context).expect("an event").unknown_fields, 300);
    assert_eq!(notes.into_inner().iter().count(), json::NOTES_MAX);
}
