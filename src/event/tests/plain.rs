//! The fast paths, judged by plain ones: members by serde_json, bytes on disk by an encoder that is not optimised.

use std::fmt;

use proptest::prelude::*;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::json::field::{Field, FieldSet};
use super::super::json::fields::Fields;
use super::super::json::names::{COUNT, NAMES};
use super::super::json::reader::Reader;
use super::super::json::slot::Shape;
use super::super::kinds::TABLE;
use super::*;

/// The members of an object as serde_json reads them: name, and the text of the value.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = vec![];
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((name, value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn judged(text: &str) -> Option<Vec<(Field, &str)>> {
    // Values that nobody asks for are looked at with less care, but half a surrogate pair is JSON.
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(_) => {}
        Err(error) if ["surrogate", "hex escape"].iter().any(|half| error.to_string().contains(half)) => {}
        Err(_) => return None,
    }
    let Members(members) = serde_json::from_str(text).ok()?;
    Some(members.into_iter().map(|(name, value)| (Field::of_text(&name), value)).collect())
}

fn found(text: &str) -> Option<Vec<(Field, &str)>> {
    let mut members = vec![];
    let mut reader = Reader::new(text, 0);
    let read = reader.object(|_, field, slot| {
        let quotes = usize::from(matches!(slot.shape(), Shape::Text | Shape::Escaped));
        members.push((field, &text[slot.position()..slot.position() + slot.length() + 2 * quotes]));
    });
    read.and_then(|()| reader.end()).ok().map(|()| members)
}

/// Names of fields and what is nearly one, short and long, with escapes and without.
fn name() -> impl Strategy<Value = String> {
    let field = prop::sample::select(&NAMES[..COUNT]);
    prop_oneof![
        4 => field.prop_map(str::to_string),
        1 => prop::sample::select(&NAMES[..COUNT]).prop_map(|word| word.replace('e', "\\u0065")),
        2 => "[a-zé_]{0,20}",
        1 => "[a-z]{0,4}\\\\[nt\"\\\\][a-z]{0,18}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "\"[ -!#-\\[\\]-~é\u{7f}]{0,40}\"",
        2 => "\"([a-z]{0,17}\\\\([\"\\\\/bfnrt]|u00e9|ud83d\\\\ude00)){1,4}[a-z]{0,17}\"",
        1 => "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,3})?",
        1 => prop::sample::select(vec!["null", "true", "false", "{}", "[1, {\"type\":2}]"]).prop_map(str::to_string),
    ]
}

/// An object as machines write it, and one with blanks here and there.
fn object() -> impl Strategy<Value = String> {
    let blank = prop_oneof![6 => Just(""), 1 => Just(" "), 1 => Just("\n\t")];
    let member = (name(), value(), prop::collection::vec(blank, 4));
    (prop::collection::vec(member, 0..8), any::<bool>()).prop_map(|(members, is_dense)| {
        let members: Vec<String> = members
            .iter()
            .map(|(name, value, blanks)| match (is_dense, &blanks[..]) {
                (false, [a, b, c, d]) => format!("{a}\"{name}\"{b}:{c}{value}{d}"),
                _ => format!("\"{name}\":{value}"),
            })
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

/// The encoding of an attestation, one part after the other.
fn encoded_plainly(event: &Event<'_>) -> Vec<u8> {
    fn number(mut rest: u64) -> Vec<u8> {
        let mut bytes = vec![];
        loop {
            let more = rest > 0x7F;
            bytes.push((rest & 0x7F) as u8 + if more { 0x80 } else { 0 });
            rest >>= 7;
            if !more {
                return bytes;
            }
        }
    }
    let Body::OwnerAttested { owner, note } = &event.body else { panic!("an attestation") };
    let late = event.time != event.received;
    let texts = [
        Some(&event.system),
        event.id.as_ref(),
        event.source.as_ref(),
        event.case.as_ref(),
        Some(owner),
        note.as_ref(),
    ];
    let [_, id, source, case, _, _] = texts.map(|text| text.is_some());
    let flags =
        [id, source, case, event.unknown_fields > 0, late].iter().rev().fold(0, |bits, set| bits * 2 + u8::from(*set));
    let all: String = texts.iter().flatten().map(|text| text.as_ref()).collect();
    let length = |text: &Option<&Str<'_>>| text.map_or(vec![], |text| number(text.len() as u64));
    let mut bytes = vec![event.body.kind() as u8, flags + event.inlet as u8 * 32];
    bytes.extend(event.received.nanos().to_le_bytes());
    bytes.extend(number(all.len() as u64));
    bytes.extend(all.bytes());
    if late {
        let delta = event.time.nanos() - event.received.nanos();
        bytes.extend(number(if delta < 0 { delta.unsigned_abs() * 2 - 1 } else { delta.unsigned_abs() * 2 }));
    }
    bytes.extend(texts[..4].iter().flat_map(length));
    if event.unknown_fields > 0 {
        bytes.extend(number(u64::from(event.unknown_fields)));
    }
    bytes.push(u8::from(note.is_some()));
    bytes.extend(texts[4..].iter().flat_map(length));
    bytes
}

fn text(bytes_max: usize) -> impl Strategy<Value = Str<'static>> {
    (0..=bytes_max).prop_map(|length| Str::Owned("x".repeat(length)))
}

/// The parts of such an event take more bytes than are copied at once.
#[test]
fn the_largest_numbers_come_back() {
    let most = Some(Fixed::from_nanos(i64::MAX));
    let event = Event {
        time: Timestamp::from_nanos(i64::MIN),
        received: Timestamp::from_nanos(i64::MAX),
        unknown_fields: u32::MAX,
        body: Body::StepCompleted {
            kind: StepKind::Handoff,
            name: "n".into(),
            outcome: StepOutcome::Failed,
            duration_seconds: most,
            first_token_seconds: Some(Fixed::from_nanos(i64::MIN)),
            input_tokens: Some(u64::MAX),
            output_tokens: Some(u64::MAX),
        },
        ..parse(TABLE[1].example).expect("the example")
    };
    let mut bytes = vec![7];
    binary::encode(&event, &mut bytes);
    assert_eq!(binary::decode(&bytes[1..]), Ok((event, bytes.len() - 1)));
}

/// Escapes say the same as the characters that they mean, in names, types, words and texts.
#[test]
fn escapes_make_the_same_event() {
    for row in TABLE {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(row.example).expect("JSON");
        let escaped = |text: &str| text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect::<String>();
        let members = object.iter().map(|(name, value)| match value {
            serde_json::Value::String(text) => format!("\"{}\":\"{}\"", escaped(name), escaped(text)),
            other => format!("\"{}\":{other}", escaped(name)),
        });
        let text = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        assert_eq!(parse(&text), parse(row.example), "{text}");
    }
}

/// Wherever it is and however it is spelled.
#[test]
fn a_mistake_in_a_value_names_its_field() {
    for length in 0..40 {
        let name = "n".repeat(length);
        for (before, between) in
            [("{", ":"), ("{\"a\":1,", ":"), ("{ ", " : "), ("{\"a\":1 , ", " :"), ("{\"a\":1,", ": ")]
        {
            let text = format!("{before}\"{name}\"{between}nope,\"behind\":\"{}\"}}", "b".repeat(length));
            let rejection = parse(&text).expect_err("no JSON");
            assert_eq!(rejection.field, Some(name.clone()), "{text}");
            let place = format!("character {} of the event: ", text.find("nope").expect("it is there") + 1);
            assert!(rejection.error.contains(&place), "{text}: {}", rejection.error);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn members_are_those_that_serde_json_finds(text in object()) {
        prop_assert_eq!(found(&text), judged(&text), "{}", text);
    }

    #[test]
    fn members_of_a_damaged_object_too(text in object(), at: prop::sample::Index, with in "[\\[\\]{}\",:\\\\0-9a-df \u{1f}]?") {
        let mut text = text;
        let (at, damaged) = text.char_indices().nth(at.index(text.chars().count())).expect("it is not empty");
        text.replace_range(at..at + damaged.len_utf8(), &with);
        prop_assert_eq!(found(&text), judged(&text), "{}", text);
    }

    #[test]
    fn members_that_are_not_known_are_counted(text in object(), known in prop::collection::vec(prop::sample::select(&NAMES[..COUNT]), 0..COUNT)) {
        let known: Vec<Field> = known.iter().map(|name| Field::of_text(name)).collect();
        let members = judged(&text).expect("an object");
        let (known_ones, others): (Vec<_>, Vec<_>) = members.iter().partition(|(field, _)| known.contains(field));
        let mut fields: Vec<_> = known_ones.iter().map(|(field, _)| *field).collect();
        fields.sort();
        fields.dedup();
        let expected = (fields.len() == known_ones.len()).then_some(others.len() as u32);
        let found = Fields::whole(&text).expect("an object").unknown(FieldSet::of(&known));
        prop_assert_eq!(found.ok(), expected, "{}", text);
    }

    #[test]
    fn names_of_systems_are_what_the_contract_says(name in "[a-z0-9._-]{0,70}", strange in "[A-Z /é]?") {
        let at = name.len() / 2;
        for name in [name.clone(), format!("{strange}{name}"), format!("{name}{strange}"), format!("{}{strange}{}", &name[..at], &name[at..])] {
            let are_allowed = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
            prop_assert_eq!(json::is_system(&name), !name.is_empty() && name.len() <= 64 && are_allowed, "{}", name);
        }
    }

    #[test]
    fn an_event_is_encoded_as_it_is_written_down(
        (system, owner) in (text(64), text(64)),
        (id, source, case) in (prop::option::of(text(128)), prop::option::of(text(256)), prop::option::of(text(128))),
        note in prop::option::of(prop_oneof![text(300), text(20_000)]),
        time in -1_000_000..1_000_000_i64,
        received in prop_oneof![Just(0), -100..100_i64],
        unknown_fields in 0..300_u32,
        before in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let (time, received) = (Timestamp::from_nanos(time / 1_000 * received), Timestamp::from_nanos(received));
        let event = Event { system, id, source, time, received, inlet: Inlet::Kafka, case, unknown_fields, repairs: Repairs::NONE, skewed: false, behavior: None, body: Body::OwnerAttested { owner, note } };
        let mut bytes = before.clone();
        binary::encode(&event, &mut bytes);
        prop_assert_eq!(&bytes[before.len()..], encoded_plainly(&event));
    }
}
