//! A fold, simulated traffic into it, and a clock that the test moves.

use std::collections::BTreeMap;

use crate::config::Model;
use crate::config::model::System;
use crate::event::time::SECOND;
use crate::event::{Body, Event, Fixed, Inlet, Mode, TaskOutcome, Timestamp};
use crate::expose::text::Text;
use crate::state::State;
use crate::state::engine::dedupe::HashKey;
use crate::state::signals::spike::maths::ln;
use crate::state::views::spike::report::{Caution, SpikeReport};

/// Monday, 2026-11-23T00:00:00Z.
pub const START: Timestamp = Timestamp::from_seconds(1_795_392_000);

/// A fold and random traffic into it, from a fixed seed.
pub struct World {
    pub state: State,
    pub sequence: u64,
    pub cases: u64,
    pub random: u64,
    pub system: &'static str,
    /// The machine's clock, if it differs from the fold's.
    pub clock: Option<Timestamp>,
    /// The beginning of every page.
    pub pages: Vec<Timestamp>,
    /// Save and load after every event.
    pub split: bool,
}

impl World {
    pub fn new() -> World {
        World::with(Model::default())
    }

    pub fn with(model: Model) -> World {
        let mut state = State::new(HashKey(1, 2));
        state.advance(START);
        state.configure(model, 1);
        World { state, sequence: 1, cases: 0, random: 7, system: "agent", clock: None, pages: Vec::new(), split: false }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.unwrap_or(self.state.now())
    }

    pub fn advance(&mut self, nanos: i64) {
        let to = self.now().plus(nanos);
        if self.clock.is_some() {
            self.clock = Some(to);
        }
        self.state.advance(to);
    }

    pub fn take(&mut self, case: Option<String>, time: Timestamp, body: Body<'static>) {
        self.sequence += 1;
        let event = Event {
            system: self.system.into(),
            id: None,
            source: None,
            time,
            received: self.now(),
            inlet: Inlet::Http,
            case: case.map(Into::into),
            unknown_fields: 0,
            repairs: Default::default(),
            skewed: false,
            behavior: None,
            body,
        };
        self.state.apply(&event, self.sequence);
        let page = self.state.spike(self.system).and_then(|glimpse| glimpse.page);
        if let Some(page) = page.filter(|page| self.pages.last() != Some(&page.began)) {
            self.pages.push(page.began);
        }
        if self.split {
            self.save_and_load();
        }
    }

    pub fn save_and_load(&mut self) {
        self.state = restored(&self.state);
    }

    /// Another world that has seen the same.
    pub fn copy(&self) -> World {
        World { state: restored(&self.state), pages: self.pages.clone(), ..*self }
    }

    pub fn task_at(&mut self, time: Timestamp) {
        let body = Body::TaskCompleted {
            action: "answer".into(),
            outcome: TaskOutcome::Completed,
            mode: Mode::Decide,
            duration_seconds: None,
            version: None,
        };
        self.take(None, time, body);
    }

    pub fn escalate_at(&mut self, time: Timestamp, queue: &str, reason: &str) {
        self.cases += 1;
        self.escalate_case(format!("c-{}", self.cases), time, queue, reason);
    }

    pub fn escalate_case(&mut self, case: String, time: Timestamp, queue: &str, reason: &str) {
        let body = Body::EscalationOpened {
            escalation: None,
            queue: Some(queue.to_owned().into()),
            reason: Some(reason.to_owned().into()),
            action: None,
            severity: None,
        };
        self.take(Some(case), time, body);
    }

    pub fn task(&mut self) {
        self.task_at(self.now());
    }

    pub fn escalate(&mut self) {
        self.escalate_at(self.now(), "billing", "low_confidence");
    }

    /// A number from 0 to 1.
    pub fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn wait(&mut self, rate: f64) -> i64 {
        (-ln(1.0 - self.draw()) / rate * SECOND as f64) as i64
    }

    /// `rate` tasks a second, of which the part `ratio` is escalated.
    pub fn tasks(&mut self, nanos: i64, rate: f64, ratio: f64) -> &mut World {
        let end = self.now().plus(nanos);
        loop {
            let wait = self.wait(rate);
            if self.now().plus(wait) >= end {
                self.advance(end.since(self.now()));
                return self;
            }
            self.advance(wait);
            self.task();
            if self.draw() < ratio {
                self.escalate();
            }
        }
    }

    /// Escalations alone, `an_hour` of them per hour.
    pub fn escalations(&mut self, nanos: i64, an_hour: f64) -> &mut World {
        let end = self.now().plus(nanos);
        loop {
            let wait = self.wait(an_hour / 3_600.0);
            if self.now().plus(wait) >= end {
                self.advance(end.since(self.now()));
                return self;
            }
            self.advance(wait);
            self.escalate();
        }
    }

    pub fn report(&self) -> SpikeReport {
        self.state.snapshot().spike(self.system).expect("the system has sent events")
    }

    #[track_caller]
    pub fn expect(&self, state: &str) -> &World {
        assert_eq!(self.report().state, state, "{:#?}", self.report());
        self
    }

    #[track_caller]
    pub fn expect_pages(&self, pages: usize) -> &World {
        assert_eq!((self.pages.len(), self.report().pages), (pages, pages as u64), "{:?}", self.pages);
        self
    }

    #[track_caller]
    pub fn expect_caution(&self, caution: Caution) -> &World {
        assert!(self.report().cautions.contains(&caution), "{:?}", self.report().cautions);
        self
    }

    pub fn exposition(&self) -> String {
        let mut text = Text::new();
        self.state.snapshot().visit(&mut text);
        String::from_utf8(text.into_bytes()).expect("text")
    }

    pub fn sample(&self, series: &str) -> Option<f64> {
        let exposition = self.exposition();
        let line = exposition.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?.to_owned();
        Some(line.parse().expect("a number"))
    }

    /// No sample and no number of the report is infinite or not a number.
    #[track_caller]
    pub fn expect_finite(&self) -> &World {
        for line in self.exposition().lines().filter(|line| line.starts_with("day90_escalation")) {
            let number: f64 = line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect(line);
            assert!(number.is_finite() || line.contains("_bucket"), "{line}");
        }
        let json = serde_json::to_string(&self.report()).expect("plain data");
        let back: SpikeReport = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        assert!(back.score.is_finite() && back.recent.is_none_or(|recent| recent.ratio.is_finite()), "{json}");
        self
    }
}

pub fn restored(state: &State) -> State {
    let mut bytes = Vec::new();
    state.snapshot().encode_to(&mut bytes).expect("writing to memory");
    State::decode(&bytes).expect("what was just written")
}

pub fn model(system: System) -> Model {
    Model { systems: BTreeMap::from([("agent".to_owned(), system)]), ..Model::default() }
}

pub fn allowing(false_pages: i64) -> System {
    let mut system = System::default();
    system.objectives.false_pages_per_month = Some(Fixed::from_units(false_pages));
    system
}
