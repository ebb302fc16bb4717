//! Wrong input over HTTP: each gets its status and a message that helps, nothing else is lost, and the fold stays as it
//! was.
//!
//! Two lists. `tests/data/events/bad.json` is about events (the parser's own tests read it too); `tests/data/http/bad.json`
//! is about requests, byte by byte.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::harness::events::lines;
use crate::harness::{Day90, Request, event, http, metric};

#[derive(Deserialize)]
struct Case {
    name: String,
    content_type: Option<String>,
    body: Option<String>,
    body_base64: Option<String>,
    body_parts: Option<Vec<Part>>,
    status: u16,
    accepted: u64,
    rejected: u64,
    errors: Vec<Expected>,
}

/// A piece of a body that is too long to be written out.
#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Repeat { repeat: String, times: usize },
}

#[derive(Deserialize)]
struct Expected {
    index: u64,
    /// Of the first mistake of an event.
    #[serde(default)]
    reason: String,
    field: Option<String>,
    contains: String,
}

impl Case {
    fn body(&self) -> Vec<u8> {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Repeat { repeat, times } => repeat.repeat(*times),
        };
        match (&self.body, &self.body_base64, &self.body_parts) {
            (Some(text), ..) => text.clone().into_bytes(),
            (_, Some(encoded), _) => from_base64(encoded),
            (.., Some(parts)) => parts.iter().map(part).collect::<String>().into_bytes(),
            _ => panic!("{}: no body", self.name),
        }
    }

    /// What differs from what the list says.
    fn differences(&self, day90: &Day90) -> Vec<String> {
        let mut differences = Vec::new();
        let mut same = |what: &str, expected: String, found: String| {
            if expected != found {
                differences.push(format!("{what}: expected {expected}, found {found}"));
            }
        };
        let request = Request::events(self.content_type.as_deref(), self.body());
        // CloudEvents of which nothing is wrong get no counts unless they are asked for.
        let answer = day90.ask(&request.header("Prefer", "return=representation"));
        same("status", self.status.to_string(), answer.status.to_string());
        same("counts", format!("{:?}", (self.accepted, 0, self.rejected)), format!("{:?}", answer.counts()));
        let json = answer.json();
        let errors = json["errors"].as_array().expect("errors");
        // A request without an event is told so, though nothing was rejected. An empty array is no mistake.
        let nothing = u64::from(self.accepted + self.rejected == 0 && self.status == 400);
        same("errors", (self.errors.len() as u64 + nothing).to_string(), errors.len().to_string());
        for (expected, found) in self.errors.iter().zip(errors) {
            same("index", expected.index.to_string(), found["index"].to_string());
            same("field", format!("{:?}", expected.field.as_deref()), format!("{:?}", found["field"].as_str()));
            let error = found["error"].as_str().unwrap_or_default();
            if !error.contains(&expected.contains) {
                same("error", expected.contains.clone(), error.to_owned());
            }
        }
        differences
    }
}

/// Ids are for single requests here: what one case sent must be new in the next.
fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("data/events/bad.json")).expect("a list of cases")
}

#[test]
fn wrong_events_get_their_message_and_cost_only_themselves() {
    let day90 = Day90::start();
    let mut wrong = Vec::new();
    let mut reasons = BTreeMap::<String, u32>::new();
    let mut before = day90.scrape();
    let mut scrape_of = |case: &Case, differences: &mut Vec<String>| {
        let after = day90.scrape();
        let events = |scrape: &crate::harness::Scrape| scrape.get(&metric("day90_events_total")).unwrap_or(0.0);
        let counted = events(&after) - events(&before);
        if counted != case.accepted as f64 {
            differences.push(format!("{counted} events counted, not {}", case.accepted));
        }
        if case.accepted == 0 && before.fold() != after.fold() {
            differences.push(before.fold().difference(&after.fold()));
        }
        before = after;
    };
    let cases = cases();
    assert!(cases.iter().filter(|case| case.rejected > 0).count() >= 150);
    for case in &cases {
        // The list repeats ids from case to case, on purpose inside one only; so those with ids get a daemon of their own.
        let has_ids = String::from_utf8_lossy(&case.body()).contains("\"id\"") && case.accepted > 0;
        let mut differences = if has_ids { case.differences(&Day90::start()) } else { case.differences(&day90) };
        if !has_ids {
            // An event with several mistakes is one rejected event, for the reason of the first.
            let mut indexes = BTreeSet::new();
            for error in case.errors.iter().filter(|error| indexes.insert(error.index)) {
                *reasons.entry(error.reason.clone()).or_default() += 1;
            }
            scrape_of(case, &mut differences);
        }
        if !differences.is_empty() {
            wrong.push(format!("{}: {}", case.name, differences.join("\n   ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    for (reason, count) in reasons {
        before.expect(metric("day90_events_rejected_total").label("reason", &reason).value(count));
    }
}

/// A request, byte by byte: `raw` is sent as it is; `{length}` becomes the length of what follows the head,
/// `{long}` becomes long.
#[derive(Deserialize)]
struct Raw {
    name: String,
    /// Lines of the head, joined by CRLF; a blank line and the body follow.
    head: Vec<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    body_base64: String,
    #[serde(default)]
    repeat: Option<usize>,
    status: u16,
    #[serde(default)]
    contains: String,
}

#[test]
fn wrong_requests_are_refused_whole_and_nothing_of_them_counts() {
    let day90 = Day90::start_with("limits: {body_bytes: 64KiB, decompressed_bytes: 256KiB}");
    day90.post([&event("escalation.opened").with("case", "before")]);
    let before = day90.scrape().fold();
    let list: Vec<Raw> = serde_json::from_str(include_str!("data/http/bad.json")).expect("a list of requests");
    let mut wrong = Vec::new();
    for case in &list {
        let body = match case.body_base64.as_str() {
            "" => case.body.repeat(case.repeat.unwrap_or(1)).into_bytes(),
            encoded => from_base64(encoded),
        };
        let head = case.head.join("\r\n").replace("{length}", &body.len().to_string());
        let head = head.replace("{long}", &"x".repeat(600_000));
        let mut bytes = format!("{head}\r\n\r\n").into_bytes();
        bytes.extend_from_slice(&body);
        match http::raw(day90.address, &bytes) {
            Ok(answer) if answer.status == case.status && answer.text().contains(&case.contains) => {}
            Ok(answer) => wrong.push(format!("{}: {} {}", case.name, answer.status, answer.text())),
            Err(error) => wrong.push(format!("{}: {error}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), list.len(), wrong.join("\n"));
    before.expect_same(&day90.scrape().fold());
    let good = event("fallback.ended");
    assert_eq!(day90.ask(&Request::events(None, lines([&good]))).counts(), (1, 0, 0), "and the daemon goes on");
}

fn from_base64(text: &str) -> Vec<u8> {
    let six = |character: u8| match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("not base64: {text}"),
    };
    let digits: Vec<u8> = text.trim_end_matches('=').bytes().map(six).collect();
    let four = |four: &[u8]| {
        let bits = four.iter().enumerate().fold(0, |bits, (at, six)| bits | u32::from(*six) << (18 - 6 * at));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    digits.chunks(4).flat_map(four).collect()
}
