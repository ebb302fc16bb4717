//! A state that a test feeds, the events it feeds, and the samples it expects.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Model;
use crate::config::model::{ExceptionPath, Route, System, Within};
use crate::event::time::{HOUR, MINUTE, SECOND};
use crate::event::{
    AppealOutcome, Body, Decision, EscalationOutcome, Event, Inlet, Rejection, RollbackResult, RollbackTo, Timestamp,
    Trigger,
};
use crate::state::State;
use crate::state::engine::dedupe::HashKey;
use crate::state::engine::family::{Buckets, Number, Sink, Type};

/// 2026-11-23T09:00:00Z
pub const START: Timestamp = Timestamp::from_seconds(1_795_424_400);

/// A state at a time that the test chooses.
pub struct Fold {
    pub state: State,
    pub sequence: u64,
}

impl Fold {
    pub fn new() -> Fold {
        let mut state = State::new(HashKey(1, 2));
        state.advance(START);
        Fold { state, sequence: 0 }
    }

    pub fn with(model: Model) -> Fold {
        let mut fold = Fold::new();
        fold.configure(model);
        fold
    }

    pub fn configure(&mut self, model: Model) -> &mut Fold {
        self.sequence += 1;
        self.state.configure(model, self.sequence);
        self
    }

    /// Folds an event that is received at the state's time.
    pub fn take(&mut self, event: Event<'static>) -> &mut Fold {
        let received = self.state.now();
        self.sequence += 1;
        self.state.apply(&Event { received, ..event }, self.sequence);
        self
    }

    pub fn advance(&mut self, nanos: i64) -> &mut Fold {
        let to = self.state.now().plus(nanos);
        self.state.advance(to);
        self
    }

    /// Erases a case, in one system or in all. Returns how many pieces of work were known of it.
    pub fn forget(&mut self, case: &str, system: Option<&str>) -> usize {
        self.sequence += 1;
        let names = self.state.names_of_case(case, system);
        self.state.forget(names.into_iter(), self.sequence)
    }

    /// What the pipeline asks before it accepts an opening.
    pub fn admit(&self, event: &Event<'_>) -> Result<(), Rejection> {
        self.state.would_open(event).expect("it opens something");
        self.state.openings_left(1).map_or(Ok(()), |mut left| self.state.admit(&mut left, event))
    }

    /// A checkpoint.
    pub fn stored(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.state.snapshot().encode_to(&mut bytes).unwrap();
        bytes
    }

    /// The same state after a restart.
    pub fn restarted(&self) -> Fold {
        Fold { state: State::decode(&self.stored()).unwrap(), sequence: self.sequence }
    }

    pub fn samples(&self) -> Samples {
        let mut samples = Samples::default();
        self.state.snapshot().visit(&mut samples);
        samples
    }

    /// The value of one series, as [`Samples`] spells it.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        *self.samples().all.get(series).unwrap_or_else(|| panic!("there is no {series}"))
    }

    #[track_caller]
    pub fn expect(&mut self, series: &str, value: f64) -> &mut Fold {
        assert_eq!(self.samples().all.get(&plain(series)), Some(&value), "{series}");
        self
    }

    #[track_caller]
    pub fn expect_none(&mut self, series: &str) -> &mut Fold {
        assert_eq!(self.samples().all.get(&plain(series)), None, "{series}");
        self
    }
}

/// As [`Samples`] spells a series, which may be written as Prometheus spells it.
pub fn plain(series: &str) -> String {
    series.replace(r#"{system="agent"}"#, "").replace(r#"system="agent","#, "").replace('"', "")
}

/// Every sample by its spelling: `name{label=value,…}`, without `system=agent`, which most series have.
#[derive(Default, Debug, PartialEq)]
pub struct Samples {
    family: (String, Vec<String>),
    pub all: BTreeMap<String, f64>,
    /// Every value of the label `system`.
    pub systems: BTreeSet<String>,
}

impl Samples {
    fn put(&mut self, suffix: &str, values: &[&str], number: f64) {
        let (name, labels) = &self.family;
        let pairs = || labels.iter().zip(values).map(|(label, value)| (label.as_str(), *value));
        // Those who share a window of ids are no system.
        let systems = pairs().filter(|(label, _)| *label == "system" && !name.starts_with("day90_dedupe"));
        self.systems.extend(systems.map(|(_, system)| system.to_owned()));
        let shown = pairs().filter(|pair| *pair != ("system", "agent"));
        let shown: Vec<_> = shown.map(|(label, value)| format!("{label}={value}")).collect();
        let labels = if shown.is_empty() { String::new() } else { format!("{{{}}}", shown.join(",")) };
        let twice = self.all.insert(format!("{name}{suffix}{labels}"), number);
        assert_eq!(twice, None, "{name}{suffix}{labels} is exposed twice");
    }
}

impl Sink for Samples {
    fn family(&mut self, name: &str, _: Type, _: &str, labels: &[&str]) {
        self.family = (name.to_owned(), labels.iter().map(|label| (*label).to_owned()).collect());
    }
    fn sample(&mut self, values: &[&str], number: Number) {
        self.put("", values, number.as_f64());
    }
    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        assert_eq!(buckets.counts.len(), buckets.bounds.len() + 1);
        self.put("_sum", values, buckets.sum.as_f64());
        self.put("_count", values, buckets.counts.iter().sum::<u64>() as f64);
        for (bound, count) in buckets.bounds.iter().zip(buckets.counts) {
            self.put(&format!("_bucket_{bound}"), values, *count as f64);
        }
    }
}

