//! Random bodies whose number of events another implementation knows: whatever a body is, accepted, duplicates and
//! rejected add up to it. How a body is cut is written here again with serde_json's stream as the judge.

use std::collections::BTreeSet;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::declared::SECOND;
use super::samples::shown_raw;
use crate::harness::{Dice, Host, Request};

const NOW: i64 = 1_795_424_400 * SECOND;
/// Bodies between two looks at the metrics.
const TURN: u64 = 2_000;

/// What the contract says of a body.
#[derive(Debug, PartialEq)]
enum Cut {
    /// So many events, each in one of the three counts.
    Events(u64),
    /// 400, nothing taken.
    Refused,
}

/// Events in a text of values, arrays taken apart; nothing where it breaks.
fn values(text: &str) -> Option<u64> {
    let mut count = 0;
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value.ok()?.get();
        count +=
            if value.starts_with('[') { serde_json::from_str::<Vec<&RawValue>>(value).ok()?.len() as u64 } else { 1 };
    }
    Some(count)
}

fn cut(body: &str) -> Cut {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let blank = |line: &&str| !line.trim().is_empty();
    let mut lines = body.split('\n').filter(blank).peekable();
    if lines.peek().is_none() {
        return Cut::Refused;
    }
    // White space before a value says nothing in JSON, so it doesn't here.
    if lines.all(|line| line.trim_start().starts_with('{')) {
        return Cut::Events(body.split('\n').filter(blank).map(|line| values(line).unwrap_or(1)).sum());
    }
    values(body).map_or(Cut::Refused, Cut::Events)
}

struct Maker {
    dice: Dice,
    ids: u64,
}

impl Maker {
    fn chance(&mut self, percent: usize) -> bool {
        self.dice.below(100) < percent
    }

    /// An event, right or wrong, or no event at all.
    fn value(&mut self) -> Value {
        let mut event =
            json!({"type": "task.completed", "system": "s", "action": "a", "outcome": "completed", "mode": "decide"});
        if self.chance(60) {
            self.ids += 1;
            // Now and then an id that was there before.
            let id = self.ids - if self.chance(10) { self.dice.below(50) as u64 } else { 0 };
            event["id"] = format!("id-{id}").into();
        }
        match self.dice.below(20) {
            0 => event["outcome"] = "perhaps".into(),
            1 => event["type"] = "no.such".into(),
            2 => drop(event.as_object_mut().expect("an object").remove("action")),
            3 => {
                event["message"] =
                    json!({"deep": [[[{"a": [1, 2, {"b": null}]}]]], "text": "a \"quoted\" \\ {[ text\n"})
            }
            4 => event["duration_seconds"] = json!(-0.5),
            5 => return self.scalar(),
            6 => event["unknown"] = "é漢\u{1f600}".into(),
            7 => {
                return json!({"specversion": "1.0", "type": "dev.day90.task.completed", "id": format!("c-{}", self.ids),
                "source": "/agents/s", "data": {"action": "a", "outcome": "completed", "mode": "decide"}});
            }
            _ => {}
        }
        event
    }

    fn scalar(&mut self) -> Value {
        match self.dice.below(7) {
            0 => Value::Null,
            1 => true.into(),
            2 => 17.into(),
            3 => "text".into(),
            4 => json!({}),
            5 => json!([]),
            _ => json!([1, [2], {"type": "task.completed"}]),
        }
    }

