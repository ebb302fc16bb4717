//! The yardstick: `serde_json::from_str` of each line into a struct that borrows its texts.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::daemon::own_cpu_nanos;
use super::lines::Body;

/// A text that borrows where it has no escapes; serde's derive borrows no `Option<Cow<str>>`.
struct Text<'a>(#[allow(dead_code, reason = "it is made, not looked at")] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Texts)
    }
}

/// The fields of the lines; unknown ones are skipped, as by day90.
#[derive(Deserialize)]
#[allow(dead_code, reason = "it is made, not looked at")]
struct Plain<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    system: Option<Text<'a>>,
    #[serde(borrow)]
    case: Option<Text<'a>>,
    #[serde(borrow)]
    action: Option<Text<'a>>,
    #[serde(borrow)]
    mode: Option<Text<'a>>,
    #[serde(borrow)]
    outcome: Option<Text<'a>>,
    #[serde(borrow)]
    queue: Option<Text<'a>>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    signal: Option<Text<'a>>,
    #[serde(borrow)]
    value: Option<Text<'a>>,
    #[serde(borrow)]
    by: Option<Text<'a>>,
    duration_seconds: Option<f64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

/// CPU nanoseconds a line, of one thread.
pub fn parse_ns_per_line(bodies: &[Body]) -> f64 {
    let began = own_cpu_nanos();
    let mut lines = 0;
    for body in bodies {
        for line in body.text.lines() {
            std::hint::black_box(serde_json::from_str::<Plain<'_>>(line).expect("the benchmark's own lines"));
            lines += 1;
        }
    }
    (own_cpu_nanos() - began) as f64 / f64::from(lines)
}
