//! `systems.NAME.exception_path`: who receives a case when the agent is unsure or wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Map, ValueForm, form, keys};
use super::bounds::DECLARED_MAX;
use super::within::{Within, within};

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(from = "RecordedPath", into = "RecordedPath")]
    pub struct ExceptionPath {
        /// The deadline for somebody to take an escalation on. Fixed when it opens.
        acknowledge_within: Option<Within>, within(), "15m";
        /// The deadline for resolving it.
        resolve_within: Option<Within>, within(), "8h business";
        /// How often the path must be proven, by a drill or by a real escalation acknowledged in time.
        drill_every: Option<i64>, form::duration(), "90d";
        /// Deadlines of escalations of one severity: they apply where they are shorter than those of the route.
        severity: BySeverity, severities();
        /// In order; the first that matches decides. The last should be for "*".
        routes: Vec<Route>, form::list(Route::keys(), 0, DECLARED_MAX);
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Route {
        /// The reason of the escalation, or "*" for every other.
        reason: String, form::name(), "low_confidence", .required();
        /// The queue that receives the case.
        queue: String, form::name(), "billing", .required();
        /// Who answers for the queue.
        owner: Option<String>, form::name(), "billing-leads";
        /// Its own deadline for somebody to take an escalation on, instead of the system's.
        acknowledge_within: Option<Within>, within(), "10m";
        /// Its own deadline for resolving one.
        resolve_within: Option<Within>, within(), "2h";
        /// Its own deadlines of escalations of one severity, which win over all others.
        severity: BySeverity, severities();
    }
}

keys! {
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Promise {
        /// The deadline for somebody to take the escalation on.
        acknowledge_within: Option<Within>, within(), "5m";
        /// The deadline for resolving it.
        resolve_within: Option<Within>, within(), "1h";
    }
}

impl Route {
    /// Its own deadlines, whatever the severity.
    pub fn promise(&self) -> Promise {
        Promise { acknowledge_within: self.acknowledge_within, resolve_within: self.resolve_within }
    }
}

impl ExceptionPath {
    /// The deadlines of every escalation for which nothing else is declared.
    pub fn promise(&self) -> Promise {
        Promise { acknowledge_within: self.acknowledge_within, resolve_within: self.resolve_within }
    }
}

/// As it is recorded in the journal. Versions before 0.3.0 read the two deadlines as numbers of nanoseconds, and ignore what
/// they don't know, so that a journal leads back to them.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct RecordedPath {
    acknowledge_within: Option<i64>,
    resolve_within: Option<i64>,
    /// Which of the two count business hours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    business: Vec<String>,
    drill_every: Option<i64>,
    severity: BySeverity,
    routes: Vec<Route>,
}

const ACKNOWLEDGE: &str = "acknowledge_within";
const RESOLVE: &str = "resolve_within";

impl From<ExceptionPath> for RecordedPath {
    fn from(path: ExceptionPath) -> RecordedPath {
        let ExceptionPath { acknowledge_within, resolve_within, drill_every, severity, routes } = path;
        let deadlines = [(ACKNOWLEDGE, acknowledge_within), (RESOLVE, resolve_within)];
        let is_business = |within: Option<Within>| within.is_some_and(|within| within.business);
        RecordedPath {
            acknowledge_within: acknowledge_within.map(|within| within.nanos),
            resolve_within: resolve_within.map(|within| within.nanos),
            business: deadlines.iter().filter(|(_, it)| is_business(*it)).map(|(key, _)| (*key).to_owned()).collect(),
            drill_every,
            severity,
            routes,
        }
    }
}

impl From<RecordedPath> for ExceptionPath {
    fn from(recorded: RecordedPath) -> ExceptionPath {
        let RecordedPath { acknowledge_within, resolve_within, business, drill_every, severity, routes } = recorded;
        let within = |key: &str, nanos: Option<i64>| {
            nanos.map(|nanos| Within { nanos, business: business.iter().any(|other| other == key) })
        };
        ExceptionPath {
            acknowledge_within: within(ACKNOWLEDGE, acknowledge_within),
            resolve_within: within(RESOLVE, resolve_within),
            drill_every,
            severity,
            routes,
        }
    }
}

/// Deadlines by the word of a severity. (Text, so that a later word doesn't make a journal unreadable.)
type BySeverity = BTreeMap<String, Promise>;

/// The words of a severity, as events carry them.
pub const SEVERITIES: &[&str] = &["low", "normal", "high", "critical"];

/// A key for each severity.
fn severities() -> ValueForm<BySeverity> {
    let mut keys = Map::<BySeverity>::new();
    for &word in SEVERITIES {
        keys.section(word, Promise::keys(), "Escalations of this severity.", move |declared: &mut BySeverity| {
            declared.entry(word.to_owned()).or_default()
        });
    }
    keys.into_form()
}
