//! `systems.NAME.exception_path`: who receives a case when the agent is unsure or wrong.

use serde::{Deserialize, Serialize};

use super::super::key::{form, keys};
use super::bounds::DECLARED_MAX;

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct ExceptionPath {
        /// The deadline for somebody to take an escalation on. Fixed when it opens.
        acknowledge_within: Option<i64>, form::duration(), "15m";
        /// The deadline for resolving it.
        resolve_within: Option<i64>, form::duration(), "8h";
        /// How often the path must be proven, by a drill or by a real escalation acknowledged in time.
        drill_every: Option<i64>, form::duration(), "90d";
        /// In order; the first that matches decides. The last should be for "*".
        routes: Vec<Route>, form::list(Route::keys(), 0, DECLARED_MAX);
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Route {
        /// The reason of the escalation, or "*" for every other.
        reason: String, form::name(), "low_confidence", .required();
        /// The queue that receives the case.
        queue: String, form::name(), "billing", .required();
        /// Who answers for the queue.
        owner: Option<String>, form::name(), "billing-leads";
    }
}