/// An event that happened this many seconds after [`START`].
pub fn event(case: &str, seconds: i64, body: Body<'static>) -> Event<'static> {
    Event {
        system: "agent".into(),
        id: None,
        source: None,
        time: START.plus(seconds * SECOND),
        received: START,
        inlet: Inlet::Http,
        case: Some(case.to_owned().into()),
        unknown_fields: 0,
        repairs: Default::default(),
        skewed: false,
        behavior: None,
        body,
    }
}

pub fn opened(case: &str, seconds: i64) -> Event<'static> {
    opened_with(case, seconds, Some("billing"), Some("low_confidence"))
}

pub fn opened_with(
    case: &str,
    seconds: i64,
    queue: Option<&'static str>,
    reason: Option<&'static str>,
) -> Event<'static> {
    let (queue, reason) = (queue.map(Into::into), reason.map(Into::into));
    event(case, seconds, Body::EscalationOpened { escalation: None, queue, reason, action: None, severity: None })
}

pub fn acknowledged(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::EscalationAcknowledged { escalation: None, by: None })
}

pub fn reassigned(case: &str, seconds: i64, queue: &'static str) -> Event<'static> {
    event(case, seconds, Body::EscalationReassigned { escalation: None, queue: queue.into(), by: None })
}

pub fn resolved(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::EscalationResolved { escalation: None, outcome: EscalationOutcome::Upheld, by: None })
}

pub fn requested(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::ReviewRequested { review: None, queue: Some("second-look".into()), action: None })
}

pub fn started(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::ReviewStarted { review: None, by: None })
}

pub fn completed(case: &str, seconds: i64, decision: Decision) -> Event<'static> {
    event(case, seconds, bare_completion(decision))
}

/// A completion that says no more than its decision.
pub fn bare_completion(decision: Decision) -> Body<'static> {
    Body::ReviewCompleted {
        review: None,
        decision,
        by: None,
        handling_seconds: None,
        edit_ratio: None,
        queue: None,
        action: None,
        wait_seconds: None,
    }
}

pub fn audited(case: &str, seconds: i64, appropriate: bool, decision: Option<Decision>) -> Event<'static> {
    event(case, seconds, Body::ReviewAudited { review: None, appropriate, decision })
}

pub fn appealed(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::AppealOpened { appeal: None, action: None })
}

pub fn decided(case: &str, seconds: i64) -> Event<'static> {
    event(case, seconds, Body::AppealDecided { appeal: None, outcome: AppealOutcome::Overturned })
}

pub fn rollback_started(name: &'static str, seconds: i64, to: RollbackTo) -> Event<'static> {
    let (trigger, to) = (Trigger::Alert, Some(to));
    let body = Body::RollbackStarted { rollback: name.into(), change: None, trigger, to, drill: false };
    event("none", seconds, body)
}

pub fn rollback_completed(name: &'static str, seconds: i64) -> Event<'static> {
    rollback_ended(name, seconds, RollbackResult::Restored)
}

pub fn rollback_ended(name: &'static str, seconds: i64, result: RollbackResult) -> Event<'static> {
    let rollback = name.into();
    let body =
        Body::RollbackCompleted { rollback, result, change: None, to: None, drill: None, duration_seconds: None };
    event("none", seconds, body)
}

/// A model with one system.
pub fn declared(system: System) -> Model {
    Model { systems: BTreeMap::from([("agent".to_owned(), system)]), ..Model::default() }
}

/// Escalations have a quarter of an hour until they are acknowledged, eight hours until they are resolved, and one route.
pub fn routed() -> Model {
    let path = ExceptionPath {
        acknowledge_within: Some(Within::plain(15 * MINUTE)),
        resolve_within: Some(Within::plain(8 * HOUR)),
        routes: vec![route("low_confidence", "billing")],
        ..ExceptionPath::default()
    };
    declared(System { exception_path: path, ..System::default() })
}

pub fn route(reason: &str, queue: &str) -> Route {
    Route { reason: reason.to_owned(), queue: queue.to_owned(), ..Route::default() }
}
