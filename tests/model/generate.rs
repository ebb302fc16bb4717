//! Random histories of one system. A seed decides everything.

use serde_json::{Map, Value, json};

use super::declared::{Declared, MINUTE, SECOND};
use super::instants::{CLUSTERS, Instants, SLOTS};
use super::{cases, conf, stories};
use crate::harness::Dice;

/// One event on its way.
#[derive(Clone, Debug)]
pub struct Send {
    /// The moment at which it arrives.
    pub instant: usize,
    /// In the short form, as the model reads it, without `system`.
    pub event: Value,
    /// It travels as a CloudEvent.
    pub cloud: bool,
    /// It begins a new request.
    pub alone: bool,
}

/// All that happens to one system.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub before: Declared,
    pub after: Declared,
    pub sends: Vec<Send>,
}

/// What a plan is made with.
pub struct Writer<'w> {
    pub dice: Dice,
    pub instants: &'w Instants,
    pub declared: Declared,
    pub sends: Vec<Send>,
    /// Nothing that is late happened before this: the round before ended then.
    pub not_before: i64,
    names: usize,
}

impl Plan {
    pub fn new(seed: u64, instants: &Instants) -> Plan {
        let mut dice = Dice::new(seed);
        let before = conf::declared(&mut dice);
        let after = conf::changed(&before, &mut dice);
        let mut writer =
            Writer { dice, instants, declared: before.clone(), sends: Vec::new(), not_before: 0, names: 0 };
        let mut fallback = false;
        for _ in 0..3 + writer.dice.below(6) {
            writer.not_before = 0;
            match writer.dice.below(12) {
                0..4 => cases::escalation(&mut writer),
                4..6 => cases::review(&mut writer),
                6 => cases::appeal(&mut writer),
                7 => stories::resolution(&mut writer),
                8 if writer.chance(50) => stories::resolution_late(&mut writer),
                8 => stories::resolution(&mut writer),
                // One a system: two may cross.
                9 if !std::mem::replace(&mut fallback, true) => stories::fallback(&mut writer),
                _ => stories::plain(&mut writer),
            }
        }
        // One a system: changes of one kind are each other's history.
        if writer.chance(40) {
            stories::changes(&mut writer);
        }
        let mut sends = writer.sends;
        sends.sort_by_key(|send| send.instant);
        Plan { seed, before, after, sends }
    }
}

impl Writer<'_> {
    pub fn chance(&mut self, percent: usize) -> bool {
        self.dice.below(100) < percent
    }

    pub fn pick<'p>(&mut self, of: &[&'p str]) -> &'p str {
        of[self.dice.below(of.len())]
    }

    pub fn seconds(&mut self, least: i64, most: i64) -> i64 {
        let span = ((most - least) * 1_000) as usize;
        least * SECOND + self.dice.below(span.max(1)) as i64 * 1_000_003
    }

    pub fn cluster(&mut self) -> usize {
        self.dice.below(CLUSTERS)
    }

    pub fn slot(&mut self) -> usize {
        self.dice.below(SLOTS)
    }

    /// A name that nothing else in this system has.
    pub fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}-{}", self.names)
    }

    /// Sends an event that arrives at a moment; without a time it happens as it arrives.
    pub fn send(&mut self, instant: usize, kind: &str, fields: Value, time: Option<i64>) {
        let mut event = Map::new();
        event.insert("type".into(), kind.into());
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        event.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        if let Some(time) = time {
            event.insert("time".into(), rfc3339(time).into());
        }
        let cloud = self.chance(15);
        if cloud || self.chance(50) {
            event.insert("id".into(), self.name("id").into());
        }
        if cloud {
            event.insert("source".into(), "/agents/cloud".into());
        }
        let alone = self.chance(40);
        let send = Send { instant, event: Value::Object(event), cloud, alone };
        if send.event.get("id").is_some() && self.chance(6) {
            // The sender didn't hear the answer: the same id again counts once.
            let again = (instant + self.dice.below(3)).min(self.instants.at.len() - 1);
            self.sends.push(send.clone());
            self.sends.push(Send { instant: again, alone: true, ..send });
            return;
        }
        self.sends.push(send);
    }

    /// A time shortly before a moment, or none.
    pub fn about(&mut self, instant: usize) -> Option<i64> {
        let lag = self.seconds(0, 3);
        self.chance(60).then(|| self.instants.at[instant] - lag)
    }
}

/// Of the arrivals of one round's stages: moments, and the times at which they happened, rising.
pub struct Timing {
    pub instants: Vec<usize>,
    pub times: Vec<Option<i64>>,
}

impl Timing {
    /// Stages as they happen, one moment after the other, from a cluster on.
    pub fn live(writer: &mut Writer, cluster: usize, stages: usize) -> Timing {
        let mut instant = cluster * SLOTS + writer.dice.below(SLOTS - 2);
        let last = writer.instants.at.len() - 1;
        let mut timing = Timing { instants: Vec::new(), times: Vec::new() };
        for stage in 0..stages {
            if stage > 0 {
                instant += 1 + if writer.chance(30) { SLOTS * writer.dice.below(3) } else { 0 };
            }
            let instant = instant.min(last);
            timing.instants.push(instant);
            let time = writer.about(instant);
            timing.times.push(time);
        }
        // At one moment what has a time may be earlier than what came before it.
        if timing.instants.windows(2).any(|two| two[0] == two[1]) {
            timing.times.iter_mut().for_each(|time| *time = None);
        }
        timing
    }

