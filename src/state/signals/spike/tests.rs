//! The detector as people meet it: events into the real fold, pages and reports out of it, by a clock that the test holds.
//! Wrong input has [`wrong_input`].

mod wrong_input;

use std::collections::BTreeMap;

use super::report::{Caution, Report};
use crate::config::Model;
use crate::config::model::System;
use crate::event::time::{DAY, HOUR, MINUTE, SECOND};
use crate::event::{Body, ChangeKind, Event, Fixed, Inlet, Mode, TaskOutcome, Timestamp};
use crate::expose::text::Text;
use crate::state::State;
use crate::state::engine::dedupe::HashKey;

/// Monday, 2026-11-23T00:00:00Z.
const START: Timestamp = Timestamp::from_seconds(1_795_392_000);

/// A fold and traffic into it, always the same.
struct World {
    state: State,
    sequence: u64,
    cases: u64,
    random: u64,
    system: &'static str,
    /// The clock of the machine, when it isn't the fold's.
    clock: Option<Timestamp>,
    /// Every page that was seen to begin.
    pages: Vec<Timestamp>,
    /// Save and load after every event.
    split: bool,
}

impl World {
    fn new() -> World {
        World::with(Model::default())
    }

    fn with(model: Model) -> World {
        let mut state = State::new(HashKey(1, 2));
        state.advance(START);
        state.configure(model, 1);
        World { state, sequence: 1, cases: 0, random: 7, system: "agent", clock: None, pages: Vec::new(), split: false }
    }

    fn now(&self) -> Timestamp {
        self.clock.unwrap_or(self.state.now())
    }

    fn advance(&mut self, nanos: i64) {
        let to = self.now().plus(nanos);
        if self.clock.is_some() {
            self.clock = Some(to);
        }
        self.state.advance(to);
    }

