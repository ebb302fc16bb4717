//! Ninety days of three systems with everything that can happen to a detector. The numbers must stay the same to the last
//! bit: a journal that an earlier version wrote has to give the same pages, the same series and the same checkpoint. Since
//! 0.3.0 the detector is another one: a journal that 0.2.0 wrote gives other pages when it is replayed from its first event.

use std::collections::BTreeSet;

use super::super::FAMILIES;
use super::world::{START, World, allowing};
use crate::config::Model;
use crate::config::model::System;
use crate::event::Timestamp;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};

const DAYS: i64 = 90;
/// Time between two looks at all detectors.
const LOOK: i64 = 4 * HOUR;
const SYSTEMS: [&str; 3] = ["agent", "clock", "bulk"];

/// FNV-1a over bytes.
struct Digest(u64);

impl Digest {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

struct Story {
    world: World,
    digest: Digest,
    /// Tasks of the system that reports them in bulk, not sent yet.
    unsent: Vec<Timestamp>,
    /// Events a second, of all three systems together.
    rate: f64,
    /// The states that were seen, to know that the days have everything in them.
    states: BTreeSet<String>,
}

impl Story {
    fn days(&self) -> f64 {
        self.world.now().since(START) as f64 / DAY as f64
    }

    /// 1, or what `rises` says of this day: (from, to, factor).
    fn rise(&self, rises: &[(f64, f64, f64)]) -> f64 {
        let days = self.days();
        rises.iter().find(|(from, to, _)| (*from..*to).contains(&days)).map_or(1.0, |(_, _, factor)| *factor)
    }

    fn hour(&self) -> f64 {
        self.days().fract() * 24.0
    }

    fn escalate(&mut self, held_up: f64, case: Option<u64>) {
        let time = self.world.now().plus(-((held_up * SECOND as f64) as i64));
        let (queue, reason) = ((self.world.draw() * 7.0) as u64, (self.world.draw() * 4.0) as u64);
        self.world.cases += 1;
        let case = case.unwrap_or(self.world.cases);
        self.world.escalate_case(format!("c-{case}"), time, &format!("queue-{queue}"), &format!("reason-{reason}"));
    }

    /// Sends tasks; has a night with more escalations, incidents and a rise that stays.
    fn agent(&mut self) {
        if self.world.draw() > if self.days() as u64 % 7 >= 5 { 0.5 } else { 0.9 } {
            return;
        }
        self.world.task();
        let rise = self.rise(&[(20.0, 20.2, 8.0), (30.0, 45.0, 4.0), (55.1, 55.4, 3.0), (75.0, 75.02, 12.0)]);
        let night = if self.hour() < 6.0 { 2.5 } else { 1.0 };
        if self.world.draw() < 0.04 * rise * night {
            self.escalate(0.0, None);
        }
    }

    /// Sends no tasks until the 70th day, and a few of its escalations late.
    fn clock(&mut self) {
        let days = self.days();
        if (70.0..72.0).contains(&days) {
            self.world.task();
        }
        let silent = (40.0..41.5).contains(&days) || (64.0..64.1).contains(&days);
        let rise = self.rise(&[(15.5, 15.7, 6.0), (47.0, 49.0, 5.0), (85.0, 85.2, 9.0)]);
        if silent || self.world.draw() > 0.1 * rise {
            return;
        }
        let held_up = match self.world.draw() {
            draw if draw < 0.02 => 600.0,
            draw if draw < 0.2 => draw * 400.0,
            _ => 0.5,
        };
        let again = (self.world.draw() < 0.1).then_some(3);
        self.escalate(held_up, again);
    }

    /// Reports tasks every two minutes and none for ten days; bursts, and many false pages allowed.
    fn bulk(&mut self) {
        let now = self.world.now();
        if !(60.0..70.0).contains(&self.days()) {
            self.unsent.push(now);
            if now.since(self.unsent[0]) > 2 * MINUTE {
                let unsent = std::mem::take(&mut self.unsent);
                unsent.into_iter().for_each(|time| self.world.task_at(time));
            }
        }
        let block = (now.since(START) / (20 * MINUTE)) as u64;
        let burst = if block.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 62 == 0 { 2.0 } else { 0.6 };
        let rise = self.rise(&[(12.0, 12.3, 2.5), (50.0, 51.5, 2.0)]);
        if self.world.draw() < 0.3 * burst * rise {
            self.escalate(0.0, None);
        }
    }

