//! The readers of headers and sources alone; whole events are in `event::tests`.

use super::attributes::header_value;
use super::*;

#[test]
fn reads_base64() {
    for (text, bytes) in [("", "".as_bytes()), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo"), ("Zm9vYg==", b"foob")]
    {
        assert_eq!(from_base64(text).as_deref(), Some(bytes), "{text}");
    }
    for text in ["Z", "Zg", "Zg=", "Zm9v\n", "Zm-v", "===="] {
        assert_eq!(from_base64(text).filter(|bytes| !bytes.is_empty()), None, "{text}");
    }
}

#[test]
fn headers_that_are_not_encoded_properly_are_taken_as_they_are() {
    for (value, text) in [
        (&b"plain"[..], "plain"),
        (b"Euro%20%E2%82%AC", "Euro \u{20ac}"),
        (b"\"a \\\"quoted\\\" one\"", "a \"quoted\" one"),
        (b"50% off", "50% off"),
        (b"50%25 off", "50% off"),
        (b"100%", "100%"),
        (b"%zz", "%zz"),
        (b"%E2%82", "%E2%82"),
        (b"50% off %41", "50% off %41"),
        ("caf\u{e9}".as_bytes(), "caf\u{e9}"),
        (b"caf\xe9", "caf\u{e9}"),
        (b"", ""),
    ] {
        assert_eq!(header_value(value), text, "{value:?}");
    }
}

#[test]
fn the_last_path_segment_names_the_system() {
    for (source, segment) in [
        ("https://example.com/agents/refund-agent", Some("refund-agent")),
        ("/agents/refund/", Some("refund")),
        ("/agents/refund?env=prod#x", Some("refund")),
        ("urn:example:refund", Some("urn:example:refund")),
        ("/", None),
    ] {
        assert_eq!(last_segment(source), segment, "{source}");
    }
}