    fn take(&mut self, case: Option<String>, time: Timestamp, body: Body<'static>) {
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

    fn save_and_load(&mut self) {
        self.state = restored(&self.state);
    }

    /// Another world that has seen the same.
    fn copy(&self) -> World {
        World { state: restored(&self.state), pages: self.pages.clone(), ..*self }
    }

    fn task_at(&mut self, time: Timestamp) {
        let body = Body::TaskCompleted {
            action: "answer".into(),
            outcome: TaskOutcome::Completed,
            mode: Mode::Decide,
            duration_seconds: None,
            version: None,
        };
        self.take(None, time, body);
    }

    fn escalate_at(&mut self, time: Timestamp, queue: &str, reason: &str) {
        self.cases += 1;
        self.escalate_case(format!("c-{}", self.cases), time, queue, reason);
    }

    fn escalate_case(&mut self, case: String, time: Timestamp, queue: &str, reason: &str) {
        let body = Body::EscalationOpened {
            escalation: None,
            queue: Some(queue.to_owned().into()),
            reason: Some(reason.to_owned().into()),
            action: None,
            severity: None,
        };
        self.take(Some(case), time, body);
    }

    fn task(&mut self) {
        self.task_at(self.now());
    }

    fn escalate(&mut self) {
        self.escalate_at(self.now(), "billing", "low_confidence");
    }

    /// A number from 0 to 1.
    fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    fn wait(&mut self, rate: f64) -> i64 {
        (-(1.0 - self.draw()).ln() / rate * SECOND as f64) as i64
    }

    /// Tasks at so many a second, of which this part is escalated.
    fn tasks(&mut self, nanos: i64, rate: f64, ratio: f64) -> &mut World {
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

    /// Escalations alone, so many an hour.
    fn escalations(&mut self, nanos: i64, an_hour: f64) -> &mut World {
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

    fn report(&self) -> Report {
        self.state.snapshot().spike(self.system).expect("something was heard of it")
    }

    #[track_caller]
    fn expect(&self, state: &str) -> &World {
        assert_eq!(self.report().state, state, "{:#?}", self.report());
        self
    }

    #[track_caller]
    fn expect_pages(&self, pages: usize) -> &World {
        assert_eq!((self.pages.len(), self.report().pages), (pages, pages as u64), "{:?}", self.pages);
        self
    }

    #[track_caller]
    fn expect_caution(&self, caution: Caution) -> &World {
        assert!(self.report().cautions.contains(&caution), "{:?}", self.report().cautions);
        self
    }

    fn exposition(&self) -> String {
        let mut text = Text::sized(0);
        self.state.snapshot().visit(&mut text);
        String::from_utf8(text.into_bytes()).expect("text")
    }

    fn sample(&self, series: &str) -> Option<f64> {
        let exposition = self.exposition();
        let line = exposition.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?.to_owned();
        Some(line.parse().expect("a number"))
    }

    /// No number that is shown is none.
    #[track_caller]
    fn expect_finite(&self) -> &World {
        for line in self.exposition().lines().filter(|line| line.starts_with("day90_escalation")) {
            let number: f64 = line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect(line);
            assert!(number.is_finite() || line.contains("_bucket"), "{line}");
        }
        let json = serde_json::to_string(&self.report()).expect("plain data");
        let back: Report = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        assert!(back.score.is_finite() && back.recent.is_none_or(|recent| recent.ratio.is_finite()), "{json}");
        self
    }
}

fn restored(state: &State) -> State {
    let mut bytes = Vec::new();
    state.snapshot().encode_to(&mut bytes).expect("memory takes everything");
    State::decode(&bytes).expect("what was just written")
}

fn model(system: System) -> Model {
    Model { systems: BTreeMap::from([("agent".to_owned(), system)]), ..Model::default() }
}

fn bearing(false_pages: i64) -> System {
    let mut system = System::default();
    system.objectives.false_pages_per_month = Some(Fixed::from_units(false_pages));
    system
}

#[test]
fn a_spike_pages_once_and_ends() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04).expect("ok").expect_pages(0);
    world.tasks(3 * HOUR, 0.05, 0.4).expect("page").expect_pages(1);
    assert_eq!(world.sample(r#"day90_escalation_spike{system="agent"}"#), Some(1.0));
    assert!(world.sample(r#"day90_escalation_spike_score{system="agent"}"#) >= Some(1.0));
    let onset =
        world.sample(r#"day90_escalation_spike_onset_timestamp_seconds{system="agent"}"#).expect("a page has one");
    let began = START.as_seconds_f64() + 6.0 * 86_400.0;
    assert!((onset - began).abs() < 1_800.0, "the rise began {began}, not {onset}");
    world.tasks(8 * HOUR, 0.05, 0.04).expect("ok").expect_pages(1);
    assert_eq!(world.sample(r#"day90_escalation_spike{system="agent"}"#), Some(0.0));
    assert_eq!(world.sample(r#"day90_escalation_spike_onset_timestamp_seconds{system="agent"}"#), None);
    assert_eq!(world.sample(r#"day90_escalation_spikes_total{system="agent"}"#), Some(1.0));
    assert_eq!(world.report().unconfirmed, 0);
    world.expect_finite();
}

#[test]
fn a_page_stays_for_five_minutes_at_least() {
    let mut world = World::new();
    world.tasks(5 * DAY, 0.2, 0.02);
    while world.pages.is_empty() {
        world.advance(SECOND);
        world.escalate();
    }
    let began = world.pages[0];
    world.tasks(4 * MINUTE + 50 * SECOND, 20.0, 0.0).expect("page");
    world.tasks(30 * MINUTE, 2.0, 0.0).expect("ok");
    assert!(world.state.now().since(began) >= 5 * MINUTE);
    world.expect_pages(1);
}

#[test]
fn a_rise_that_stays_is_the_new_normal() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04);
    world.tasks(20 * HOUR, 0.05, 0.25).expect("page").expect_pages(1);
    world.tasks(6 * HOUR, 0.05, 0.25).expect("new_normal").expect_pages(1);
    let usual = world.report().usual_ratio.expect("it was adopted");
    assert!((0.18..0.33).contains(&usual), "{usual}");
    world.tasks(2 * DAY, 0.05, 0.25).expect("ok").expect_pages(1);
}

#[test]
fn a_case_that_is_escalated_again_counts_once() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04);
    for minute in 0..120 {
        world.tasks(MINUTE, 0.05, 0.04);
        world.escalate_case(format!("stuck-{}", minute % 3), world.now(), "billing", "low_confidence");
    }
    world.expect_pages(0);
}

#[test]
fn a_system_without_tasks_is_held_against_time() {
    let mut world = World::new();
    world.escalations(9 * DAY, 12.0).expect("ok").expect_pages(0).expect_caution(Caution::NoTasks);
    let usual = world.report().usual_ratio.expect("learned") * 3_600.0;
    assert!((9.0..15.0).contains(&usual), "{usual} an hour");
    world.escalations(3 * HOUR, 90.0).expect("page").expect_pages(1);
    world.escalations(8 * HOUR, 12.0).expect("ok").expect_pages(1).expect_finite();
}

#[test]
fn a_rate_in_time_is_not_told_of_the_first_seconds() {
    let mut world = World::new();
    world.escalate();
    world.advance(SECOND);
    world.escalate();
    assert_eq!(world.report().recent, None, "two in a second are not 7,200 an hour");
    world.advance(HOUR);
    assert!(world.report().recent.is_some());
}

#[test]
fn a_task_that_somebody_tried_does_not_forget_what_was_learned() {
    let mut world = World::new();
    world.escalations(4 * DAY, 12.0);
    world.task();
    world.advance(HOUR);
    assert_eq!(world.report().per, "seconds");
    world.tasks(2 * HOUR, 0.05, 0.04);
    assert_eq!(world.report().per, "tasks", "from now on it sends them");
}

#[test]
fn the_hours_are_those_of_the_systems_own_time_zone() {
    let mut world = World::with(model(System { timezone: "Asia/Tokyo".into(), ..System::default() }));
    world.tasks(90 * MINUTE, 0.05, 0.04);
    let report = world.report();
    assert_eq!((report.baseline.hour, report.baseline.weekend, report.timezone.as_str()), (10, false, "Asia/Tokyo"));
    world.sequence += 1;
    world.state.configure(model(System { timezone: "America/New_York".into(), ..System::default() }), world.sequence);
    let report = world.report();
    assert_eq!((report.baseline.hour, report.baseline.weekend), (20, true), "a Sunday evening there");
}

#[test]
fn a_reload_changes_the_setting_and_forgets_nothing() {
    let mut world = World::with(model(bearing(1)));
    world.tasks(4 * DAY, 0.05, 0.04);
    let before = world.report();
    world.sequence += 1;
    world.state.configure(model(bearing(8)), world.sequence);
    let after = world.report();
    assert_eq!(before.false_pages_per_month.round(), 1.0);
    assert_eq!(after.false_pages_per_month.round(), 8.0);
    assert_eq!(after.baseline, before.baseline);
}

#[test]
fn more_false_pages_borne_is_an_earlier_page() {
    let delay = |setting| {
        let mut world = World::with(model(bearing(setting)));
        world.tasks(5 * DAY, 0.05, 0.04);
        world.tasks(6 * HOUR, 0.05, 0.3);
        world.pages[0]
    };
    assert!(delay(100) < delay(1));
}

#[test]
fn a_removed_system_is_gone_and_comes_back_new() {
    let mut world = World::with(model(bearing(1)));
    world.tasks(2 * DAY, 0.05, 0.04);
    world.sequence += 1;
    world.state.configure(Model::default(), world.sequence);
    assert!(world.state.snapshot().spike("agent").is_none());
    assert!(!world.exposition().contains("agent"));
    world.advance(DAY);
    world.sequence += 1;
    world.state.configure(model(bearing(1)), world.sequence);
    let report = world.report();
    assert_eq!((report.state.as_str(), report.pages, report.baseline.escalations), ("learning", 0, 0.0));
}

#[test]
fn a_declared_system_stands_at_zero_before_its_first_event() {
    let world = World::with(model(bearing(2)));
    for (series, value) in [
        (r#"day90_escalation_spike{system="agent"}"#, Some(0.0)),
        (r#"day90_escalation_spikes_total{system="agent"}"#, Some(0.0)),
        (r#"day90_escalation_spike_state{system="agent",state="learning"}"#, Some(1.0)),
        (r#"day90_escalation_spike_state{system="agent",state="page"}"#, Some(0.0)),
        (r#"day90_escalation_baseline_ratio{system="agent"}"#, None),
    ] {
        assert_eq!(world.sample(series), value, "{series}");
    }
    assert_eq!(world.report().false_pages_per_month.round(), 2.0);
}

#[test]
fn saving_and_loading_after_every_event_changes_nothing() {
    let run = |split| {
        let mut world = World::new();
        world.split = split;
        world.tasks(16 * HOUR, 0.01, 0.1);
        world.tasks(5 * HOUR, 0.01, 0.9);
        world.tasks(3 * HOUR, 0.01, 0.1);
        world.system = "without-tasks";
        world.escalations(12 * HOUR, 6.0);
        (world.exposition(), world.report(), world.pages)
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn the_steps_of_time_in_between_change_nothing() {
    let run = |step: Option<i64>| {
        let mut world = World::new();
        for (hours, ratio) in [(60, 0.05), (3, 0.5), (12, 0.05)] {
            for _ in 0..hours * 60 {
                let to = world.now().plus(MINUTE + 7 * SECOND);
                while let Some(step) = step.filter(|step| world.now().plus(*step) < to) {
                    world.advance(step);
                }
                world.advance(to.since(world.now()));
                (0..3).for_each(|_| world.task());
                if world.draw() < 3.0 * ratio {
                    world.escalate();
                }
            }
        }
        (world.exposition(), world.pages)
    };
    let at_once = run(None);
    assert!(!at_once.1.is_empty(), "something is to be compared");
    assert_eq!(run(Some(SECOND * 11)), at_once);
    assert_eq!(run(Some(SECOND * 60)), at_once);
}

#[test]
fn a_report_names_queue_reason_and_change() {
    let mut world = World::new();
    world.tasks(6 * DAY, 0.05, 0.04);
    let change = Body::ChangeDeployed {
        kind: ChangeKind::Prompt,
        version: "v41".into(),
        change: None,
        author: Some("kim".into()),
        approver: None,
        previous_version: None,
    };
    world.take(None, world.now(), change);
    for _ in 0..60 {
        world.tasks(2 * MINUTE, 0.05, 0.04);
        world.escalate_at(world.now(), "refunds", "policy_unclear");
    }
    let report = world.report();
    assert_eq!(report.state, "page");
    assert_eq!((report.causes[0].queue.as_str(), report.causes[0].reason.as_str()), ("refunds", "policy_unclear"));
    assert!(report.causes[0].part > 0.6, "{:?}", report.causes);
    assert_eq!((report.changes[0].version.as_str(), report.changes[0].approval.as_str()), ("v41", "unapproved"));
    let page = report.page.expect("a page");
    assert!(page.onset <= page.began && page.new_normal_at > report.now, "{page:?}");
    let recent = report.recent.expect("something comes");
    let (expected, factor) = (recent.expected.expect("learned"), recent.factor.expect("learned"));
    assert!((recent.escalations / expected / factor - 1.0).abs() < 0.01 && factor > 2.0, "{recent:?} {factor}");
}

#[test]
fn memory_has_a_bound_that_is_cheap_to_ask() {
    let mut world = World::new();
    world.tasks(HOUR, 0.05, 0.5);
    assert!((1_000..20_000).contains(&world.state.signals.spike.bytes()), "{}", world.state.signals.spike.bytes());
}
