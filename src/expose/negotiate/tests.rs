//! What scrapers send, and what they get.

use super::*;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// (Accept, Content-Type): by its order and weights.
const ANSWERS: &[(&str, &str)] = &[
    // Prometheus 3, with and without native histograms.
    (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    ),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.7,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8",
    ),
    (
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2",
        "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    ),
    // Prometheus 2.
    (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        OPENMETRICS,
    ),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        PROTOBUF,
    ),
    (
        "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text; version=0.0.1; charset=utf-8",
    ),
    // Other clients.
    ("*/*", TEXT),
    ("", TEXT),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
    ("application/openmetrics-text", OPENMETRICS),
    ("Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8", OPENMETRICS),
    ("text/plain", TEXT),
    ("text/*;q=0.1", TEXT),
    // Weights.
    ("application/openmetrics-text;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.4", TEXT),
    ("text/plain;version=0.0.4;q=0.4,application/openmetrics-text;version=1.0.0;q=0.4", TEXT),
    ("application/openmetrics-text;version=1.0.0;q=0", TEXT),
    ("application/openmetrics-text;version=1.0.0;q=0.001,text/plain;q=0", OPENMETRICS),
    // Schemes.
    ("text/plain;version=0.0.4;escaping=underscores", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"),
    ("text/plain;version=1.0.0;escaping=values", "text/plain; version=1.0.0; charset=utf-8; escaping=values"),
    ("text/plain;version=1.0.0;escaping=dots", "text/plain; version=1.0.0; charset=utf-8; escaping=dots"),
    ("text/plain;version=0.0.4;escaping=runes", TEXT),
    // Unknown, malformed, or of a later version.
    ("application/openmetrics-text;version=2.0.0", TEXT),
    (
        "application/openmetrics-text;version=2.0.0,text/plain;version=1.0.0;q=0.1",
        "text/plain; version=1.0.0; charset=utf-8",
    ),
    ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", TEXT),
    ("application/vnd.google.protobuf;proto=other;encoding=delimited", TEXT),
    ("application/vnd.google.protobuf", TEXT),
    ("application/json", TEXT),
    ("application/openmetrics-text;version=1.0.0;q=NaN", TEXT),
    ("application/openmetrics-text;version=1.0.0;q=7", TEXT),
    ("application/openmetrics-text;version", TEXT),
    (";;;,,,=;q=1,", TEXT),
];

fn headers(name: hyper::header::HeaderName, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name, value.parse().expect("a header"))])
}

#[test]
fn scrapers_get_what_they_like_best() {
    for (accept, answer) in ANSWERS {
        assert_eq!(choose(&headers(ACCEPT, accept), Metrics::default()).content_type(), *answer, "{accept}");
    }
    assert_eq!(choose(&HeaderMap::new(), Metrics::default()).content_type(), TEXT);
    let no_text = HeaderMap::from_iter([(ACCEPT, hyper::header::HeaderValue::from_bytes(b"\xff/\xfe").unwrap())]);
    assert_eq!(choose(&no_text, Metrics::default()).content_type(), TEXT);
}

#[test]
fn a_repeated_header_is_one_list() {
    let mut twice = headers(ACCEPT, "text/plain;q=0.1");
    twice.append(ACCEPT, "application/openmetrics-text".parse().unwrap());
    assert_eq!(choose(&twice, Metrics::default()).content_type(), OPENMETRICS);
}

#[test]
fn gzip_is_used_where_it_is_welcome() {
    for (accepted, gzip) in [
        ("gzip", true),
        ("GZIP;q=0.5", true),
        ("deflate, gzip;q=1.0, *;q=0.5", true),
        ("*", true),
        ("*;q=0", false),
        ("gzip;q=0, *", false),
        ("gzip;q=0.2, identity", false),
        ("gzip;q=often", false),
        ("identity", false),
        ("br, zstd", false),
        ("", false),
    ] {
        let headers = headers(ACCEPT_ENCODING, accepted);
        assert_eq!(choose(&headers, Metrics::default()).gzip, gzip, "{accepted}");
        assert!(!choose(&headers, Metrics { gzip: false, ..Metrics::default() }).gzip);
    }
    assert!(!choose(&HeaderMap::new(), Metrics::default()).gzip);
}
