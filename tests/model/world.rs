//! Histories side by side: one daemon, one clock, one reload and one restart for all of them.

use serde_json::{Value, json};

use super::generate::{Plan, Send, spelled};
use super::history::{Event, History};

use super::instants::Instants;
use super::samples::{Samples, shown};
use crate::harness::{Dice, Host, Request};

/// A sample that differs.
#[derive(Clone, Debug)]
pub struct Apart {
    /// The plan's place in its world; nothing for what is counted without a system.
    pub plan: Option<usize>,
    pub sample: String,
    pub model: f64,
    pub daemon: f64,
    /// When it was seen.
    pub at: i64,
}

const MICROSECOND: i64 = 1_000;

/// Limits that no history reaches.
const LIMITS: &str = "limits: {series: 4000000, memory: 3GiB, journal_bytes: 2GiB}\n";

pub fn system(at: usize) -> String {
    format!("s{at}")
}

fn config(plans: &[Plan], after: bool) -> String {
    let mut text = format!("{LIMITS}systems:\n");
    for (at, plan) in plans.iter().enumerate() {
        let declared = if after { &plan.after } else { &plan.before };
        // A line a key: YAML takes no key far into a line.
        text.push_str(&format!("  {}: {:#}\n", system(at), declared.written()).replace("\n", "\n    "));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// Events of one system that go into one request.
type Chunk<'p> = (usize, Vec<&'p Send>);

/// Lives through all plans at once, and says where the daemon and the model differ.
pub fn live(instants: &Instants, plans: &[Plan], seed: u64) -> Vec<Apart> {
    let mut dice = Dice::new(seed ^ 0xb0d1e5);
    let begin = instants.at[0] - 1_000_000_000;
    let mut host = Host::start(&config(plans, false), begin);
    let mut histories: Vec<History> =
        plans.iter().map(|plan| History { declared: vec![(begin, plan.before.clone())], events: Vec::new() }).collect();
    let mut cursors = vec![0; plans.len()];
    let mut apart = Vec::new();
    for (instant, now) in instants.at.iter().copied().enumerate() {
        if instant == instants.restart {
            host.restart();
        }
        host.set_clock(now);
        if instant == instants.reload {
            host.rewrite(&config(plans, true));
            let answer = host.ask(&Request::new("POST", "/-/reload").header("Content-Length", "0"));
            assert_eq!(answer.status, 200, "{}", answer.text());
            histories
                .iter_mut()
                .zip(plans)
                .for_each(|(history, plan)| history.declared.push((now, plan.after.clone())));
        }
        let mut now = now;
        for request in requests(plans, &mut cursors, instant, &mut dice) {
            send(&mut host, &request, now, &mut histories, &mut dice);
            // No two requests arrive in one nanosecond, nor within those that tell the undated events of a request apart.
            now += MICROSECOND;
            host.set_clock(now);
        }
        if instants.looks.contains(&instant) {
            apart.extend(look(&mut host, &histories, now).into_iter().filter(|apart| apart.plan.is_some()));
            if !apart.is_empty() {
                return apart;
            }
        }
    }
    host.set_clock(instants.end);
    look(&mut host, &histories, instants.end)
}

/// What arrives at one moment, in requests of one or many systems; each system's events in their order.
fn requests<'p>(plans: &'p [Plan], cursors: &mut [usize], instant: usize, dice: &mut Dice) -> Vec<Vec<Chunk<'p>>> {
    let mut waves: Vec<Vec<Chunk>> = Vec::new();
    for (at, plan) in plans.iter().enumerate() {
        let mut wave = 0;
        while let Some(send) = plan.sends.get(cursors[at]).filter(|send| send.instant == instant) {
            if send.alone && cursors[at] > 0 {
                wave += 1;
            }
            if waves.len() <= wave {
                waves.resize_with(wave + 1, Vec::new);
            }
            match waves[wave].last_mut() {
                Some((last, sends)) if *last == at => sends.push(send),
                _ => waves[wave].push((at, vec![send])),
            }
            cursors[at] += 1;
        }
    }
    let mut requests = Vec::new();
    for mut wave in waves {
        while !wave.is_empty() {
            let most = 1 + dice.below(if wave.len() > 20 { 60 } else { 5 });
            requests.push(wave.drain(..most.min(wave.len())).collect());
        }
    }
    requests
}

fn send(host: &mut Host, request: &[Chunk], now: i64, histories: &mut [History], dice: &mut Dice) {
    let mut values = Vec::new();
    for (at, sends) in request {
        for send in sends {
            let order = histories[*at].events.len();
            histories[*at].events.push(Event::new(&send.event, now, values.len(), order));
            values.push(spelled(send, &system(*at)));
        }
    }
    if values.is_empty() {
        return;
    }
    let (content_type, body) = body(&values, dice);
    let answer = host.ask(&Request::events(content_type, body.clone()));
    if answer.status == 202 && answer.body.is_empty() {
        return;
    }
    assert_eq!(answer.status, 202, "{} to {body}", answer.text());
    let (accepted, duplicates, rejected) = answer.counts();
    assert_eq!((accepted + duplicates, rejected), (values.len() as u64, 0), "{} to {body}", answer.text());
}

/// One of the ways in which events are written into a body.
fn body(values: &[Value], dice: &mut Dice) -> (Option<&'static str>, String) {
    let content_type = *dice.one(&[
        Some("application/json"),
        Some("application/x-ndjson"),
        Some("text/plain"),
        Some("application/octet-stream"),
        None,
    ]);
    let texts = texts_of(values);
    let body = match dice.below(6) {
        0 => format!("[{}]", texts.join(",")),
        1 => texts.concat(),
        2 => texts.join("\r\n"),
        3 => values.iter().map(|value| format!("{value:#}")).collect::<Vec<_>>().join("\n"),
        4 => format!("\u{feff}{}\n\n", texts.join("\n\n")),
        _ => texts.join("\n"),
    };
    (content_type, body)
}

fn texts_of(values: &[Value]) -> Vec<String> {
    values.iter().map(Value::to_string).collect()
}

/// A scrape, compared with the model.
fn look(host: &mut Host, histories: &[History], now: i64) -> Vec<Apart> {
    // An event of a system that nobody judges: time passes for all.
    let tick =
        json!({"type": "drill.completed", "system": "tick", "path": "exception", "result": "passed"}).to_string();
    assert_eq!(host.ask(&Request::events(Some("application/json"), tick)).status, 202);
    let shown = shown(&host.scrape());
    let nothing = Samples::default();
    let mut all = Samples::default();
    let mut apart = Vec::new();
    for (at, history) in histories.iter().enumerate() {
        let count = history.count(now);
        all.merge(&count.all);
        let daemon = shown.systems.get(&system(at)).unwrap_or(&nothing);
        for (sample, model, daemon) in count.samples.apart(daemon) {
            apart.push(Apart { plan: Some(at), sample, model, daemon, at: now });
        }
    }
    for (sample, model, daemon) in all.apart(&shown.all) {
        apart.push(Apart { plan: None, sample, model, daemon, at: now });
    }
    let only = std::env::var("DAY90_HISTORIES_FAMILY").unwrap_or_default();
    apart.retain(|one| only.is_empty() || only.split(' ').any(|family| one.sample.starts_with(family)));
    apart
}
