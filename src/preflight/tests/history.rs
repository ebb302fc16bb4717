//! The history of a system that is operated, for a test to spoil.

use std::path::Path;

use serde_json::Value;

use crate::config::model::Waiver;
use crate::config::{self, Model, Overrides, model};
use crate::daemon;
use crate::event::time::{DAY, HOUR, MINUTE};
use crate::event::{Context, Fixed, Inlet, Timestamp, json};
use crate::preflight::{Report, grade};
use crate::state::engine::dedupe::HashKey;
use crate::state::{Snapshot, State};

/// 2026-11-23T09:00:00Z
pub(super) const START: Timestamp = Timestamp::from_seconds(1_795_424_400);
/// Days that the history goes back.
const DAYS: i64 = 45;

/// What was received when, the configuration it was received under, and the moment it is graded at.
#[derive(Clone)]
pub(super) struct History {
    pub events: Vec<(Timestamp, Value)>,
    pub model: Model,
    /// Configurations that were in force from a moment on, before `model`.
    pub earlier: Vec<(Timestamp, Model)>,
    /// From when on `model` is in force.
    pub since: Timestamp,
    pub now: Timestamp,
    pub last_scrape: Option<Timestamp>,
}

/// The model of deploy/day90.example.yaml.
pub(super) fn shipped() -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/day90.example.yaml");
    let config =
        config::load(Some(&path), &Overrides::default(), &daemon::given(START)).expect("the example has no mistake");
    (*config.model).clone()
}

