//! How long parsing, encoding and decoding take, beside a plain `serde_json::from_str` of the same lines into a
//! borrowed struct. It measures and asserts nothing, so it is run by hand:
//!
//! ```text
//! cargo test --release --lib event::speed -- --ignored --nocapture
//! ```

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

use super::split::Form;
use super::*;

/// Events a round: enough that the caches hold no answer by heart.
const EVENTS: usize = 4_000;
const ROUNDS: usize = 25;

/// Lines of about 240 bytes, with fields that day90 doesn't know and escapes in some of them.
fn lines() -> String {
    let mut body = String::new();
    for n in 0..EVENTS {
        let line = match n % 4 {
            0 => format!(
                r#"{{"type":"task.completed","id":"01JDA{n:08}","time":"2026-11-23T09:00:{:02}.123Z","system":"refund-agent","case":"c-{n}","action":"refund.issue","outcome":"completed","mode":"decide","duration_seconds":{}.25,"trace_id":"4bf92f3577b34da6a3ce929d0e0e{n:04}"}}"#,
                n % 60,
                n % 30
            ),
            1 => format!(
                r#"{{"type":"escalation.opened","id":"01JDB{n:08}","time":"2026-11-23T09:00:{:02}.5Z","system":"refund-agent","case":"c-{n}","queue":"billing","reason":"low \"confidence\"","severity":"high","note":"the customer wrote: \"please\" \u00e9","region":"eu-1"}}"#,
                n % 60
            ),
            2 => format!(
                r#"{{"id":"01JDC{n:08}","time":"2026-11-23T09:00:{:02}+00:00","system":"refund-agent","case":"c-{n}","kind":"model","name":"small-model","outcome":"completed","duration_seconds":1.{n},"input_tokens":{n},"output_tokens":120,"tags":["a","b\n"],"type":"step.completed"}}"#,
                n % 60
            ),
            _ => format!(
                r#"{{"type":"review.completed","id":"01JDD{n:08}","time":"2026-11-23T09:00:{:02}.123456Z","system":"refund-agent","case":"c-{n}","decision":"edited","by":"reviewer-{}","handling_seconds":95,"edit_ratio":0.12,"meta":{{"host":"a-1","pid":{n}}}}}"#,
                n % 60,
                n % 7
            ),
        };
        body.push_str(&line);
        body.push('\n');
    }
    body
}

/// `Cow` that borrows: serde's own always copies.
#[derive(Default)]
struct Borrowed<'a>(#[allow(dead_code, reason = "read by nobody, as in any measurement")] Cow<'a, str>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Borrowed<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Borrowed<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Borrowed<'de>, E> {
                Ok(Borrowed(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Borrowed<'de>, E> {
                Ok(Borrowed(Cow::Owned(text.to_string())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[derive(serde::Deserialize)]
#[serde(default)]
#[derive(Default)]
#[allow(dead_code, reason = "read by nobody, as in any measurement")]
struct Plain<'a> {
    #[serde(rename = "type", borrow)]
    kind_of_event: Option<Borrowed<'a>>,
    #[serde(borrow)]
    id: Option<Borrowed<'a>>,
    #[serde(borrow)]
    time: Option<Borrowed<'a>>,
    #[serde(borrow)]
    system: Option<Borrowed<'a>>,
    #[serde(borrow)]
    case: Option<Borrowed<'a>>,
    #[serde(borrow)]
    action: Option<Borrowed<'a>>,
    #[serde(borrow)]
    outcome: Option<Borrowed<'a>>,
    #[serde(borrow)]
    mode: Option<Borrowed<'a>>,
    #[serde(borrow)]
    queue: Option<Borrowed<'a>>,
    #[serde(borrow)]
    reason: Option<Borrowed<'a>>,
    #[serde(borrow)]
    severity: Option<Borrowed<'a>>,
    #[serde(borrow)]
    kind: Option<Borrowed<'a>>,
    #[serde(borrow)]
    name: Option<Borrowed<'a>>,
    #[serde(borrow)]
    decision: Option<Borrowed<'a>>,
    #[serde(borrow)]
    by: Option<Borrowed<'a>>,
    duration_seconds: Option<f64>,
    handling_seconds: Option<f64>,
    edit_ratio: Option<f64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

/// The fastest of some rounds, in nanoseconds an event: what else runs on the machine only ever adds.
fn fastest(mut round: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed().as_nanos() as f64 / EVENTS as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

#[test]
#[ignore = "a measurement: run it by hand, in release"]
fn of_parse_encode_and_decode() {
    let body = lines();
    let scale = |_: &str| (Fixed::ONE, Fixed::from_units(5));
    let received = Timestamp::parse_rfc3339("2026-11-23T09:01:00Z").unwrap();
    let context = Context { received, inlet: Inlet::Http, default_system: None, rating_scale: &scale };
    let parsed: Vec<Event<'_>> = body.lines().map(|line| json::parse(line, 1, &context).unwrap()).collect();
    let mut encoded = Vec::new();
    parsed.iter().for_each(|event| binary::encode(event, &mut encoded));

    let plain = fastest(|| {
        for line in body.lines() {
            black_box(serde_json::from_str::<Plain<'_>>(line).unwrap());
        }
    });
    let parse = fastest(|| {
        for line in body.lines() {
            black_box(json::parse(line, 1, &context).unwrap());
        }
    });
    let mut out = Vec::with_capacity(encoded.len());
    let encode = fastest(|| {
        out.clear();
        parsed.iter().for_each(|event| binary::encode(event, &mut out));
        black_box(&out);
    });
    let whole = fastest(|| {
        out.clear();
        for item in split::events(body.as_bytes(), Form::Guess) {
            binary::encode(&json::parse(item.text.unwrap(), item.line, &context).unwrap(), &mut out);
        }
        black_box(&out);
    });
    let cut = fastest(|| assert_eq!(black_box(split::events(body.as_bytes(), Form::Ndjson).count()), EVENTS));
    let decode = fastest(|| {
        let mut at = 0;
        while at < encoded.len() {
            let (event, length) = binary::decode(&encoded[at..]).unwrap();
            black_box(&event);
            at += length;
        }
    });
    println!(
        "{} bytes a line, {} encoded; ns an event: plain from_str {plain:.0}; split {cut:.0}, parse {parse:.0} \
         ({:.2} of plain), encode {encode:.0}, split + parse + encode {whole:.0} ({:.2} of plain), decode {decode:.0}",
        body.len() / EVENTS,
        encoded.len() / EVENTS,
        parse / plain,
        whole / plain
    );
}
