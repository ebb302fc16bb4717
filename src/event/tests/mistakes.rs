//! `tests/data/events/bad.json`: bad inputs among good ones, written by hand. Each names what is accepted and what is
//! said about the rest. The same list is sent to the daemon over HTTP.
//!
//! A body is `body` (text), `body_base64`, or `body_parts`: texts, and `{"repeat": text, "times": n}`. A content type
//! of null lets the body decide. Every time in it is far in the past or in the future.

use serde::Deserialize;

use super::*;

const LIST: &str = include_str!("../../../tests/data/events/bad.json");

#[derive(Deserialize)]
struct Case {
    name: String,
    content_type: Option<String>,
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
    reason: Reason,
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

    fn form(&self) -> BodyForm {
        match self.content_type.as_deref() {
            None => BodyForm::Guess,
            Some("application/x-ndjson") => BodyForm::Ndjson,
            Some(_) => BodyForm::Json,
        }
    }

    /// What differs from what the list says.
    fn differences(&self) -> Vec<String> {
        let body = self.body();
        let events = parse_body(&body, self.form());
        let accepted = events.iter().filter(|event| event.is_ok()).count();
        let rejections: Vec<_> =
            events.iter().enumerate().filter_map(|(index, event)| Some((index, event.as_ref().err()?))).collect();
        let mut differences = Vec::new();
        if (accepted, rejections.len()) != (self.accepted, self.rejected) || self.rejected != self.errors.len() {
            differences.push(format!("{accepted} accepted, {} rejected: {rejections:?}", rejections.len()));
        }
        if (self.status == 202) != (accepted > 0) {
            differences.push(format!("status {} with {accepted} accepted", self.status));
        }
        for (expected, (index, found)) in self.errors.iter().zip(rejections) {
            let same = (expected.index, expected.reason, &expected.field) == (index, found.reason, &found.field);
            if !same
                || !found.error.contains(&expected.contains)
                || !found.error.contains("line ") && !found.error.contains("inside")
            {
                differences.push(format!("expected {expected:?}\n   found {index} {found:?}"));
            }
            if found.error.len() > 500 {
                differences.push(format!("an error of {} bytes", found.error.len()));
            }
        }
        differences
    }
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
        for rejection in parse_body(&case.body(), case.form()).into_iter().filter_map(Result::err) {
            println!("{:<50} {:<26} {}", case.name, rejection.field.unwrap_or_default(), rejection.error);
        }
    }
}
