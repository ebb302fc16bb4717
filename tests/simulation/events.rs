//! What happens in the simulated world: events of every lifecycle, from dice, spelled as a sender would.

use std::fmt::Write;

use day90::event::Timestamp;
use day90::event::time::SECOND;

use super::dice::Dice;

pub const SYSTEMS: &[&str] = &["alpha", "beta", "gamma"];
pub const QUEUES: &[&str] = &["billing", "fraud", "legal", "night", "desk"];
pub const REASONS: &[&str] = &["low_confidence", "policy", "angry", "lost", "odd"];
/// Lifecycles under way at once.
const PLANS_MAX: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Escalation,
    Review,
    Appeal,
    Rollback,
}

#[derive(Clone, Debug)]
pub enum Stage {
    /// `word` is a reason, or "trigger to drill" of a rollback.
    Opened {
        queue: Option<&'static str>,
        word: Option<&'static str>,
    },
    Begun,
    Moved {
        queue: &'static str,
    },
    Ended {
        outcome: &'static str,
    },
}

#[derive(Clone, Debug)]
pub enum What {
    Task {
        action: &'static str,
        mode: &'static str,
        outcome: &'static str,
    },
    /// `value` as JSON; empty when there is none.
    Feedback {
        signal: &'static str,
        value: &'static str,
    },
    Change {
        kind: &'static str,
        author: &'static str,
        approver: Option<&'static str>,
        number: u64,
    },
    Lifecycle(Kind, Stage),
}

#[derive(Clone, Debug)]
pub struct Happening {
    pub system: &'static str,
    pub id: Option<String>,
    pub time: Timestamp,
    /// Set when it is sent.
    pub received: Timestamp,
    pub case: String,
    pub what: What,
}

impl Kind {
    pub fn opened(self) -> &'static str {
        ["escalation.opened", "review.requested", "appeal.opened", "rollback.started"][self as usize]
    }
    pub fn begun(self) -> &'static str {
        ["escalation.acknowledged", "review.started", "", ""][self as usize]
    }
    pub fn ended(self) -> &'static str {
        ["escalation.resolved", "review.completed", "appeal.decided", "rollback.completed"][self as usize]
    }
}

