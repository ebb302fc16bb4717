//! One declared system: `systems.NAME`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Map, Names, ValueForm, form, keys};
use super::boundary::Boundary;
use super::bounds::DECLARED_MAX;
use super::changes::Changes;
use super::exception_path::ExceptionPath;
use super::maintenance::Maintenance;
use super::objectives::Objectives;
use super::owner::Owner;
use super::review::{self, Reviewers};
use super::rollback::RollbackPlan;
use super::trust::Trust;
use crate::event::Timestamp;

keys! {
    /// One declared system.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct System {
        /// The day it went into production: day 90 counts from here.
        launched: Option<Timestamp>, form::moment(), "2026-09-01";
        /// Whose hours of the day the spike detector learns: an IANA name.
        timezone: String, form::timezone(), "Europe/Berlin", .absent_means("UTC".to_owned());
        /// The day-90 owner: who answers for this system in production.
        owner: Option<Owner>, Owner::keys();
        /// What each action may do at most. Every observed action is compared with it; an action that is not listed is a
        /// separate finding.
        boundaries: BTreeMap<String, Boundary>, form::table(Names::Any, Boundary::keys(), DECLARED_MAX);
        /// Who receives a case when the agent is unsure or wrong, and by when.
        exception_path: ExceptionPath, ExceptionPath::keys();
        /// Human review.
        review_queues as "review": BTreeMap<String, Reviewers>, review::keys();
        /// Who approves changes of behavior.
        changes: Changes, Changes::keys();
        /// The way back to the version or the process before.
        rollback: Option<RollbackPlan>, RollbackPlan::keys();
        /// The inputs that it depends on.
        inputs: BTreeMap<String, Option<i64>>, form::table(Names::Any, input(), DECLARED_MAX);
        /// What is good enough. Alerts and rules read these, so that one set of rules serves every system.
        objectives: Objectives, Objectives::keys();
        /// How user trust is read.
        trust: Trust, Trust::keys();
        /// The budget of keeping it good, a calendar month (UTC) at a time.
        maintenance: Option<Maintenance>, Maintenance::keys();
    }
}

/// The maximum age of an input in nanoseconds, when one is declared.
fn input() -> ValueForm<Option<i64>> {
    let mut keys = Map::<Option<i64>>::new();
    keys.key("max_age", form::duration(), "1h", "The oldest that the input may be.", |max_age| max_age);
    keys.into_form()
}
