//! What is written as JSON and read again is the same event.

use proptest::prelude::*;

use super::super::kinds::TABLE;
use super::*;

fn written(event: &Event<'_>) -> String {
    let mut out = String::new();
    json::write(event, &mut out);
    out
}

/// An event without what belongs to its delivery.
fn itself(event: Event<'_>) -> Event<'_> {
    Event { unknown_fields: 0, repairs: Repairs::NONE, skewed: false, ..event }
}

#[test]
fn every_type_comes_back() {
    for row in TABLE {
        let event = parse(row.example).expect("an example");
        assert_eq!(parse(&written(&event)), Ok(event), "{}", row.kind);
    }
}

#[test]
fn what_is_optional_stays_away() {
    for text in [
        r#"{"type":"fallback.ended","time":"2026-11-23T08:00:00.000000001Z","system":"s"}"#,
        r#"{"type":"feedback.received","time":"2026-11-23T08:00:00Z","system":"s","signal":"complaint"}"#,
        r#"{"type":"feedback.received","time":"2026-11-23T08:00:00Z","system":"s","signal":"thumbs","value":"down"}"#,
        r#"{"type":"task.completed","time":"2026-11-23T08:00:00Z","system":"s","action":"a\"\\é","outcome":"failed","mode":"decide","versions":{"prompt":"v8","model":"m-3"},"change":"c"}"#,
    ] {
        assert_eq!(written(&parse(text).expect("an event")), text);
    }
    let started = r#"{"type":"rollback.started","system":"s","rollback":"r"}"#;
    let started = parse(started).expect("an event");
    assert!(!written(&started).contains("\"to\""), "{}", written(&started));
    assert_eq!(parse(&written(&started)), Ok(started));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_accepted_comes_back(row in 0..TABLE.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), 0x20..0x7f_u8), 0..4), text in "[^\\p{Cc}]{1,20}") {
        let mut example = TABLE[row].example.replace("c-123", &text.replace(['"', '\\'], "é")).into_bytes();
        for (at, byte) in edits {
            let at = at.index(example.len());
            example[at] = byte;
        }
        if let Ok(example) = String::from_utf8(example)
            && let Ok(event) = parse(&example)
        {
            let json = written(&event);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
            prop_assert_eq!(parse(&json), Ok(itself(event)), "{}", json);
        }
    }
}
