//! Input that nobody would write by hand: valid bodies, damaged at random.
//!
//! `DAY90_BAD_INPUTS` bodies (default 100,000) go through the parser in process; a hundredth of them, 400 at most, to the
//! daemon over HTTP too. What is held of each: no panic; it is cut as the contract says, by another implementation
//! (serde_json); each event is taken or refused on its own, with a message, and all of them are in one of the counts; what
//! is no JSON is never taken; what is taken survives the journal's encoding and the fold; the daemon says the same over
//! HTTP, with the right status; and what is refused changes nothing. A failure prints the body.

use std::panic::{AssertUnwindSafe, catch_unwind};

use day90::clock::{Clock, SystemClock};
use day90::event::split::{Events, Numbered};
use day90::event::{Context, Fixed, Inlet, binary, kinds};
use day90::state::State;
use day90::state::engine::dedupe::HashKey;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::harness::{Day90, Dice, Request, metric, one_of_each, size};

/// What a message to the sender may be long; it quotes no more than an excerpt of what is wrong.
const MESSAGE_BYTES_MAX: usize = 1_024;
/// Bytes that mean something to some reader of JSON, text or numbers.
const TOKENS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b"\r\n",
    b"\0",
    b"\x1f",
    b"\x7f",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"null",
    b"true",
    b"NaN",
    b"-",
    b"-0",
    b"0",
    b"1e999",
    b"1e-999",
    b"0x10",
    b"1.",
    b".5",
    b"00",
    b"99999999999999999999999999",
    b"9007199254740993",
    b"\\ud800",
    b"\\udc00\\ud800",
    b"\\u0000",
    b"\\u00",
    b"\"case\":",
    b"\"type\":",
    b"\"specversion\":\"1.0\",",
    b"\"id\":1,",
    b"//",
    b"/*",
    b"'",
    b" ",
    b"\t",
    b"{\"a\":",
    b"[[[[[[[[[[[[[[[[[[",
    b"2026-02-30T00:00:00Z",
];

/// What the sender calls a body. It is cut in the same way whatever that is.
const TYPES: &[Option<&str>] = &[
    Some("application/json"),
    Some("application/x-ndjson"),
    Some("text/plain"),
    Some("application/octet-stream"),
    None,
];

/// One to four events in one of the spellings, with some values exchanged for values of other kinds.
fn valid(dice: &mut Dice, events: &[Value]) -> Vec<u8> {
    let chosen: Vec<String> = (0..=dice.below(4))
        .map(|_| {
            let mut event = dice.one(events).clone();
            if dice.below(3) == 0 {
                exchange(dice, &mut event, events);
            }
            event.to_string()
        })
        .collect();
    let text = match dice.below(5) {
        0 => format!("[{}]", chosen.join(",")),
        1 => chosen.join(""),
        2 => chosen.iter().map(|event| format!("[{event}] ")).collect(),
        _ => chosen.join("\n"),
    };
    text.into_bytes()
}

/// What a body holds, by the contract and serde_json.
#[derive(Debug, PartialEq)]
enum Cut {
    Events(usize),
    /// One stream of values, which breaks.
    Broken,
    Blank,
}

fn cut(body: &[u8]) -> Cut {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let mut lines = body.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(blank)).peekable();
    if lines.peek().is_none() {
        return Cut::Blank;
    }
    let lines: Vec<&[u8]> = lines.collect();
    let is_lines = lines.iter().all(|line| line.iter().find(|byte| !blank(byte)) == Some(&b'{'));
    if is_lines {
        // A line that breaks is one event.
        return Cut::Events(lines.iter().map(|line| values(line).unwrap_or(1)).sum());
    }
    values(body).map_or(Cut::Broken, Cut::Events)
}

