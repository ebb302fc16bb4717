//! Reads the protobuf exposition just far enough to compare it: families by name, without their help, and their metrics.

use std::collections::BTreeSet;

/// `io.prometheus.client.MetricFamily`: name, help, type, metric.
const NAME: u64 = 1;
const HELP: u64 = 2;

/// A line for each metric, with the name of its family; a family without metrics has a line too.
pub(super) fn samples(mut bytes: &[u8]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    while !bytes.is_empty() {
        let length = varint(&mut bytes);
        let (mut family, rest) = bytes.split_at(length as usize);
        bytes = rest;
        let mut name = String::new();
        while !family.is_empty() {
            let (field, value) = field(&mut family);
            match field {
                NAME => name = String::from_utf8(value).expect("a name"),
                HELP => {}
                _ => drop(lines.insert(format!("{name} {field} {value:02x?}"))),
            }
        }
        lines.insert(name);
    }
    lines
}

/// The number of the next field and its bytes.
fn field(bytes: &mut &[u8]) -> (u64, Vec<u8>) {
    let key = varint(bytes);
    let length = match key & 7 {
        0 => return (key >> 3, varint(bytes).to_le_bytes().to_vec()),
        1 => 8,
        2 => varint(bytes) as usize,
        wire => panic!("a field of wire type {wire}"),
    };
    let (value, rest) = bytes.split_at(length);
    *bytes = rest;
    (key >> 3, value.to_vec())
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first().expect("a whole number");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}
