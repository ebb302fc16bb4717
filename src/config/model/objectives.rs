//! `systems.NAME.objectives`: what is good enough.

use serde::{Deserialize, Serialize};

use super::super::key::{Form, Map, form};
use crate::event::Fixed;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Objectives {
    pub escalation_ratio: Option<Fixed>,
    pub false_pages_per_month: Option<Fixed>,
    pub task_duration: Option<TaskDuration>,
    pub override_ratio: Option<Fixed>,
    pub trust_ratio: Option<Fixed>,
    pub rubber_stamp_seconds: Option<Fixed>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskDuration {
    pub seconds: Fixed,
    pub ratio: Fixed,
}

pub fn keys() -> Form<Objectives> {
    let mut keys = Map::<Objectives>::new();
    keys.key(
        "escalation_ratio",
        form::ratio(),
        "0.08",
        "Escalations opened per task completed, at most.",
        |objectives| &mut objectives.escalation_ratio,
    );
    keys.key(
        "false_pages_per_month",
        form::number_above_zero(1_000),
        "1",
        "The false pages that on-call accepts: the one setting of the spike detector.",
        |objectives| &mut objectives.false_pages_per_month,
    )
    .absent_means(Fixed::ONE);
    keys.section(
        "task_duration",
        task_duration(),
        "The latency of a task: this ratio of tasks within this many seconds.",
        |objectives| &mut objectives.task_duration,
    );
    keys.key(
        "override_ratio",
        form::ratio(),
        "0.15",
        "Reviews edited or rejected, of those decided by a person, at most.",
        |objectives| &mut objectives.override_ratio,
    );
    keys.key(
        "trust_ratio",
        form::ratio(),
        "0.80",
        "Positive feedback, of the positive and negative, at least.",
        |objectives| &mut objectives.trust_ratio,
    );
    keys.key(
        "rubber_stamp_seconds",
        form::number_above_zero(86_400),
        "3",
        "An approval in less time than this was not read.",
        |objectives| &mut objectives.rubber_stamp_seconds,
    );
    keys.into_form()
}

fn task_duration() -> Form<TaskDuration> {
    let mut keys = Map::<TaskDuration>::new();
    keys.key("seconds", form::number_above_zero(31_536_000), "20", "Seconds that a task may take.", |duration| {
        &mut duration.seconds
    })
    .required();
    keys.key("ratio", form::ratio(), "0.95", "The share of tasks that keeps to it.", |duration| &mut duration.ratio)
        .required();
    keys.into_form()
}
