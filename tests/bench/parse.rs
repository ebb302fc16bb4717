//! What reading events costs: day90's own reader against the same reading with `serde_json`.
//!
//! ```text
//! cargo bench --bench parse                  both readers in turn: CPU time an event, and the ratio
//! cargo bench --bench parse -- PART ROUNDS   one part alone, for callgrind
//! ```
//!
//! The other reader is `serde_json::from_str` into a struct that borrows its texts, then the checks of the contract, then
//! the same [`Event`]. It does less than day90's own: it counts no unknown fields, finds no place for a mistake, and
//! knows only the types that the benchmark sends. So the ratio is a lower bound of what the own reader saves.
//!
//! Parts: `own` and `serde` read, `own-bulk` and `serde-bulk` cut a body into lines, read and encode; `cut` cuts and reads;
//! `encode`, `decode`; `none` is what the program costs without any. The bodies are those of the bulk row; `each` after the rounds
//! takes one event of each type instead (not for `serde`).

mod lines;

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;

use day90::event::split::Events;
use day90::event::{
    Body, Context, Event, Fixed, Inlet, Kind, Mode, Severity, Signal, StepKind, StepOutcome, TaskOutcome, Thumb,
    Timestamp, binary, json,
};
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

const BODY_BYTES: usize = 1 << 20;
const PAIRS: usize = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let body = match arguments.get(2).map(String::as_str) {
        Some("each") => include_str!("../data/events/one-of-each.ndjson").repeat(100),
        _ => lines::body(0, 0, BODY_BYTES).text,
    };
    let bench = Bench::of(&body);
    match &arguments[..] {
        [] => bench.compare(),
        [part, rounds, ..] => {
            let rounds: u32 = rounds.parse().expect("a number of rounds");
            (0..rounds).for_each(|_| bench.run(part));
            println!("{} events, {rounds} rounds of {part}", bench.events.len());
        }
        _ => panic!("parse [PART ROUNDS [each]]"),
    }
}

struct Bench<'a> {
    body: &'a str,
    events: Vec<Event<'a>>,
    encoded: Vec<u8>,
}

/// CPU time of this thread so far.
fn own_cpu_nanos() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

fn context() -> Context<'static> {
    Context {
        received: Timestamp::parse_rfc3339("2026-11-23T09:00:00Z").expect("a time"),
        inlet: Inlet::Http,
        default_system: None,
        rating_scale: &|_| (Fixed::ONE, Fixed::from_units(5)),
        event_age: day90::event::kinds::EVENT_AGE,
        notes: None,
    }
}

impl<'a> Bench<'a> {
    fn of(body: &'a str) -> Bench<'a> {
        let events: Vec<_> =
            body.lines().map(|line| json::parse(line, 1, &context()).expect("the benchmark's own lines")).collect();
        let mut encoded = Vec::new();
        events.iter().for_each(|event| binary::encode(event, &mut encoded));
        Bench { body, events, encoded }
    }

    fn run(&self, part: &str) {
        match part {
            "none" => {}
            "own" => self.body.lines().for_each(|line| {
                black_box(&own(line));
            }),
            "serde" => self.body.lines().for_each(|line| {
                black_box(&other(line));
            }),
            "own-bulk" => {
                let context = context();
                let items = Events::new(self.body.as_bytes(), &context);
                self.bulk(items.map(|item| item.event.expect("the benchmark's own lines")));
            }
            "serde-bulk" => self.bulk(self.body.lines().map(other)),
            "cut" => Events::new(self.body.as_bytes(), &context()).for_each(|item| {
                black_box(&item);
            }),
            "encode" => {
                let mut out = Vec::with_capacity(self.encoded.len());
                self.events.iter().for_each(|event| binary::encode(event, &mut out));
                black_box(&out);
            }
            "decode" => {
                let mut at = 0;
                while at < self.encoded.len() {
                    let (event, length) = binary::decode(&self.encoded[at..]).expect("what was encoded");
                    black_box(&event);
                    at += length;
                }
            }
            _ => panic!("no part is called {part}"),
        }
    }

    fn bulk<'b>(&self, events: impl Iterator<Item = Event<'b>>) {
        let mut out = Vec::with_capacity(self.encoded.len());
        events.for_each(|event| binary::encode(&event, &mut out));
        black_box(&out);
    }

    fn nanos(&self, part: &str) -> f64 {
        let began = own_cpu_nanos();
        self.run(part);
        (own_cpu_nanos() - began) as f64 / self.events.len() as f64
    }

    /// The parts in turn, so that a busy neighbor costs both the same.
    fn compare(&self) {
        for line in self.body.lines() {
            assert_eq!(own(line).body, other(line).body, "{line}");
        }
        for (one, two) in [("own", "serde"), ("own-bulk", "serde-bulk")] {
            let mut pairs: Vec<(f64, f64)> = (0..PAIRS).map(|_| (self.nanos(one), self.nanos(two))).collect();
            pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
            let (low, (own, other), high) = (pairs[PAIRS / 20], pairs[PAIRS / 2], pairs[PAIRS - 1 - PAIRS / 20]);
            println!(
                "{one} {own:.0} ns, {two} {other:.0} ns an event; ratio {:.3} ({:.3} to {:.3})",
                own / other,
                low.0 / low.1,
                high.0 / high.1
            );
        }
    }
}

