//! One declared system: `systems.NAME`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Map, Names, ValueForm, form, keys};
use super::boundary::Boundary;
use super::bounds::{DECLARED_MAX, PEOPLE_MAX};
use super::calendar::Calendar;
use super::changes::Changes;
use super::exception_path::ExceptionPath;
use super::maintenance::Maintenance;
use super::objectives::Objectives;
use super::owner::Owner;
use super::review::{self, Reviewers};
use super::rollback::RollbackPlan;
use super::trust::Trust;
use super::waiver::Waiver;
use crate::event::Timestamp;

keys! {
    /// One declared system.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct System {
        /// Names that it had before: its state goes on under this one, and events under an old name count for it.
        formerly: Vec<String>, form::list(form::slug(), 0, PEOPLE_MAX), "[payment-bot]";
        /// The day it went into production: day 90 counts from here. It may lie ahead: until then only what can be done
        /// before a launch is asked for.
        launched: Option<Timestamp>, form::moment(), "2026-09-01";
        /// Whose hours of the day, days of the week and months of the budget count: an IANA name.
        timezone: String, form::timezone(), "Europe/Berlin", .absent_means("UTC".to_owned());
        /// When people work: for deadlines of business hours.
        calendar: Option<Calendar>, Calendar::keys();
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
        /// The budget of keeping it good, a calendar month of its time zone at a time.
        maintenance: Option<Maintenance>, Maintenance::keys();
        /// Checks of preflight that don't apply to it, as ITEM/CHECK: who says so, why, and until when. A waiver of a
        /// `declared` check holds for the checks that judge by it, too.
        not_applicable: BTreeMap<String, Waiver>, form::table(Names::Any, Waiver::keys(), DECLARED_MAX);
    }
}

/// The maximum age of an input in nanoseconds, when one is declared.
fn input() -> ValueForm<Option<i64>> {
    let mut keys = Map::<Option<i64>>::new();
    keys.key("max_age", form::duration(), "1h", "The oldest that the input may be.", |max_age| max_age);
    keys.into_form()
}
