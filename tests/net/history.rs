//! The history of the net: twelve days of several systems, from a seed.
//!
//! Events are made from the declarations, so that every type, every word and every optional field comes, and also doesn't.
//! Lifecycles are made in an order that makes sense, mostly: stages are missing, come late, come twice, come out of order.

use std::collections::BTreeMap;

use day90::config::Model;
use day90::event::time::{DAY, HOUR, MINUTE, SECOND};
use day90::event::{Inlet, Timestamp};
use serde_json::{Value, json};

use super::contract::{Field, INLETS, Shape, Type, declared};
use super::models;
use crate::harness::Dice;

/// 2026-11-23T09:00:00Z
const BEGIN: Timestamp = Timestamp::from_seconds(1_795_424_400);
const END: i64 = 12 * DAY;
const SEED: u64 = 90;
/// Events of each type that come whatever else comes.
const EACH: usize = 48;
/// Events of one frame, at most.
const BATCH_MAX: usize = 40;

/// An event as its sender wrote it.
pub struct Sent {
    pub line: String,
    pub received: Timestamp,
    pub inlet: Inlet,
}

/// What happens, in order. A time is when the daemon commits it.
pub enum Step {
    Model(Timestamp, Box<Model>),
    Events(Timestamp, Vec<Sent>),
    /// A case is forgotten, in one system or in all.
    Forget(Timestamp, &'static str, Option<&'static str>),
    /// The clock was ahead by these nanoseconds, and is set right at this moment.
    ClockCorrected(Timestamp, i64),
    Checkpoint,
    /// The daemon ends, and another one starts on what is on the disk.
    Restart,
    /// An exposition is stored under this name.
    Look(&'static str),
}

/// The fields that an event has whatever the dice say.
type Fixed = BTreeMap<&'static str, Value>;

/// An event that is to be made.
struct Plan {
    /// When it happens, and how long after that it is received.
    at: i64,
    late: i64,
    kind: &'static str,
    system: &'static str,
    fixed: Fixed,
}

/// Stages of a lifecycle, each with the chance of 100 that it comes.
type Stages = &'static [(&'static str, usize)];

const ESCALATION: Stages = &[
    ("escalation.opened", 96),
    ("escalation.acknowledged", 80),
    ("escalation.reassigned", 30),
    ("escalation.reassigned", 10),
    ("escalation.resolved", 75),
];
const REVIEW: Stages =
    &[("review.requested", 95), ("review.started", 70), ("review.completed", 85), ("review.audited", 40)];
const APPEAL: Stages = &[("appeal.opened", 95), ("appeal.decided", 70)];
const CLOSING: Stages = &[("case.closed", 95), ("case.reopened", 30), ("case.closed", 40)];
const ROLLBACK: Stages = &[
    ("change.deployed", 80),
    ("change.approved", 50),
    ("rollback.started", 95),
    ("rollback.completed", 75),
    ("fallback.ended", 60),
];

struct Maker {
    dice: Dice,
    types: Vec<Type>,
    plans: Vec<Plan>,
    /// Lifecycles so far.
    lives: usize,
    /// Lines so far.
    lines: usize,
}

/// Every step of it.
pub fn history() -> Vec<Step> {
    let mut maker = Maker { dice: Dice::new(SEED), types: declared(), plans: Vec::new(), lives: 0, lines: 0 };
    maker.plan();
    maker.steps()
}

impl Maker {
    fn chance(&mut self, percent: usize) -> bool {
        self.dice.below(100) < percent
    }

    /// A span, short more often than long, of `mean` in the middle.
    fn span(&mut self, mean: i64) -> i64 {
        let spread = 1 + self.dice.below(1_000) as i64 * self.dice.below(1_000) as i64;
        mean / 250_000 * spread
    }

