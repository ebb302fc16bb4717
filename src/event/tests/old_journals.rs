//! Events as day90 0.1.0 and 0.2.0 wrote them decode for ever.

use super::super::kinds::TABLE;
use super::golden::bytes;
use super::*;

const FILE: &str = include_str!("../../../tests/data/events/golden-0.2.0.txt");

fn old(kind: Kind) -> Vec<u8> {
    let line = FILE.lines().find(|line| line.starts_with(&format!("{kind} "))).expect("a type of 0.2.0");
    bytes(line.split(' ').nth(1).expect("two words a line"))
}

#[test]
fn every_event_of_0_2_0_decodes_to_what_it_was() {
    for line in FILE.lines() {
        let word = line.split(' ').next().expect("a type");
        let kind = Kind::from_word(word).expect("a type that still is one");
        let (event, length) = binary::decode(&old(kind)).map(|(event, length)| (event.into_owned(), length)).unwrap();
        assert_eq!((event.body.kind(), length), (kind, old(kind).len()), "{word}");
        assert_eq!((event.repairs, event.skewed, &event.behavior), (Repairs::NONE, false, &None), "{word}");
        let mut again = vec![];
        binary::encode(&event, &mut again);
        assert_eq!(again, old(kind), "{word}: what 0.2.0 could say is still written as it did");
    }
    assert_eq!(FILE.lines().count(), 26);
    assert!(TABLE.len() > 26);
}

#[test]
fn a_rollback_of_0_2_0_says_where_to() {
    let bytes = old(Kind::RollbackStarted);
    let (event, _) = binary::decode(&bytes).expect("an old event");
    assert!(matches!(event.body, Body::RollbackStarted { to: Some(RollbackTo::PreviousProcess), .. }), "{event:?}");
}

#[test]
fn a_severity_in_the_senders_own_words_is_none() {
    let mut bytes = old(Kind::EscalationOpened);
    let of = |bytes: &[u8]| match binary::decode(bytes).expect("an old event").0.body {
        Body::EscalationOpened { severity, .. } => severity,
        body => panic!("{body:?}"),
    };
    assert_eq!(of(&bytes), Some(Severity::High));
    let at = bytes.windows(4).position(|word| word == b"high").expect("its severity");
    bytes[at..at + 4].copy_from_slice(b"SEV2");
    assert_eq!(of(&bytes), None);
}

/// What 0.2.0 doesn't know is behind a bit that makes it refuse the event, instead of reading it wrongly.
#[test]
fn what_is_new_sets_the_highest_bit_of_the_kind() {
    let text = r#"{"type":"case.closed","system":"s","case":7,"by":"ai","versions":{"model":"m-3","prompt":"v8"},"change":"rel-9"}"#;
    let event = parse(text).expect("an event");
    let mut bytes = vec![];
    binary::encode(&event, &mut bytes);
    assert_eq!(bytes[0], Kind::CaseClosed as u8 | 0x80);
    assert_eq!(binary::decode(&bytes), Ok((event.clone(), bytes.len())));
    let behavior = event.behavior.as_deref().expect("what did the work");
    assert_eq!(behavior.versions, [(ChangeKind::Prompt, "v8".into()), (ChangeKind::Model, "m-3".into())]);
    assert_eq!((behavior.version.as_deref(), behavior.change.as_deref()), (None, Some("rel-9")));
    for length in 0..bytes.len() {
        assert!(binary::decode(&bytes[..length]).is_err(), "cut at {length}");
    }
}