    /// Stages that happened before a cluster and all arrive in it, in any order.
    pub fn shuffled(writer: &mut Writer, cluster: usize, stages: usize) -> Timing {
        let most = if writer.chance(50) { 50 } else { 7_000 };
        let arrives = writer.instants.of(cluster, 0);
        let mut time = (arrives - (most + 10) * SECOND).max(writer.not_before);
        let most = (arrives - time) / SECOND - 2;
        let mut timing = Timing { instants: Vec::new(), times: Vec::new() };
        for _ in 0..stages {
            let step = writer.seconds(1, (most / stages as i64).max(2));
            time += step;
            timing.times.push(Some(time));
            let slot = writer.slot();
            timing.instants.push(cluster * SLOTS + slot);
        }
        timing
    }

    /// The first as it happens; the others arrive much later, with the times at which they happened.
    pub fn late(writer: &mut Writer, cluster: usize, stages: usize) -> Timing {
        let mut timing = Timing::live(writer, cluster, 1);
        let mut time = timing.times[0].unwrap_or(writer.instants.at[timing.instants[0]]);
        let from = timing.instants[0] / SLOTS + 1;
        let later = (from + writer.dice.below(2)).min(CLUSTERS - 1);
        let slot = writer.slot();
        let most = (writer.instants.of(later, 0) - time).min(3 * 60 * MINUTE) / SECOND - 5;
        for _ in 1..stages {
            let span = (most / stages as i64).max(3);
            time += writer.seconds(2, span);
            timing.times.push(Some(time));
            timing.instants.push((later * SLOTS + slot).max(timing.instants[0]));
        }
        timing
    }

    /// All but the first arrive in any order; the first, which opens, comes later than they wait for it.
    pub fn opening_late(writer: &mut Writer, cluster: usize, stages: usize) -> Timing {
        let mut timing = Timing::shuffled(writer, cluster, stages);
        let later = (cluster + 1 + writer.dice.below(3)).min(CLUSTERS - 1);
        timing.instants[0] = later * SLOTS + writer.slot();
        timing
    }

    /// Of a lifecycle that happens once.
    pub fn once(writer: &mut Writer, cluster: usize, stages: usize) -> Timing {
        let late = stages > 1 && cluster + 1 < CLUSTERS && writer.chance(12);
        if late { Timing::opening_late(writer, cluster, stages) } else { Timing::any(writer, cluster, stages) }
    }

    pub fn any(writer: &mut Writer, cluster: usize, stages: usize) -> Timing {
        match writer.dice.below(10) {
            0..4 => Timing::live(writer, cluster, stages),
            4..8 => Timing::shuffled(writer, cluster, stages),
            _ if cluster + 1 < CLUSTERS => Timing::late(writer, cluster, stages),
            _ => Timing::live(writer, cluster, stages),
        }
    }

    /// The last moment of all.
    pub fn last(&self) -> usize {
        self.instants.iter().copied().max().unwrap_or_default()
    }
}

/// Stages are sent in random order, which matters where they arrive at one moment.
pub fn send_all(writer: &mut Writer, stages: Vec<(&str, Value)>, timing: &Timing) {
    let mut left: Vec<usize> = (0..stages.len()).collect();
    let ordered = timing.times.iter().any(Option::is_none);
    while !left.is_empty() {
        let at = if ordered { 0 } else { writer.dice.below(left.len()) };
        let stage = left.remove(at);
        writer.send(timing.instants[stage], stages[stage].0, stages[stage].1.clone(), timing.times[stage]);
    }
}

pub fn rfc3339(nanos: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(nanos)).expect("a time").to_string()
}

/// The event as it is written into a body.
pub fn spelled(send: &Send, system: &str) -> Value {
    let mut event = send.event.as_object().expect("an object").clone();
    if !send.cloud {
        event.insert("system".into(), system.into());
        return Value::Object(event);
    }
    let mut take = |name: &str| event.remove(name);
    let kind = take("type").expect("a type");
    let (id, time, case) = (take("id"), take("time"), take("case"));
    drop(take("source"));
    event.insert("system".into(), system.into());
    let mut cloud = json!({
        "specversion": "1.0", "type": format!("dev.day90.{}", kind.as_str().expect("text")),
        "id": id, "source": format!("/agents/cloud/{system}"), "data": event,
    });
    let map = cloud.as_object_mut().expect("an object");
    time.into_iter().for_each(|time| drop(map.insert("time".into(), time)));
    // What is a number in the short form is text here: a subject is text.
    if let Some(case) = case {
        let text = case.as_str().map_or_else(|| case.to_string(), str::to_owned);
        map.insert("subject".into(), text.into());
    }
    cloud
}