    fn plan(&mut self) {
        self.plan_work();
        for (system, every) in
            [("refund-agent", 100 * MINUTE), ("triage-agent", 4 * HOUR), (models::REMOVED, 10 * HOUR)]
        {
            self.plan_lives(system, ESCALATION, every, 0..END);
        }
        for (system, stages, every) in [
            ("refund-agent", REVIEW, 4 * HOUR),
            ("triage-agent", REVIEW, 12 * HOUR),
            ("refund-agent", APPEAL, 8 * HOUR),
            ("walk-in", APPEAL, DAY),
            ("refund-agent", CLOSING, 4 * HOUR),
            ("triage-agent", CLOSING, 10 * HOUR),
            ("refund-agent", ROLLBACK, 7 * HOUR),
            ("walk-in", ROLLBACK, 2 * DAY),
            ("late-agent", ESCALATION, DAY),
        ] {
            self.plan_lives(system, stages, every, 0..END);
        }
        // Two spikes: one that is over in the end, one that is not.
        self.plan_lives("refund-agent", ESCALATION, 45 * SECOND, 9 * DAY..9 * DAY + 35 * MINUTE);
        self.plan_lives("refund-agent", ESCALATION, 15 * SECOND, END - 25 * MINUTE..END);
        self.plan_backlogs();
        self.plan_end();
        self.plan_secrets();
        self.plan_mixture();
    }

    fn plan_work(&mut self) {
        let rates = [
            ("refund-agent", "task.completed", 8 * MINUTE),
            (models::REMOVED, "task.completed", 5 * HOUR),
            ("walk-in", "task.completed", 2 * HOUR),
            ("refund-agent", "step.completed", HOUR),
            ("refund-agent", "action.attempted", 4 * HOUR),
            ("refund-agent", "feedback.received", 3 * HOUR),
            ("triage-agent", "feedback.received", 8 * HOUR),
            ("refund-agent", "input.checked", 4 * HOUR),
            ("refund-agent", "change.deployed", 18 * HOUR),
            ("refund-agent", "evaluation.completed", 12 * HOUR),
            ("refund-agent", "maintenance.recorded", 6 * HOUR),
            ("refund-agent", "cost.recorded", 6 * HOUR),
            ("refund-agent", "owner.attested", 2 * DAY),
            ("refund-agent", "drill.completed", 2 * DAY),
        ];
        for (system, kind, every) in rates {
            let mut at = self.span(every);
            while at < END {
                self.add(at, kind, system, Fixed::new());
                at += 1 + self.span(every);
            }
        }
    }

    /// Lifecycles that begin within a time.
    fn plan_lives(&mut self, system: &'static str, stages: Stages, every: i64, within: std::ops::Range<i64>) {
        let mut at = within.start + self.span(every);
        while at < within.end {
            self.plan_life(at, system, stages);
            at += 1 + self.span(every);
        }
    }

    fn plan_life(&mut self, begin: i64, system: &'static str, stages: Stages) {
        self.lives += 1;
        let mut fixed = Fixed::new();
        // Now and then a case that was there before.
        let number = if self.chance(10) { 1 + self.dice.below(self.lives) } else { self.lives };
        fixed.insert("case", json!(format!("c-{number}")));
        if stages == ROLLBACK && self.chance(50) {
            fixed.insert("case", Value::Null);
        }
        fixed.insert("rollback", json!(format!("rb-{number}")));
        let change = if self.chance(60) { json!(format!("chg-{number}")) } else { Value::Null };
        fixed.insert("change", change);
        for name in ["escalation", "review", "appeal"] {
            let value = if self.chance(40) { json!(format!("{name}-{number}")) } else { Value::Null };
            fixed.insert(name, value);
        }
        let mut at = begin;
        for (kind, percent) in stages {
            if self.chance(*percent) {
                self.add(at, kind, system, fixed.clone());
            }
            let mean = match self.chance(60) {
                true if stages == ROLLBACK => 2 * MINUTE,
                true => 10 * MINUTE,
                false => 4 * HOUR,
            };
            at += self.span(mean);
            // Sometimes before the stage that it follows.
            at -= if self.chance(4) { HOUR } else { 0 };
        }
    }