    fn next(&mut self) {
        let wait = self.world.wait(self.rate);
        self.world.advance(wait);
        let draw = self.world.draw();
        let system = if draw < 0.6 { 0 } else { 1 + usize::from(draw >= 0.85) };
        self.world.system = SYSTEMS[system];
        [Story::agent, Story::clock, Story::bulk][system](self);
    }

    fn configure(&mut self, timezone: &str, settings: [i64; 3], systems: usize) {
        let mut model = Model::default();
        for (name, setting) in SYSTEMS.into_iter().zip(settings).take(systems) {
            model.systems.insert(name.to_owned(), System { timezone: timezone.into(), ..allowing(setting) });
        }
        self.world.sequence += 1;
        self.world.state.configure(model, self.world.sequence);
    }

    /// What happens to the daemon at the beginning of a day.
    fn turn(&mut self, day: i64) {
        match day {
            0 => self.configure("", [1, 1, 100], 3),
            25 => self.configure("Europe/Berlin", [2, 1, 100], 3),
            35 => self.world.save_and_load(),
            57 => self.world.clock = Some(self.world.now().plus(-5 * HOUR)),
            58 => self.world.clock = None,
            82 => self.configure("Asia/Kolkata", [1, 1, 100], 2),
            83 => self.configure("Asia/Kolkata", [1, 1, 100], 3),
            _ => {}
        }
    }

    fn look(&mut self) {
        let state = &self.world.state;
        let snapshot = state.snapshot();
        for system in SYSTEMS {
            let Some(id) = state.core.system_id(system) else { continue };
            self.digest.add(&postcard::to_stdvec(&state.signals.spike.get(id)).expect("plain numbers"));
            let report = snapshot.spike(system).expect("it is declared");
            self.digest.add(serde_json::to_string(&report).expect("plain data").as_bytes());
            self.states.insert(format!("{} {}", report.per, report.state));
        }
    }

    fn look_at_samples(&mut self) {
        let exposition = self.world.exposition();
        let is_of_the_detector = |line: &&str| {
            FAMILIES.iter().any(|it| line.strip_prefix(it.name).is_some_and(|rest| rest.starts_with('{')))
        };
        let samples = exposition.lines().filter(is_of_the_detector);
        samples.for_each(|line| self.digest.add(line.as_bytes()));
    }
}

/// The digest of all watches, reports and samples of these days: the same on every machine.
fn digest(rate: f64) -> u64 {
    let digest = Digest(0xcbf2_9ce4_8422_2325);
    let mut story = Story { world: World::new(), digest, unsent: Vec::new(), rate, states: BTreeSet::new() };
    let (mut looked, mut day) = (START, -1);
    while story.days() < DAYS as f64 {
        if story.world.state.now().since(START) / DAY > day {
            day += 1;
            story.turn(day);
        }
        story.next();
        if story.world.state.now().since(looked) >= LOOK {
            looked = story.world.state.now();
            story.look();
            if day % 10 == 0 {
                story.look_at_samples();
            }
        }
    }
    let states = ["learning", "ok", "page", "new_normal"].map(|state| ["tasks", "seconds"].map(|per| (per, state)));
    for (per, state) in states.into_iter().flatten().filter(|it| *it != ("seconds", "new_normal")) {
        assert!(story.states.contains(&format!("{per} {state}")), "{per} {state} is missing: {:?}", story.states);
    }
    story.digest.0
}

#[test]
fn ninety_days_give_the_same_bits_on_every_machine() {
    assert_eq!(digest(0.008), 0x06a4_d8bd_4179_3e6b);
}

#[test]
#[ignore = "230,000 events, a minute without optimization"]
fn ninety_busy_days_give_the_same_bits_on_every_machine() {
    assert_eq!(digest(0.03), 0x0770_ae4a_2c0c_77a7);
}
