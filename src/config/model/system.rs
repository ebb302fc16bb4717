//! One declared system: `systems.NAME`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, Names, form};
use super::boundary::{self, Boundary};
use super::bounds::DECLARED_MAX;
use super::changes::{self, Changes};
use super::exception_path::{self, ExceptionPath};
use super::maintenance::{self, Maintenance};
use super::objectives::{self, Objectives};
use super::owner::{self, Owner};
use super::review::{self, Reviewers};
use super::rollback::{self, RollbackPlan};
use super::trust::{self, Trust};
use crate::event::Timestamp;

/// One declared system. All spans are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct System {
    /// Midnight UTC of the declared date.
    pub launched: Option<Timestamp>,
    /// IANA name; empty means UTC.
    pub timezone: String,
    pub owner: Option<Owner>,
    /// The most that each action may do.
    pub boundaries: BTreeMap<String, Boundary>,
    pub exception_path: ExceptionPath,
    /// Declared review queues.
    pub review_queues: BTreeMap<String, Reviewers>,
    pub changes: Changes,
    pub rollback: Option<RollbackPlan>,
    /// Maximum age of each declared input; `None` when not declared.
    pub inputs: BTreeMap<String, Option<i64>>,
    pub objectives: Objectives,
    pub trust: Trust,
    pub maintenance: Option<Maintenance>,
}

pub fn keys() -> Form<System> {
    let mut keys = Map::<System>::new();
    keys.key(
        "launched",
        form::moment(),
        "2026-09-01",
        "The day it went into production: day 90 counts from here.",
        |system| &mut system.launched,
    );
    keys.key(
        "timezone",
        form::timezone(),
        "Europe/Berlin",
        "Whose hours of the day the spike detector learns: an IANA name.",
        |system| &mut system.timezone,
    )
    .absent_means("UTC".to_owned());
    keys.section("owner", owner::keys(), "The day-90 owner: who answers for this system in production.", |system| {
        &mut system.owner
    });
    keys.section(
        "boundaries",
        form::table(Names::Any, boundary::keys(), DECLARED_MAX),
        "What each action may do at most. Every observed action is compared with it; an action that is not listed is a \
         finding of its own.",
        |system| &mut system.boundaries,
    );
    keys.section(
        "exception_path",
        exception_path::keys(),
        "Who receives a case when the agent is unsure or wrong, and by when.",
        |system| &mut system.exception_path,
    );
    keys.section("review", review::keys(), "Human review.", |system| &mut system.review_queues);
    keys.section("changes", changes::keys(), "Who approves changes of behavior.", |system| &mut system.changes);
    keys.section("rollback", rollback::keys(), "The way back to the version or the process before.", |system| {
        &mut system.rollback
    });
    keys.section(
        "inputs",
        form::table(Names::Any, input(), DECLARED_MAX),
        "The inputs that it depends on.",
        |system| &mut system.inputs,
    );
    keys.section(
        "objectives",
        objectives::keys(),
        "What is good enough. Alerts and rules read these, so that one set of rules serves every system.",
        |system| &mut system.objectives,
    );
    keys.section("trust", trust::keys(), "How user trust is read.", |system| &mut system.trust);
    keys.section(
        "maintenance",
        maintenance::keys(),
        "The budget of keeping it good, a calendar month (UTC) at a time.",
        |system| &mut system.maintenance,
    );
    keys.into_form()
}

fn input() -> Form<Option<i64>> {
    let mut keys = Map::<Option<i64>>::new();
    keys.key("max_age", form::duration(), "1h", "The oldest that the input may be.", |max_age| max_age);
    keys.into_form()
}
