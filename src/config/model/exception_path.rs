//! `systems.NAME.exception_path`: who receives a case when the agent is unsure or wrong.

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, form};
use super::bounds::DECLARED_MAX;

/// All spans are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExceptionPath {
    pub acknowledge_within: Option<i64>,
    pub resolve_within: Option<i64>,
    pub drill_every: Option<i64>,
    /// In order; the first that matches decides.
    pub routes: Vec<Route>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// A reason, or `*` for every other.
    pub reason: String,
    pub queue: String,
    pub owner: Option<String>,
}

pub fn keys() -> Form<ExceptionPath> {
    let mut keys = Map::<ExceptionPath>::new();
    keys.key(
        "acknowledge_within",
        form::duration(),
        "15m",
        "The deadline for somebody to take an escalation on. Fixed when it opens.",
        |path| &mut path.acknowledge_within,
    );
    keys.key("resolve_within", form::duration(), "8h", "The deadline for resolving it.", |path| {
        &mut path.resolve_within
    });
    keys.key(
        "drill_every",
        form::duration(),
        "90d",
        "How often the path must be proven, by a drill or by a real escalation acknowledged in time.",
        |path| &mut path.drill_every,
    );
    keys.section(
        "routes",
        form::list(route(), 0, DECLARED_MAX),
        "In order; the first that matches decides. The last should be for \"*\".",
        |path| &mut path.routes,
    );
    keys.into_form()
}

fn route() -> Form<Route> {
    let mut keys = Map::<Route>::new();
    keys.key(
        "reason",
        form::name(),
        "low_confidence",
        "The reason of the escalation, or \"*\" for every other.",
        |route| &mut route.reason,
    )
    .required();
    keys.key("queue", form::name(), "billing", "The queue that receives the case.", |route| &mut route.queue)
        .required();
    keys.key("owner", form::name(), "billing-leads", "Who answers for the queue.", |route| &mut route.owner);
    keys.into_form()
}