    /// A body and its content type.
    fn body(&mut self) -> (Option<&'static str>, String) {
        let count = [0, 1, 1, 2, 3, 5, 12, 40][self.dice.below(8)];
        let values: Vec<Value> = (0..count).map(|_| self.value()).collect();
        let texts: Vec<String> = values.iter().map(Value::to_string).collect();
        let mut body = match self.dice.below(8) {
            0 => format!("[{}]", texts.join(" , ")),
            1 => texts.concat(),
            2 => texts.join("\r\n"),
            3 => values.iter().map(|value| format!("{value:#}")).collect::<Vec<_>>().join("\n"),
            4 => format!("\n\n{}\n \t\n", texts.join("\n\n")),
            5 => texts.chunks(2).map(|two| two.join(" ")).collect::<Vec<_>>().join("\n"),
            6 => texts.chunks(3).map(|three| format!("[{}]", three.join(","))).collect::<Vec<_>>().join("\n"),
            _ => texts.join("\n"),
        };
        if self.chance(35) {
            self.damage(&mut body);
        }
        if self.chance(10) {
            body.insert(0, '\u{feff}');
        }
        let types = [
            Some("application/json"),
            Some("application/x-ndjson"),
            Some("text/plain; charset=utf-8"),
            Some("application/octet-stream"),
            None,
        ];
        (*self.dice.one(&types), body)
    }

    /// A few characters are lost, doubled or put in.
    fn damage(&mut self, body: &mut String) {
        for _ in 0..1 + self.dice.below(3) {
            let places: Vec<usize> = body.char_indices().map(|(at, _)| at).collect();
            if places.is_empty() {
                return;
            }
            let at = *self.dice.one(&places);
            match self.dice.below(5) {
                0 => drop(body.remove(at)),
                1 => body.truncate(at),
                2 => body.insert(at, *self.dice.one(&['"', '{', '}', '[', ']', ',', ':', '\n', '\\', 'x', '0', ' '])),
                3 => body.insert_str(at, "\n{\"type\":\n"),
                _ => {
                    let end = places.iter().copied().find(|end| *end > at + 10).unwrap_or(body.len());
                    let again = body[at..end].to_owned();
                    body.insert_str(at, &again);
                }
            }
        }
    }
}

/// Sends this many random bodies.
pub fn drive(first: u64, bodies: u64) {
    let mut done = 0;
    while done < bodies {
        let turn = TURN.min(bodies - done);
        one_turn(first + done, turn);
        done += turn;
    }
}

fn one_turn(seed: u64, bodies: u64) {
    let mut maker = Maker { dice: Dice::new(seed), ids: 1_000 };
    let mut host = Host::start("", NOW);
    let mut accepted_in_all = 0;
    for number in 0..bodies {
        let (content_type, body) = maker.body();
        let expected = cut(&body);
        let answer = host.ask_again(&Request::events(content_type, body.clone()));
        let told =
            format!("seed {seed}, body {number}, {content_type:?}: {body:?}\n{} {}", answer.status, answer.text());
        let Cut::Events(events) = expected else {
            assert_eq!(answer.status, 400, "a body that breaks: {told}");
            continue;
        };
        let (accepted, duplicates, rejected) = answer.counts();
        assert_eq!(accepted + duplicates + rejected, events, "{told}");
        let refused = accepted == 0 && rejected > 0;
        assert_eq!(answer.status, if refused { 400 } else { 202 }, "{told}");
        // All errors of an event are named at once, and at most 100 in all.
        let answer = answer.json();
        let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
        let refused: BTreeSet<u64> = errors.iter().filter_map(|error| error["index"].as_u64()).collect();
        assert!(errors.len() == 100 || refused.len() as u64 == rejected, "{told}");
        assert!(errors.len() <= 100 && refused.iter().all(|index| *index < events), "{told}");
        accepted_in_all += accepted;
    }
    let counted = shown_raw(&host.scrape(), "day90_events_total");
    assert_eq!(counted, accepted_in_all as f64, "seed {seed}: what was accepted is what is counted");
}

#[test]
fn a_body_is_cut_as_the_contract_says() {
    let events = |body: &str, count: u64| assert_eq!(cut(body), Cut::Events(count), "{body:?}");
    events("{}", 1);
    events("\u{feff}{}\r\n\r\n{}{} {}\n", 4);
    events("{\"a\":\n{}\n{}x\n", 3);
    events("[]", 0);
    events("[{},{},3]\n[]\n{}", 4);
    events("{\n\"a\": 1\n}\n{}", 2);
    events("3", 1);
    for body in ["", " \r\n", "[{},", "[{}]\n{\"a\":", "x"] {
        assert_eq!(cut(body), Cut::Refused, "{body:?}");
    }
}
