//! What happens in the simulated world: the random histories of [`crate::model`], which its closed form can count, on their
//! way to a daemon that may be down.

use std::collections::VecDeque;

use day90::event::Timestamp;
use serde_json::Value;

use super::dice::Dice;
use crate::harness::Dice as Chance;
use crate::model::declared::{DAY, HOUR, MINUTE, SECOND};
use crate::model::generate::{Plan, rfc3339, spelled};
use crate::model::instants::{CLUSTERS, Instants, SLOTS};

pub const SYSTEMS: usize = 5;
/// 2026-11-23 09:00 UTC, a Monday.
const BEGIN: i64 = 1_795_424_400 * SECOND;

/// What has no id now and then: sent twice it counts twice. Of stages that come again without one, `tests/model` says more.
const PLAIN: [&str; 7] = [
    "task.completed",
    "step.completed",
    "action.attempted",
    "input.checked",
    "evaluation.completed",
    "cost.recorded",
    "maintenance.recorded",
];

const ENDS: [&str; 4] = ["escalation.resolved", "review.completed", "appeal.decided", "rollback.completed"];

pub fn system(at: usize) -> String {
    format!("s{at}")
}

/// An event of a system: as the model reads it, and as it is sent.
#[derive(Clone, Debug)]
pub struct Happening {
    pub system: usize,
    pub event: Value,
    pub json: String,
    /// Set when it is sent.
    pub received: Timestamp,
    /// Its encoding, since it was sent.
    pub bytes: Vec<u8>,
}

/// What makes two events the same one.
pub type Identity = (usize, String, String, String);

impl Happening {
    pub fn kind(&self) -> &str {
        self.event["type"].as_str().expect("a type")
    }

    pub fn identity(&self) -> Option<Identity> {
        let text = |field: &str| self.event.get(field).map(|value| value.as_str().expect("a text").to_owned());
        Some((self.system, text("source").unwrap_or_default(), text("type")?, text("id")?))
    }
}

/// Histories of all systems, moment by moment.
pub struct Source {
    pub plans: Vec<Plan>,
    instants: Instants,
    /// The present moment, and what is still to be sent of each system.
    at: usize,
    /// Nothing of this moment was sent.
    untouched: bool,
    due: Vec<VecDeque<Happening>>,
    sent: Vec<usize>,
    /// No two events happen at one moment.
    made: i64,
    /// How many of 100 events have an id.
    with_id: u64,
    /// Most lifecycles are never ended, so that a low limit of open cases is reached.
    leaves_open: bool,
}

impl Source {
    pub fn new(dice: &mut Dice, leaves_open: bool) -> Source {
        let instants = instants(dice);
        let plans = (0..SYSTEMS).map(|_| Plan::new(dice.roll(), &instants)).collect();
        let with_id = *dice.one(&[0, 50, 100]);
        let due = vec![VecDeque::new(); SYSTEMS];
        Source { plans, instants, at: 0, untouched: false, due, sent: vec![0; SYSTEMS], made: 0, with_id, leaves_open }
    }

    /// Before the first moment.
    pub fn begin(&self) -> Timestamp {
        Timestamp::from_nanos(self.instants.at[0] - SECOND)
    }

    /// After which nothing waits.
    pub fn end(&self) -> Timestamp {
        Timestamp::from_nanos(self.instants.end)
    }

    pub fn is_idle(&self) -> bool {
        self.due.iter().all(VecDeque::is_empty)
    }

    /// Nothing has happened for longer than `arrival_grace`.
    pub fn is_rested(&self) -> bool {
        self.at % SLOTS == 1 && self.untouched
    }

    /// When the next moment is, if there is one.
    pub fn next_moment(&self) -> Option<Timestamp> {
        self.instants.at.get(self.at).copied().map(Timestamp::from_nanos)
    }

    /// Goes to the next moment.
    pub fn go_on(&mut self, dice: &mut Dice) {
        for system in 0..SYSTEMS {
            let sends = &self.plans[system].sends[self.sent[system]..];
            let now: Vec<_> = sends.iter().take_while(|send| send.instant == self.at).cloned().collect();
            self.sent[system] += now.len();
            for mut send in now {
                if self.leaves_open && ENDS.iter().any(|kind| send.event["type"] == *kind) && dice.chance(80) {
                    continue;
                }
                self.made += 1;
                let event = send.event.as_object_mut().expect("an object");
                // One that is sent again later happened when it did.
                event.entry("time").or_insert_with(|| rfc3339(self.instants.at[self.at] + self.made).into());
                if dice.chance(self.with_id) || !PLAIN.iter().any(|kind| event["type"] == *kind) {
                    event.entry("id").or_insert_with(|| format!("e{}", self.made).into());
                }
                let json = spelled(&send, &self::system(system)).to_string();
                let received = Timestamp::from_nanos(0);
                self.due[system].push_back(Happening { system, event: send.event, json, received, bytes: Vec::new() });
            }
        }
        self.at += 1;
        self.untouched = true;
    }

    /// Some of what is to be sent now; of each system in its order.
    pub fn some(&mut self, dice: &mut Dice) -> Vec<Happening> {
        self.untouched = false;
        let mut some = Vec::new();
        for _ in 0..1 + dice.below(10) {
            let system = dice.below(SYSTEMS as u64) as usize;
            some.extend(self.due[system].pop_front());
        }
        some
    }
}

/// Moments as [`Instants`] has them, closer to each other: a start lives through every minute of them again.
fn instants(dice: &mut Dice) -> Instants {
    let chance = &mut Chance::new(dice.roll());
    let odd = |chance: &mut Chance| 1 + chance.below(999_999_999) as i64;
    let mut now = BEGIN + odd(chance);
    let mut at = Vec::new();
    for cluster in 0..CLUSTERS {
        if cluster > 0 {
            let jumps = [7 * MINUTE, 12 * MINUTE, 20 * MINUTE, 50 * MINUTE, 2 * HOUR, 5 * HOUR, 9 * HOUR, 2 * DAY];
            now += chance.one(&jumps) + odd(chance);
        }
        for slot in 0..SLOTS {
            if slot > 0 {
                now += (5 + chance.below(25) as i64) * SECOND + odd(chance);
            }
            at.push(now);
        }
    }
    let after = chance.one(&[HOUR, DAY, 9 * DAY]) + odd(chance);
    // The simulation reloads and restarts when it likes.
    Instants { at, reload: 0, restart: 0, looks: [0, 0], end: now + after }
}
