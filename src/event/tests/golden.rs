//! The bytes of one event of each type. Journals are made of these: they may only ever be added to. A new type is
//! added with `DAY90_BLESS_FORMAT=1 cargo test --lib golden`; no other line of the file may change then.

use super::super::kinds::TABLE;
use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/events/golden.txt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
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
