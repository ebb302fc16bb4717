//! The bytes of one event of each type. Journals are made of these, so lines may only be added. A new type is added with
//! `DAY90_BLESS_FORMAT=1 cargo test --lib golden`; no other line of the file may change then.

use super::super::kinds::TABLE;
use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/events/golden.txt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hexadecimal")).collect()
}

#[test]
fn the_format_on_disk_never_changes() {
    let lines = TABLE.iter().map(|row| {
        let mut out = vec![];
        binary::encode(&parse(row.example).expect("the example"), &mut out);
        format!("{} {}\n", row.kind, hex(&out))
    });
    let now: String = lines.collect();
    if std::env::var_os("DAY90_BLESS_FORMAT").is_some() {
        std::fs::write(FILE, &now).expect("tests/data is writable");
    }
    let stored = std::fs::read_to_string(FILE).expect("golden.txt");
    assert_eq!(now, stored, "existing journals could not be read any more");
    for (row, line) in TABLE.iter().zip(stored.lines()) {
        let stored = bytes(line.split(' ').nth(1).expect("two words a line"));
        assert_eq!(binary::decode(&stored).map(|(event, _)| event), Ok(parse(row.example).expect("the example")));
    }
}

#[test]
fn damage_is_reported_and_never_panics() {
    for row in TABLE {
        let mut whole = vec![];
        binary::encode(&parse(row.example).expect("the example"), &mut whole);
        for length in 0..whole.len() {
            assert!(binary::decode(&whole[..length]).is_err(), "{} cut at {length}", row.kind);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                let _ = binary::decode(&damaged);
            }
        }
    }
    let error = binary::decode(&[200, 0]).expect_err("no such type").to_string();
    assert_eq!(error, "an unknown type at byte 1 of an event");
}

/// Three bits of the flags have room for the inlets from 0 to 6; the number of any other is a byte after the texts.
#[test]
fn an_inlet_without_room_in_the_flags_follows_the_texts() {
    let mut bytes = vec![];
    binary::encode(&parse(TABLE[0].example).expect("the example"), &mut bytes);
    let parts_at = 11 + usize::from(bytes[10]);
    for number in [0, 6, 7, 15, 255] {
        let known = number >= 7 && Inlet::from_number(number).is_some();
        let mut other = bytes.clone();
        other[1] |= 7 << 5;
        other.insert(parts_at, number);
        match binary::decode(&other) {
            Ok((event, length)) => assert_eq!((event.inlet as u8, length, known), (number, other.len(), true)),
            Err(damage) => {
                assert!(!known, "{damage}");
                assert_eq!((damage.what, damage.at), ("an unknown inlet", parts_at + 1));
            }
        }
    }
}

/// The tests of the whole daemon send one event of each type. `DAY90_BLESS=1` adds the example of a new type, without its
/// id and its time.
#[test]
fn the_events_of_other_tests_are_one_of_each() {
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/events/one-of-each.ndjson");
    let stored = std::fs::read_to_string(FILE).expect("one-of-each.ndjson");
    let mut lines: Vec<String> = stored.lines().map(str::to_owned).collect();
    for row in TABLE.iter().skip(lines.len()) {
        let mut example: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(row.example).expect("an example is JSON");
        example.retain(|name, _| name != "id" && name != "time");
        lines.push(serde_json::Value::Object(example).to_string());
    }
    let kinds: Vec<Kind> = lines.iter().map(|line| parse(line).expect("an event").body.kind()).collect();
    assert_eq!(kinds, Kind::ALL, "one line of each type, in the order of the types");
    if std::env::var_os("DAY90_BLESS").is_some() {
        std::fs::write(FILE, lines.join("\n") + "\n").expect("tests/data is writable");
    }
    let stored = std::fs::read_to_string(FILE).expect("one-of-each.ndjson");
    assert_eq!(stored.lines().count(), TABLE.len(), "one-of-each.ndjson lacks a type: run DAY90_BLESS=1 cargo test");
}