/// The values of a stream, those of arrays in their place; `None` where it breaks.
fn values(text: &[u8]) -> Option<usize> {
    let mut count = 0;
    for value in serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>() {
        let value = value.ok()?.get();
        let elements = || serde_json::from_str::<Vec<IgnoredAny>>(value).expect("an array").len();
        count += if value.starts_with('[') { elements() } else { 1 };
    }
    Some(count)
}

/// Gives one field the value of another, or of a kind that it never has.
fn exchange(dice: &mut Dice, event: &mut Value, events: &[Value]) {
    let others = dice.one(events).as_object().expect("an object");
    let names: Vec<&String> = others.keys().collect();
    let value = match dice.below(8) {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => (-1).into(),
        3 => 1e300.into(),
        4 => "x".repeat(dice.below(9_000)).into(),
        5 => vec![Value::Null; dice.below(20)].into(),
        6 => (0..dice.below(20)).fold(Value::from(0), |inner, _| serde_json::json!({ "a": inner })),
        _ => others[*dice.one(&names)].clone(),
    };
    let event = event.as_object_mut().expect("an object");
    let own: Vec<String> = event.keys().cloned().collect();
    let name = if dice.below(4) == 0 { (*dice.one(&names)).clone() } else { dice.one(&own).clone() };
    event.insert(name, value);
}

/// Damages it in one to three places.
fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + 1 + dice.below(12)).min(bytes.len());
        match dice.below(7) {
            0 if at < end => bytes[at] ^= 1 << dice.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let twice = bytes[at..end].to_vec();
                bytes.splice(at..at, twice);
            }
            3 => bytes.truncate(at),
            4 if at < end => {
                let token = *dice.one(TOKENS);
                bytes.splice(at..end, token.iter().copied());
            }
            5 if at < end => {
                let from = dice.below(bytes.len());
                bytes.swap(at, from);
            }
            _ => {
                let token = *dice.one(TOKENS);
                bytes.splice(at..at, token.iter().copied());
            }
        }
    }
}

/// Events taken and refused.
#[derive(Debug, Default, PartialEq)]
struct Judged {
    taken: u64,
    refused: u64,
}

/// What the parser makes of a body; all that is taken is folded.
fn judge(body: &[u8], state: &mut State, sequence: &mut u64) -> Judged {
    let received = SystemClock.now();
    let context = Context {
        received,
        inlet: Inlet::Http,
        default_system: None,
        rating_scale: &|_| (Fixed::ONE, Fixed::from_units(5)),
        event_age: kinds::EVENT_AGE,
        notes: None,
    };
    let mut events = Events::new(body, &context);
    let (mut taken, mut refused) = (Vec::new(), 0);
    for (at, Numbered { index, event }) in (&mut events).enumerate() {
        assert_eq!(index as usize, at, "each event has its number");
        match event {
            Ok(event) => taken.push(event),
            Err(rejection) => {
                refused += 1;
                check(rejection.mistakes().map(|mistake| mistake.error));
            }
        }
    }
    let found = match events.broken() {
        Some(broken) => {
            check([broken.error.clone()].into_iter());
            Cut::Broken
        }
        None if events.is_blank() => Cut::Blank,
        None => Cut::Events(taken.len() + refused),
    };
    assert_eq!(found, cut(body), "cut as the contract says");
    if found == Cut::Broken {
        return Judged { taken: 0, refused: 1 };
    }
    state.advance(received);
    for event in &taken {
        let mut encoded = Vec::new();
        binary::encode(event, &mut encoded);
        let (decoded, used) = binary::decode(&encoded).expect("what was encoded can be decoded");
        assert_eq!((&decoded, used), (event, encoded.len()));
        state.apply(&decoded, *sequence);
        *sequence += 1;
    }
    Judged { taken: taken.len() as u64, refused: refused as u64 }
}

/// Holds messages to what a sender can read.
fn check(messages: impl Iterator<Item = String>) {
    for message in messages {
        let bytes = message.len();
        assert!((1..=MESSAGE_BYTES_MAX).contains(&bytes), "{bytes} bytes of message: {message}");
        assert!(!message.contains(char::is_control), "a message of one printable line: {message:?}");
    }
}