    /// Lifecycles that nobody could send while they happened, and that come within seconds, in any order.
    fn plan_backlogs(&mut self) {
        for stages in [ESCALATION, REVIEW, APPEAL, CLOSING, ROLLBACK] {
            for _ in 0..EACH {
                let (first, begin) = (self.plans.len(), self.dice.below(11 * 24) as i64 * HOUR);
                self.plan_life(begin, "refund-agent", stages);
                let last = self.plans[first..].iter().map(|plan| plan.at).max().unwrap_or(begin);
                for plan in &mut self.plans[first..] {
                    plan.late = last - plan.at + 5 * HOUR + self.dice.below(9_000) as i64 * SECOND / 1_000;
                }
                self.plans.retain(|plan| plan.at + plan.late < END);
            }
        }
    }

    /// What is so in the end: an owner has confirmed, and the previous process serves.
    fn plan_end(&mut self) {
        self.add(END - DAY, "owner.attested", "refund-agent", [("owner", json!("payments-ops"))].into());
        let fixed: Fixed = [
            ("rollback", json!("rb-last")),
            ("to", json!("previous_process")),
            ("drill", json!(false)),
            ("result", json!("restored")),
        ]
        .into();
        self.add(END - 30 * MINUTE, "rollback.started", "refund-agent", fixed.clone());
        self.add(END - 25 * MINUTE, "rollback.completed", "refund-agent", fixed);
    }

    /// The cases that will be forgotten: there is something open of them, and something closed.
    fn plan_secrets(&mut self) {
        for (at, case, id) in [(6 * DAY, "secret-1", Value::Null), (END - 4 * MINUTE, "secret-2", json!("secret-name"))]
        {
            for system in ["refund-agent", "triage-agent"] {
                let kinds = [
                    "escalation.opened",
                    "review.requested",
                    "review.started",
                    "appeal.opened",
                    "case.closed",
                    "task.completed",
                    "escalation.resolved",
                ];
                for (number, kind) in (0..).zip(kinds) {
                    let mut fixed: Fixed = [("case", json!(case))].into();
                    fixed.extend(["escalation", "review", "appeal"].map(|name| (name, id.clone())));
                    fixed.insert("by", if kind == "case.closed" { json!("ai") } else { Value::Null });
                    // One is resolved only after it was forgotten.
                    let at = if number == 6 { at + 2 * MINUTE } else { at - HOUR + number * SECOND };
                    self.add(at, kind, system, fixed);
                }
            }
        }
    }

    /// Any type at any time, of few cases.
    fn plan_mixture(&mut self) {
        let mut at = 0;
        while at < END {
            let kind = self.types[self.dice.below(self.types.len())].name;
            let system = *self.dice.one(&["refund-agent", "triage-agent", "walk-in", "Größe"]);
            let system = if system == "Größe" { "refund-agent" } else { system };
            let fixed = [("case", json!(format!("any-{}", self.dice.below(12))))].into();
            self.add(at, kind, system, fixed);
            at += 1 + self.span(70 * MINUTE);
        }
        for kind in 0..self.types.len() * EACH {
            let at = self.dice.below(END as usize / 1_000_000) as i64 * 1_000_000;
            self.add(at, self.types[kind / EACH].name, "refund-agent", Fixed::new());
        }
    }

    fn add(&mut self, at: i64, kind: &'static str, system: &'static str, fixed: Fixed) {
        let late = match self.dice.below(100) {
            0..3 => HOUR + self.dice.below(3_600) as i64 * SECOND,
            // Ahead of the daemon's clock.
            3..6 => -(self.dice.below(280) as i64) * SECOND,
            _ => self.dice.below(20_000) as i64 * SECOND / 1_000,
        };
        if (0..END).contains(&at) && at + late < END {
            self.plans.push(Plan { at, late, kind, system, fixed });
        }
    }

