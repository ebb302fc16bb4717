//! [`Bounds`]: the limits that the fold keeps, and how many things a system may declare.

use serde::{Deserialize, Serialize};

use crate::event::time::{DAY, MINUTE};

/// The most bounds of a histogram's classic buckets.
pub const BUCKETS_MAX: usize = 19;
/// Actions, routes, queues or inputs of one system. (Each is a label value, so the metrics limit them too.)
pub const DECLARED_MAX: usize = 1_000;
/// Approvers of one kind of change, and suites of one system.
pub const PEOPLE_MAX: usize = 100;

/// Bytes that one remembered id takes: itself and its place in a table, a quarter of which exists twice while it grows.
pub const ID_BYTES: u64 = 34;
/// The longest note in bytes: a condition or a plan in words.
pub const NOTE_BYTES_MAX: usize = 2_048;

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
    /// Ids that are remembered to recognize repeats.
    pub dedupe_ids: usize,
    /// The oldest time that an event may have, before the time it is received. Nanoseconds.
    pub event_age: i64,
    /// How long what comes in another order waits for what it needs. Nanoseconds.
    pub arrival_grace: i64,
    /// How long a stage of an escalation waits for its opening, and a finished lifecycle is remembered. Nanoseconds.
    pub lifecycle_memory: i64,
    /// How long a closed case is remembered. Nanoseconds.
    pub resolution_memory: i64,
    /// Bytes that open, waiting and remembered lifecycles, series and label values may take together. Absent in
    /// journals of versions that had no such bound.
    pub state_bytes: u64,
    /// Bytes that one exposition may have.
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
            event_age: 400 * DAY,
            arrival_grace: 5 * MINUTE,
            lifecycle_memory: DAY,
            resolution_memory: 35 * DAY,
            state_bytes: u64::MAX,
            exposition_bytes: u64::MAX,
            created: false,
        }
    }
}
