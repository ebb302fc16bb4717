//! `systems.NAME.objectives`: what is good enough.

use serde::{Deserialize, Serialize};

use super::super::key::{form, keys};
use crate::event::Fixed;

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Objectives {
        /// Escalations opened per task completed, at most.
        escalation_ratio: Option<Fixed>, form::ratio(), "0.08";
        /// The false pages that on-call accepts: the one setting of the spike detector.
        false_pages_per_month: Option<Fixed>, form::number_above_zero(1_000), "1", .absent_means(Fixed::ONE);
        /// The latency of a task: this ratio of tasks within this many seconds.
        task_duration: Option<TaskDuration>, TaskDuration::keys();
        /// Reviews edited or rejected, of those decided by a person, at most.
        override_ratio: Option<Fixed>, form::ratio(), "0.15";
        /// Positive feedback, of the positive and negative, at least.
        trust_ratio: Option<Fixed>, form::ratio(), "0.80";
        /// An approval in less time than this was not read.
        rubber_stamp_seconds: Option<Fixed>, form::number_above_zero(86_400), "3";
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct TaskDuration {
        /// Seconds that a task may take.
        seconds: Fixed, form::number_above_zero(31_536_000), "20", .required();
        /// The share of tasks that keeps to it.
        ratio: Fixed, form::ratio(), "0.95", .required();
    }
}