impl Happening {
    pub fn kind(&self) -> &'static str {
        match &self.what {
            What::Task { .. } => "task.completed",
            What::Feedback { .. } => "feedback.received",
            What::Change { .. } => "change.deployed",
            What::Lifecycle(kind, Stage::Opened { .. }) => kind.opened(),
            What::Lifecycle(kind, Stage::Begun) => kind.begun(),
            What::Lifecycle(_, Stage::Moved { .. }) => "escalation.reassigned",
            What::Lifecycle(kind, Stage::Ended { .. }) => kind.ended(),
        }
    }

    /// What names its lifecycle.
    pub fn row(&self, kind: Kind) -> (Kind, String, String) {
        (kind, self.system.to_owned(), self.case.clone())
    }

    pub fn json(&self) -> String {
        let mut json = format!(r#"{{"type":"{}","system":"{}","time":"{}""#, self.kind(), self.system, self.time);
        let mut put = |field: &str, value: &str| write!(json, r#","{field}":"{value}""#).expect("memory");
        self.id.iter().for_each(|id| put("id", id));
        put(if matches!(self.what, What::Lifecycle(Kind::Rollback, _)) { "rollback" } else { "case" }, &self.case);
        match &self.what {
            What::Task { action, mode, outcome } => {
                [("action", action), ("mode", mode), ("outcome", outcome)]
                    .iter()
                    .for_each(|(name, word)| put(name, word));
            }
            What::Feedback { signal, value } => {
                put("signal", signal);
                if !value.is_empty() {
                    write!(json, r#","value":{value}"#).expect("memory");
                }
            }
            What::Change { kind, author, approver, number } => {
                [("kind", kind), ("author", author)].iter().for_each(|(name, word)| put(name, word));
                approver.iter().for_each(|approver| put("approver", approver));
                put("version", &format!("v{number}"));
            }
            What::Lifecycle(kind, stage) => stage.put(*kind, &mut put),
        }
        json + "}"
    }
}

impl Stage {
    fn put(&self, kind: Kind, put: &mut dyn FnMut(&str, &str)) {
        match self {
            Stage::Opened { word: Some(word), .. } if kind == Kind::Rollback => {
                let mut words = word.split(' ');
                put("trigger", words.next().expect("a trigger"));
                put("to", words.next().expect("where to"));
            }
            Stage::Opened { queue, word } => {
                queue.iter().for_each(|queue| put("queue", queue));
                word.iter().filter(|_| kind == Kind::Escalation).for_each(|word| put("reason", word));
            }
            Stage::Begun => {}
            Stage::Moved { queue } => put("queue", queue),
            Stage::Ended { outcome } => {
                put(["outcome", "decision", "outcome", "result"][kind as usize], outcome);
            }
        }
    }
}

/// Makes events, lifecycle by lifecycle, mixed and sometimes out of order.
pub struct Source {
    plans: Vec<(&'static str, String, Kind, Vec<Stage>)>,
    cases: u64,
    made: u64,
    /// Lately made, to be repeated.
    recent: Vec<Happening>,
    /// How many of 100 events have an id.
    with_id: u64,
    out_of_order: bool,
}

impl Source {
    pub fn new(dice: &mut Dice) -> Source {
        let with_id = *dice.one(&[0, 50, 90, 100]);
        Source { plans: Vec::new(), cases: 0, made: 0, recent: Vec::new(), with_id, out_of_order: dice.chance(50) }
    }

    pub fn next(&mut self, dice: &mut Dice, now: Timestamp) -> Happening {
        if dice.chance(8) && !self.recent.is_empty() {
            return dice.one(&self.recent).clone();
        }
        self.made += 1;
        let (system, case, what) = self.what(dice);
        // All times differ, so that "the last reassignment by time" has one answer.
        let time = now.plus(-(dice.below(40) as i64) * SECOND + self.made as i64);
        let id = dice.chance(self.with_id).then(|| format!("e{}", self.made));
        let event = Happening { system, id, time, received: now, case, what };
        self.recent.push(event.clone());
        if self.recent.len() > 20 {
            self.recent.remove(0);
        }
        event
    }

    fn what(&mut self, dice: &mut Dice) -> (&'static str, String, What) {
        let system = *dice.one(SYSTEMS);
        let other = |what| (system, "a-case".to_owned(), what);
        match dice.below(10) {
            0..2 => {
                let action = *dice.one(&["refund", "answer"]);
                let mode = *dice.one(&["decide", "suggest", "escalate"]);
                let outcome = *dice.one(&["completed", "failed", "abandoned"]);
                return other(What::Task { action, mode, outcome });
            }
            2 => {
                let said =
                    [("thumbs", "\"up\""), ("thumbs", "\"down\""), ("rating", "4"), ("rating", "3"), ("complaint", "")];
                let (signal, value) = *dice.one(&said);
                return other(What::Feedback { signal, value });
            }
            3 => {
                let kind = *dice.one(&["prompt", "model"]);
                let approver = *dice.one(&[None, Some("ada"), Some("ben"), Some("eve")]);
                return other(What::Change { kind, author: "ben", approver, number: self.made });
            }
            _ => {}
        }
        if self.plans.len() < PLANS_MAX && (self.plans.is_empty() || dice.chance(40)) {
            self.cases += 1;
            // Now and then a case that was there before opens again.
            let number = if dice.chance(10) { 1 + dice.below(self.cases) } else { self.cases };
            let kind = *dice.one(&[Kind::Escalation, Kind::Escalation, Kind::Review, Kind::Appeal, Kind::Rollback]);
            self.plans.push((system, format!("c{number}"), kind, self.plan(dice, kind)));
        }
        let at = dice.below(self.plans.len() as u64) as usize;
        let (system, case, kind, stages) = &mut self.plans[at];
        let next = if self.out_of_order && dice.chance(30) { dice.below(stages.len() as u64) as usize } else { 0 };
        let happening = (*system, case.clone(), What::Lifecycle(*kind, stages.remove(next)));
        if stages.is_empty() {
            self.plans.swap_remove(at);
        }
        happening
    }

    fn plan(&self, dice: &mut Dice, kind: Kind) -> Vec<Stage> {
        let has_queue = matches!(kind, Kind::Escalation | Kind::Review) && dice.chance(60);
        let queue = has_queue.then(|| *dice.one(QUEUES));
        let mut reason = dice.chance(70).then(|| *dice.one(REASONS));
        if kind == Kind::Rollback {
            reason = Some(*dice.one(&["alert previous_version false", "owner previous_process false"]));
        }
        let mut stages = vec![Stage::Opened { queue, word: reason }];
        if matches!(kind, Kind::Escalation | Kind::Review) && dice.chance(70) {
            stages.push(Stage::Begun);
        }
        while kind == Kind::Escalation && dice.chance(25) {
            let queue = *dice.one(QUEUES);
            stages.push(Stage::Moved { queue });
        }
        let outcomes: &[&'static str] = match kind {
            Kind::Escalation => &["upheld", "overturned", "answered", "dropped"],
            Kind::Review => &["approved", "edited", "rejected"],
            Kind::Appeal => &["upheld", "overturned"],
            Kind::Rollback => &["restored", "failed"],
        };
        if dice.chance(75) {
            let outcome = *dice.one(outcomes);
            stages.push(Stage::Ended { outcome });
        }
        stages
    }
}
