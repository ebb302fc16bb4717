//! `tests/data/events/bad.json`: bad inputs among good ones, written by hand. Each names what is accepted and what is
//! said about the rest. The same list is sent to the daemon over HTTP.
//!
//! A body is `body` (text), `body_base64`, or `body_parts`: texts, and `{"repeat": text, "times": n}`. The content type is for
//! HTTP alone. An error without a reason is a further mistake of the event before it. Every time in it is wrong.

use serde::Deserialize;

use super::*;

const LIST: &str = include_str!("../../../tests/data/events/bad.json");

#[derive(Deserialize)]
struct Case {
    name: String,
    body: Option<String>,
    body_base64: Option<String>,
    body_parts: Option<Vec<Part>>,
    status: u16,
    accepted: usize,
    rejected: usize,
    errors: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Repeat { repeat: String, times: usize },
}

#[derive(Debug, Deserialize)]
struct Expected {
    index: usize,
    reason: Option<Reason>,
    field: Option<String>,
    contains: String,
}

impl Case {
    fn body(&self) -> Vec<u8> {
        if let Some(parts) = &self.body_parts {
            let part = |part: &Part| match part {
                Part::Text(text) => text.clone(),
                Part::Repeat { repeat, times } => repeat.repeat(*times),
            };
            return parts.iter().map(part).collect::<String>().into_bytes();
        }
        match (&self.body, &self.body_base64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(encoded)) => cloudevents::from_base64(encoded).expect("base64"),
            _ => panic!("{}: one body", self.name),
        }
    }

    /// What differs from what the list says.
    fn differences(&self) -> Vec<String> {
        let body = self.body();
        let events = parse_body(&body);
        let accepted = events.iter().filter(|(_, event)| event.is_ok()).count();
        let rejected = events.len() - accepted;
        let found = found(events);
        let mut differences = Vec::new();
        if (accepted, rejected, found.len()) != (self.accepted, self.rejected, self.errors.len()) {
            differences.push(format!("{accepted} accepted, {rejected} rejected: {found:?}"));
        }
        let holds_nothing_else = rejected == 0 && !body.trim_ascii().is_empty();
        if (self.status == 202) != (accepted > 0 || holds_nothing_else) {
            differences.push(format!("status {} with {accepted} accepted", self.status));
        }
        for (expected, (index, reason, found)) in self.errors.iter().zip(found) {
            let same = (expected.index, expected.reason, &expected.field) == (index as usize, reason, &found.field);
            let has_place = found.error.contains("line ") || found.error.contains("inside");
            if !same || !found.error.contains(&expected.contains) || !has_place && !found.error.contains("UTF-8") {
                differences.push(format!("expected {expected:?}\n   found {index} {reason:?} {found:?}"));
            }
            if found.error.len() > 500 {
                differences.push(format!("an error of {} bytes", found.error.len()));
            }
        }
        differences
    }
}

/// Every mistake of all events; the first one of each event has the reason of the rejection.
fn found(events: Vec<(u32, Result<Event<'_>, Rejection>)>) -> Vec<(u32, Option<Reason>, Mistake)> {
    let rejections = events.into_iter().filter_map(|(index, event)| Some((index, event.err()?)));
    rejections
        .flat_map(|(index, rejection)| {
            let reasons = std::iter::once(Some(rejection.reason)).chain(std::iter::repeat(None));
            rejection.mistakes().zip(reasons).map(move |(mistake, reason)| (index, reason, mistake))
        })
        .collect()
}

#[test]
fn each_gets_its_message_and_costs_nothing_else() {
    let cases: Vec<Case> = serde_json::from_str(LIST).expect("the list is JSON");
    assert!(cases.iter().filter(|case| case.rejected > 0).count() >= 150);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let differences = case.differences();
            (!differences.is_empty()).then(|| format!("{}: {}", case.name, differences.join("\n   ")))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// For reading: what senders are answered. `cargo test --lib mistakes -- --ignored --nocapture`.
#[test]
#[ignore = "prints, asserts nothing"]
fn print_the_messages() {
    let cases: Vec<Case> = serde_json::from_str(LIST).expect("the list is JSON");
    for case in cases {
        let body = case.body();
        let events = parse_body(&body);
        let accepted = events.iter().filter(|(_, event)| event.is_ok()).count();
        let rejected = events.len() - accepted;
        for (index, reason, mistake) in found(events) {
            let field = mistake.field.unwrap_or_default();
            let reason = reason.map_or("", Reason::as_str);
            println!("{:<50}\t{accepted}\t{rejected}\t{index}\t{reason}\t{field}\t{}", case.name, mistake.error);
        }
        if rejected == 0 {
            println!("{:<50}\t{accepted}\t{rejected}", case.name);
        }
    }
}