    fn steps(&mut self) -> Vec<Step> {
        let mut plans = std::mem::take(&mut self.plans);
        plans.sort_by_key(|plan| plan.at + plan.late.max(0));
        let mut marks = marks().into_iter().peekable();
        let (mut steps, mut batch) = (Vec::new(), Vec::new());
        let mut size = 1;
        for plan in plans {
            let received = BEGIN.plus(plan.at + plan.late.max(0));
            while let Some((_, mark)) = marks.next_if(|(at, _)| BEGIN.plus(*at) <= received) {
                close(&mut batch, &mut steps);
                steps.push(mark);
            }
            batch.extend(self.send(&plan, received));
            if batch.len() >= size {
                close(&mut batch, &mut steps);
                size = 1 + self.dice.below(BATCH_MAX);
            }
        }
        close(&mut batch, &mut steps);
        steps.extend(marks.map(|(_, mark)| mark));
        steps
    }

    /// The event, and sometimes a repeat of it.
    fn send(&mut self, plan: &Plan, received: Timestamp) -> Vec<Sent> {
        let line = self.line(plan, received.plus(-plan.late));
        let inlet = if self.chance(70) { INLETS[0] } else { *self.dice.one(INLETS) };
        let times = if self.chance(4) { 2 } else { 1 };
        (0..times).map(|_| Sent { line: line.clone(), received, inlet }).collect()
    }

    fn line(&mut self, plan: &Plan, time: Timestamp) -> String {
        self.lines += 1;
        let mut event = serde_json::Map::new();
        event.insert("type".to_owned(), json!(plan.kind));
        let types = std::mem::take(&mut self.types);
        let kind = types.iter().find(|each| each.name == plan.kind).expect("a type that is declared");
        for field in &kind.fields {
            let value = match (field.name, plan.fixed.get(field.name)) {
                (_, Some(Value::Null)) => continue,
                (_, Some(fixed)) => fixed.clone(),
                ("system", _) if plan.system == "refund-agent" && self.chance(50) => continue,
                ("system", _) => json!(plan.system),
                // A late one must say when it was.
                ("time", _) if plan.late > MINUTE => json!(time.to_string()),
                ("id", _) => match self.chance(70) {
                    true => json!(format!("e-{}", self.lines)),
                    false => continue,
                },
                _ if !field.required && self.chance(45) => continue,
                ("time", _) => json!(time.to_string()),
                _ => self.value(field, plan),
            };
            event.insert(field.name.to_owned(), value);
        }
        self.types = types;
        mend(&mut event, plan.system);
        if event.contains_key("reason") && self.chance(3) {
            event.insert("reason".to_owned(), json!("the model said in its own words why it hands over ".repeat(2)));
        }
        if self.chance(3) {
            event.insert("not_of_the_contract".to_owned(), json!(true));
        }
        Value::Object(event).to_string()
    }

    fn value(&mut self, field: &Field, plan: &Plan) -> Value {
        match field.shape {
            Shape::Word(words) => json!(self.dice.one(words)),
            Shape::Text => json!(self.text(field.name)),
            Shape::Versions => json!({"prompt": self.text(field.name)}),
            Shape::Seconds => self.seconds(),
            Shape::Ratio => json!(self.dice.below(1_001) as f64 / 1_000.0),
            Shape::Count => json!(self.dice.below(20_000)),
            Shape::Flag => json!(self.chance(50)),
            Shape::Amount => json!(self.dice.below(1_000_000) as f64 / 10_000.0),
            Shape::Currency => json!(self.dice.one(&["EUR", "EUR", "EUR", "USD", "JPY"])),
            // Whether it is allowed depends on the signal: see `mend`.
            Shape::Feedback => json!(1 + self.dice.below(5)),
            Shape::Time | Shape::System => unreachable!("{} is set by the plan {}", field.name, plan.kind),
        }
    }

    fn seconds(&mut self) -> Value {
        match self.dice.below(12) {
            0 => json!(0),
            1 => json!(self.dice.below(100_000)),
            2 => json!(self.dice.below(1_000_000) as f64 / 1e9),
            _ => json!(self.dice.below(40_000) as f64 / 1_000.0),
        }
    }