impl History {
    /// The shipped example, operated as it should be: it passes every check.
    pub(super) fn operated() -> History {
        let mut history = History {
            events: Vec::new(),
            model: shipped(),
            earlier: Vec::new(),
            since: START.plus(-400 * DAY),
            now: START,
            last_scrape: Some(START.plus(-MINUTE)),
        };
        (0..=DAYS).for_each(|day| history.add_day(day));
        history.add(
            20 * DAY,
            r##"{"type":"change.deployed","kind":"prompt","version":"v8","author":"dev","approver":"support-lead"}"##,
        );
        history.add(10 * DAY, r#"{"type":"drill.completed","path":"exception","result":"passed"}"#);
        history.add(10 * DAY, r#"{"type":"drill.completed","path":"rollback","result":"passed","seconds":300}"#);
        history.add(30 * DAY, r#"{"type":"owner.attested","owner":"payments-ops"}"#);
        history.add(
            7 * DAY,
            r#"{"type":"maintenance.recorded","activity":"monitoring","seconds":7200,"cost":10,"currency":"EUR"}"#,
        );
        history
    }

    /// A system of which nothing is declared and nothing was heard.
    pub(super) fn fresh() -> History {
        let systems = [("refund-agent".to_owned(), model::System::default())].into();
        History {
            events: Vec::new(),
            model: Model { systems, ..Model::default() },
            earlier: Vec::new(),
            since: START.plus(-400 * DAY),
            now: START,
            last_scrape: None,
        }
    }

    fn add_day(&mut self, day: i64) {
        let morning = day * DAY + 3 * HOUR;
        for task in 0..25 {
            self.add(
                morning + task * MINUTE,
                r#"{"type":"task.completed","action":"refund.issue","mode":"decide","outcome":"completed","duration_seconds":2}"#,
            );
        }
        let case = format!("c-{day}");
        for (ago, event) in [
            (morning, r#"{"type":"escalation.opened","reason":"low_confidence"}"#),
            (morning - 5 * MINUTE, r#"{"type":"escalation.acknowledged"}"#),
            (morning - HOUR, r#"{"type":"escalation.resolved","outcome":"answered"}"#),
            (morning, r#"{"type":"review.requested","queue":"billing"}"#),
            (morning - HOUR, r#"{"type":"review.completed","decision":"approved","handling_seconds":60}"#),
            (morning, r#"{"type":"feedback.received","signal":"thumbs","value":"up"}"#),
        ] {
            let mut event: Value = serde_json::from_str(event).unwrap();
            event["case"] = case.as_str().into();
            self.events.push((START.plus(-ago), event));
        }
        for input in ["crm", "orders", "policy_handbook"] {
            let check = format!(r#"{{"type":"input.checked","input":"{input}","result":"ok","age_seconds":60}}"#);
            self.add(day * DAY + MINUTE, &check);
        }
        for suite in ["golden", "adversarial"] {
            let run = format!(r#"{{"type":"evaluation.completed","suite":"{suite}","passed":true,"score":0.9}}"#);
            self.add(morning, &run);
        }
    }

    /// Adds an event that was received this many nanoseconds before [`START`].
    pub(super) fn add(&mut self, ago: i64, event: &str) {
        self.events.push((START.plus(-ago), serde_json::from_str(event).expect("JSON")));
    }

    /// Adds an event that is received this many nanoseconds before it is graded.
    pub(super) fn add_now(&mut self, ago: i64, event: &str) {
        self.add(START.since(self.now) + ago, event);
    }

    /// Takes events out, by days ago and type.
    pub(super) fn without(&mut self, gone: impl Fn(i64, &str) -> bool) {
        let ago = |at: Timestamp| START.since(at) / DAY;
        self.events.retain(|(at, event)| !gone(ago(*at), event["type"].as_str().expect("a type")));
    }

    /// Takes events out, by any of their fields.
    pub(super) fn without_those(&mut self, gone: impl Fn(i64, &Value) -> bool) {
        self.events.retain(|(at, event)| !gone(START.since(*at) / DAY, event));
    }

    /// What is declared of the system.
    pub(super) fn declared(&mut self) -> &mut model::System {
        self.model.systems.get_mut("refund-agent").expect("the example declares it")
    }

    /// Declares that a check, given as ITEM/CHECK, doesn't apply until a day.
    pub(super) fn waive(&mut self, check: &str, until: &str) {
        let until = until.to_owned().try_into().expect("a day");
        let waiver = Waiver { reason: "it reads nothing but the ticket".into(), by: "risk-officer".into(), until };
        self.declared().not_applicable.insert(check.to_owned(), waiver);
    }

    /// The same events, and no configuration.
    pub(super) fn undeclared(mut self) -> History {
        self.model = Model::default();
        self
    }

    /// Folds it all.
    pub(super) fn state(&self) -> State {
        let mut state = State::new(HashKey(1, 2));
        let mut events = self.events.clone();
        events.sort_by_key(|(at, _)| *at);
        let mut models = self.earlier.clone();
        models.push((self.since, self.model.clone()));
        models.reverse();
        let scale = |_: &str| (Fixed::from_units(1), Fixed::from_units(5));
        let mut sequence = 0;
        for (at, event) in &events {
            while models.last().is_some_and(|(since, _)| since <= at) {
                let (since, model) = models.pop().expect("there is one");
                sequence += 1;
                state.advance(since);
                state.configure(model, sequence);
            }
            state.advance(*at);
            let context = Context {
                received: *at,
                inlet: Inlet::Http,
                default_system: Some("refund-agent"),
                rating_scale: &scale,
                event_age: crate::event::kinds::EVENT_AGE,
                notes: None,
            };
            let text = event.to_string();
            let event = json::parse(&text, 1, &context).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            sequence += 1;
            state.apply(&event, sequence);
        }
        for (since, model) in models.into_iter().rev() {
            sequence += 1;
            state.advance(since);
            state.configure(model, sequence);
        }
        state.advance(self.now);
        state
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.state().snapshot()
    }

    pub(super) fn grade(&self) -> Report {
        grade(&self.snapshot(), self.now, self.last_scrape)
    }

    /// As [`History::grade`], after a checkpoint and a restart.
    pub(super) fn grade_restored(&self) -> Report {
        let mut bytes = Vec::new();
        self.snapshot().encode_to(&mut bytes).expect("memory");
        let restored = State::decode(&bytes).expect("what was written");
        grade(&restored.snapshot(), self.now, self.last_scrape)
    }
}
