//! `systems.NAME.exception_path`: who receives a case when the agent is unsure or wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Map, ValueForm, form, keys};
use super::bounds::DECLARED_MAX;
use super::within::{Within, within};

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
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
