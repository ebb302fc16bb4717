//! The operating model as the fold sees it: pure data, checked before it is built.
//!
//! The effective model is itself a record in the journal, written before the first event that it governs, so
//! that a replay grades old events by the rules of their day. It is stored as JSON: it is rare, and a reader of
//! a later version must understand it. New fields need a default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::time::DAY;
use crate::event::{ChangeKind, Fixed, Mode, RollbackTo, Timestamp};

/// Everything that decides how events are folded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    pub limits: Bounds,
    pub systems: BTreeMap<String, System>,
    /// Upper bounds of the classic buckets of histograms, where they are not day90's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Vec<Fixed>>,
}

/// The limits that change what is counted where. (Limits on requests and memory are not among them.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bounds {
    /// Series in all; over it, new label values become `other`.
    pub series: usize,
    /// Values of one label in one system; over it, new ones become `other`.
    pub values_per_label: usize,
    /// Lifecycles that are open at once; over it, openings are rejected.
    pub open_cases: usize,
    /// Ids that are remembered to tell repeats.
    pub dedupe_ids: usize,
    /// How long a stage waits for its opening, and a finished lifecycle is remembered. Nanoseconds.
    pub lifecycle_memory: i64,
    /// What open, waiting and remembered lifecycles, series and label values may take together. Absent in journals of
    /// versions that had no such bound.
    pub state_bytes: u64,
    /// What one exposition may have.
    pub exposition_bytes: u64,
    /// An exposition may say of each counter when it began.
    #[serde(skip_serializing_if = "is_false")]
    pub created: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            series: 100_000,
            values_per_label: 200,
            open_cases: 1_000_000,
            dedupe_ids: 1_000_000,
            lifecycle_memory: DAY,
            state_bytes: u64::MAX,
            exposition_bytes: u64::MAX,
            created: false,
        }
    }
}

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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    pub name: String,
    pub contact: String,
    /// How long an attestation holds; default 90 days.
    pub attest_every: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boundary {
    pub mode: Mode,
    /// Words for people; not checked.
    pub limit: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExceptionPath {
    pub acknowledge_within: Option<i64>,
    pub resolve_within: Option<i64>,
    pub drill_every: Option<i64>,
    /// In order; the first that matches decides.
    pub routes: Vec<Route>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// A reason, or `*` for every other.
    pub reason: String,
    pub queue: String,
    pub owner: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reviewers {
    pub reviewers: u32,
    pub hours_per_day: Fixed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Who may approve each kind; a kind that is absent has nobody declared.
    pub approvers: BTreeMap<ChangeKind, Vec<String>>,
    /// A rollback that names no change is attributed to the last change within this; default a day.
    pub failure_window: i64,
}

impl Default for Changes {
    fn default() -> Changes {
        Changes { approvers: BTreeMap::new(), failure_window: DAY }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollbackPlan {
    pub to: Option<RollbackTo>,
    pub plan: Option<String>,
    pub drill_every: Option<i64>,
    /// After this a rollback counts as unfinished; default a day.
    pub within: Option<i64>,
}

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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskDuration {
    pub seconds: Fixed,
    pub ratio: Fixed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trust {
    /// Lowest and highest rating.
    pub rating_scale: (Fixed, Fixed),
    /// A case closed by the AI is durable after this without a reopening; default 7 days.
    pub durable_after: i64,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust { rating_scale: (Fixed::from_units(1), Fixed::from_units(5)), durable_after: 7 * DAY }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintenance {
    pub currency: Option<String>,
    pub cost_per_month: Option<Fixed>,
    pub hours_per_month: Option<Fixed>,
    pub evaluate_every: Option<i64>,
    pub suites: Vec<String>,
}

impl Model {
    /// The declared rating scale of a system, or the default.
    pub fn rating_scale(&self, system: &str) -> (Fixed, Fixed) {
        self.systems.get(system).map_or_else(|| Trust::default().rating_scale, |system| system.trust.rating_scale)
    }
}
