//! The readers of headers and sources alone; whole events are in `event::tests`.

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
fn reads_header_values() {
    for (value, text) in [
        ("plain", Some("plain")),
        ("Euro%20%E2%82%AC", Some("Euro €")),
        ("\"a \\\"quoted\\\" one\"", Some("a \"quoted\" one")),
        ("100%", None),
        ("%zz", None),
        ("%E2%82", None),
    ] {
        assert_eq!(header_value(value).as_deref(), text, "{value}");
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