#[test]
fn damaged_bodies_cost_only_themselves() {
    let bodies = size("DAY90_BAD_INPUTS", 100_000);
    let seed = size("DAY90_BAD_INPUTS_SEED", u64::from(std::process::id()));
    println!("the same again: DAY90_BAD_INPUTS_SEED={seed}");
    let mut events: Vec<Value> =
        one_of_each().iter().map(|event| serde_json::from_str(&event.to_string()).expect("an object")).collect();
    events.extend(one_of_each().iter().enumerate().map(|(at, event)| event.cloudevent(&format!("ce-{at}"))));
    let (mut state, mut sequence) = (State::new(HashKey(1, 2)), 1);
    let day90 = Day90::start();
    let each = (bodies / 400).max(100);
    let (mut all, mut over_http) = (Judged::default(), 0);
    let mut before = day90.scrape();
    for number in 0..bodies {
        let mut dice = Dice::new(seed.wrapping_add(number));
        let mut body = valid(&mut dice, &events);
        damage(&mut dice, &mut body);
        let content_type = *dice.one(TYPES);
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let judged = judge(&body, &mut state, &mut sequence);
            if number % each == 0 {
                before = ask(&day90, content_type, &body, &judged, &before);
                over_http += 1;
            }
            judged
        }));
        let shown = || String::from_utf8_lossy(&body).into_owned();
        let judged = checked.unwrap_or_else(|_| panic!("body {number} of seed {seed}: {content_type:?}\n{}", shown()));
        all.taken += judged.taken;
        all.refused += judged.refused;
    }
    println!("{bodies} damaged bodies, {over_http} of them over HTTP: {all:?}");
    assert!(all.taken > bodies / 4 && all.refused > bodies / 4, "some of each: {all:?}");
}

/// The daemon must say the same over HTTP; returns the scrape after it.
fn ask(
    day90: &Day90,
    content_type: Option<&str>,
    body: &[u8],
    judged: &Judged,
    before: &crate::harness::Scrape,
) -> crate::harness::Scrape {
    let answer = day90.ask(&Request::events(content_type, body));
    let (accepted, duplicates, rejected) = answer.counts();
    let is_taken = accepted > 0 || judged.refused == 0 && cut(body) != Cut::Blank;
    assert_eq!(answer.status, if is_taken { 202 } else { 400 }, "{}", answer.text());
    assert_eq!((accepted + duplicates, rejected), (judged.taken, judged.refused), "{}", answer.text());
    let after = day90.scrape();
    let counted = |name: &str| {
        let counter = metric(name);
        after.get(&counter).unwrap_or(0.0) - before.get(&counter).unwrap_or(0.0)
    };
    assert_eq!(counted("day90_events_total"), accepted as f64, "what was refused changes nothing");
    assert_eq!(counted("day90_events_rejected_total"), rejected as f64);
    assert_eq!(counted("day90_events_duplicate_total"), duplicates as f64);
    if accepted == 0 {
        // The detector's ratio moves with time.
        let lines = |scrape: &crate::harness::Scrape| {
            let fold = scrape.fold();
            fold.lines().filter(|line| !line.contains("_recent_ratio")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(before), lines(&after), "what was refused changes nothing");
    }
    after
}

#[test]
fn an_undamaged_body_is_taken_whole() {
    let (mut state, mut sequence) = (State::new(HashKey(1, 2)), 1);
    let text: Vec<String> = one_of_each().iter().map(ToString::to_string).collect();
    for body in [text.join("\n"), text.join(""), format!("[{}]", text.join(","))] {
        let judged = judge(body.as_bytes(), &mut state, &mut sequence);
        assert_eq!(judged, Judged { taken: text.len() as u64, refused: 0 });
    }
}