    fn text(&mut self, field: &str) -> &'static str {
        let some: &[&str] = match field {
            "action" => &[
                "refund.issue",
                "refund.issue",
                "refund.large",
                "refund.odd",
                "account.close",
                "refund.new",
                "a \"b\" \\ c",
            ],
            "queue" => &["billing", "billing", "legal", "triage", "desk", "Größe 客服", "night"],
            "reason" => &["low_confidence", "low_confidence", "policy", "angry", "lost", "quote\"d"],
            "name" => &["small-model", "large-model", "search", "crm"],
            "input" => &["crm", "crm", "orders", "stock", "weather", "unheard-of"],
            "suite" => &["golden", "golden", "safety", "odd"],
            "owner" => &["payments-ops", "new-owner", "support-lead", "nobody"],
            "author" | "approver" | "by" => &["ada", "ben", "eve", "zoe"],
            "version" | "previous_version" => &["v1", "v2", "v3", "prompt-41", "😀"],
            "severity" => &["low", "high"],
            "change" => &["chg-1", "chg-2", "chg-3", "chg-4"],
            "escalation" | "review" | "appeal" | "rollback" => &["one", "two", "three"],
            "case" => &["c-1", "c-2", "c-3", "c-4", "c-5"],
            "source" => &["agent", "desk", "https://helpdesk/é"],
            _ => &["text", "another", "\\n"],
        };
        some[self.dice.below(some.len())]
    }
}

/// Fields that the contract allows only with others.
fn mend(event: &mut serde_json::Map<String, Value>, system: &str) {
    let word = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, signal) = (word("type"), word("signal"));
    if kind == "maintenance.recorded" && event.contains_key("cost") != event.contains_key("currency") {
        event.remove("cost");
        event.remove("currency");
    }
    // A change is named, or known by its kind and version.
    let is_named = |name: &str| event.contains_key(name);
    if matches!(kind.as_str(), "change.approved" | "change.failed")
        && !(is_named("change") || is_named("kind") && is_named("version"))
    {
        event.insert("change".to_owned(), json!("chg-1"));
    }
    if kind == "feedback.received" {
        let number = event.remove("value").and_then(|value| value.as_u64()).unwrap_or(3);
        match signal.as_str() {
            "thumbs" => event.insert("value".to_owned(), json!(if number > 2 { "up" } else { "down" })),
            "rating" if system == "triage-agent" => event.insert("value".to_owned(), json!(number)),
            "rating" => event.insert("value".to_owned(), json!(number.min(4) as f64 + 0.5)),
            _ => None,
        };
    }
}

fn close(batch: &mut Vec<Sent>, steps: &mut Vec<Step>) {
    if let Some(last) = batch.last() {
        let at = last.received.plus(2 * SECOND / 1_000);
        steps.push(Step::Events(at, std::mem::take(batch)));
    }
}

/// What happens in addition to the events.
fn marks() -> Vec<(i64, Step)> {
    let at = |offset: i64| BEGIN.plus(offset);
    let model = |offset: i64, model: Model| (offset, Step::Model(at(offset), Box::new(model)));
    vec![
        model(0, models::first()),
        (3 * DAY, Step::Look("day-3")),
        model(4 * DAY, models::second()),
        (5 * DAY, Step::Checkpoint),
        (6 * DAY, Step::Forget(at(6 * DAY), "secret-1", None)),
        (6 * DAY, Step::Look("forgotten")),
        model(7 * DAY, models::third()),
        (8 * DAY, Step::Restart),
        (9 * DAY + 25 * MINUTE, Step::Look("spike")),
        (9 * DAY + 12 * HOUR, Step::Checkpoint),
        model(10 * DAY, models::fourth()),
        (11 * DAY, Step::ClockCorrected(at(11 * DAY - HOUR), HOUR)),
        (11 * DAY, Step::Look("corrected")),
        (END - 20 * MINUTE, Step::Checkpoint),
        (END - 3 * MINUTE, Step::Forget(at(END - 3 * MINUTE), "secret-2", Some("refund-agent"))),
    ]
}