fn own(line: &str) -> Event<'_> {
    json::parse(line, 1, &context()).expect("the benchmark's own lines")
}

/// A text that borrows where it has no escapes; serde's derive borrows no `Option<Cow<str>>`.
struct Text<'a>(Cow<'a, str>);

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

macro_rules! fields {
    (texts $($text:ident)* ; seconds $($seconds:ident)* ; counts $($count:ident)* ; flags $($flag:ident)*) => {
        /// Every field of the contract: which of them an event has is not known before it is read.
        #[derive(Deserialize)]
        #[allow(dead_code, reason = "the benchmark's events have some of them")]
        struct Fields<'a> {
            #[serde(borrow, rename = "type")]
            kind_of_event: Option<Text<'a>>,
            $(#[serde(borrow)] $text: Option<Text<'a>>,)*
            $($seconds: Option<f64>,)*
            $($count: Option<u64>,)*
            $($flag: Option<bool>,)*
        }
    };
}

fields! {
    texts system id source time case action outcome mode version kind name escalation queue reason severity by review
        decision appeal change author approver previous_version rollback trigger to result signal value input suite
        activity currency owner note path specversion subject datacontenttype;
    seconds duration_seconds first_token_seconds handling_seconds edit_ratio age_seconds score seconds cost;
    counts input_tokens output_tokens;
    flags appropriate drill allowed passed
}

/// As the contract wants texts: some bytes, no control characters.
fn text<'a>(field: Option<Text<'a>>, bytes_max: usize) -> Option<Cow<'a, str>> {
    let Text(text) = field?;
    assert!((1..=bytes_max).contains(&text.len()) && !text.chars().any(char::is_control));
    Some(text)
}

fn word<T>(field: Option<Text<'_>>, from_word: impl Fn(&str) -> Option<T>) -> T {
    let Text(word) = field.expect("a required field");
    from_word(&word).expect("a word of the contract")
}

fn seconds(number: Option<f64>) -> Option<Fixed> {
    number.map(|number| Fixed::from_f64(number).filter(|seconds| *seconds >= Fixed::ZERO).expect("seconds"))
}

/// The same reading with `serde_json`.
fn other(line: &str) -> Event<'_> {
    let fields: Fields<'_> = serde_json::from_str(line).expect("the benchmark's own lines");
    let received = context().received;
    let system = fields.system.expect("a system").0;
    assert!(json::is_system(&system));
    let kind = word(fields.kind_of_event, Kind::from_word);
    let body = match kind {
        Kind::TaskCompleted => Body::TaskCompleted {
            action: text(fields.action, 64).expect("an action"),
            outcome: word(fields.outcome, TaskOutcome::from_word),
            mode: word(fields.mode, Mode::from_word),
            duration_seconds: seconds(fields.duration_seconds),
            version: text(fields.version, 128),
        },
        Kind::StepCompleted => Body::StepCompleted {
            kind: word(fields.kind, StepKind::from_word),
            name: text(fields.name, 64).expect("a name"),
            outcome: word(fields.outcome, StepOutcome::from_word),
            duration_seconds: seconds(fields.duration_seconds),
            first_token_seconds: seconds(fields.first_token_seconds),
            input_tokens: fields.input_tokens,
            output_tokens: fields.output_tokens,
        },
        Kind::EscalationOpened => Body::EscalationOpened {
            escalation: text(fields.escalation, 128),
            queue: text(fields.queue, 64),
            reason: text(fields.reason, 64),
            action: text(fields.action, 64),
            severity: fields.severity.map(|severity| word(Some(severity), Severity::from_word)),
        },
        Kind::EscalationResolved => Body::EscalationResolved {
            escalation: text(fields.escalation, 128),
            outcome: word(fields.outcome, day90::event::EscalationOutcome::from_word),
            by: text(fields.by, 64),
        },
        Kind::FeedbackReceived => Body::FeedbackReceived {
            signal: word(fields.signal, Signal::from_word),
            value: day90::event::FeedbackValue::Thumb(word(fields.value, Thumb::from_word)),
            action: text(fields.action, 64),
        },
        _ => panic!("the benchmark sends no {kind}"),
    };
    Event {
        system,
        id: text(fields.id, 128),
        source: text(fields.source, 256),
        time: fields.time.map_or(received, |time| Timestamp::parse_rfc3339(&time.0).expect("a time")),
        received,
        inlet: Inlet::Http,
        case: text(fields.case, 128),
        unknown_fields: 0,
        repairs: Default::default(),
        skewed: false,
        behavior: None,
        body,
    }
}
