//! The bytes of format 1, and what is and isn't a valid frame.

use super::*;

const SALT: u64 = 0x0123_4567_89ab_cdef;

fn segment(payloads: &[&[u8]]) -> Vec<u8> {
    let mut bytes = SegmentHeader { first: 1, salt: SALT, format: FORMAT_1 }.encode().to_vec();
    let mut frame = Vec::new();
    for (at, payload) in payloads.iter().enumerate() {
        begin_frame(&mut frame);
        frame.extend_from_slice(payload);
        seal_frame(&mut frame, SALT, at as u64 + 1, 1);
        bytes.extend_from_slice(&frame);
    }
    bytes
}

/// The bytes of format 1 are a promise to every later version. The checksums were computed by another implementation.
#[test]
fn format_1_is_written_as_it_always_was() {
    let bytes = segment(&[b"hello"]);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let header = "64617939306a6e6c010000000100000000000000efcdab89674523015d25fc06";
    let frame = "d990f5fa050000000100000000000000010000004cbb719a4f5a39ad";
    assert_eq!(hex, format!("{header}{frame}68656c6c6f"));
}

#[test]
fn what_is_sealed_is_read_again() {
    let bytes = segment(&[b"one", b"", b"three"]);
    let read: Vec<_> = Scanner::new(SALT, &bytes).map(|frame| frame.unwrap()).collect();
    assert_eq!(read.iter().map(|frame| frame.payload).collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
    assert_eq!(read.iter().map(|frame| frame.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(read[2].end(), bytes.len());
}

#[test]
fn a_frame_of_another_segment_is_not_valid() {
    let bytes = segment(&[b"one"]);
    assert_eq!(Scanner::new(SALT + 1, &bytes).next(), Some(Err(BadFrame::Header)));
}

#[test]
fn an_event_that_contains_a_frame_is_no_evidence_of_damage() {
    let mut inner = Vec::new();
    begin_frame(&mut inner);
    seal_frame(&mut inner, 42, 9, 1);
    let mut bytes = segment(&[&inner]);
    bytes.truncate(bytes.len() - 1);
    let mut scanner = Scanner::new(SALT, &bytes);
    assert_eq!(scanner.next(), Some(Err(BadFrame::ShortPayload)));
    assert_eq!(scanner.whole_header_after(), None);
}

#[test]
fn a_header_of_a_later_format_names_it() {
    let header = SegmentHeader::new(1, SALT);
    assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
    assert_eq!(SegmentHeader::decode(&SegmentHeader { format: 7, ..header }.encode()), Err(BadSegment::Newer(7)));
    let mut flipped = header.encode();
    flipped[8] ^= 3;
    assert_eq!(SegmentHeader::decode(&flipped), Err(BadSegment::Damaged), "one bit is no new version");
}

/// A later release must make the same salt of the same frame.
#[test]
fn a_salt_follows_from_the_frame_before_and_from_nothing_else() {
    let link = Predecessor { salt: SALT, crc: 7 };
    assert_eq!(link.next_salt(90), PINNED);
    for other in [Predecessor { salt: SALT + 1, ..link }, Predecessor { crc: 8, ..link }] {
        assert_ne!(other.next_salt(90), PINNED);
    }
    assert_ne!(link.next_salt(91), PINNED);
}

/// Computed by another implementation of SipHash-1-3.
const PINNED: u64 = 1_463_258_359_994_628_410;
