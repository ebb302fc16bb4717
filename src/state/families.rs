//! Every metric family of the fold, in the order in which they are shown.
//!
//! docs/metrics.md is made from this list, and dashboards and alerts are held to its names.

use crate::state::engine::core::Table;
use crate::state::engine::family::{Family, closed, counter, gauge};
use crate::state::signals::{
    boundaries, changes, escalations, inputs, itself, objectives, resolutions, reviews, rollbacks, spike, trust,
    upkeep, work,
};

pub static SERIES: Family =
    gauge("day90_series", &[], "Series that the fold keeps; a histogram counts as one. Bounded by limits.series.");
pub static OPEN_LIFECYCLES: Family = gauge(
    "day90_open_lifecycles",
    &[closed("family", &["escalation", "review", "appeal", "rollback"])],
    "Lifecycles that are open; together bounded by limits.open_cases, over which openings are rejected.",
);
const PARTS: crate::state::engine::family::Label =
    closed("part", &["ids", "escalations", "reviews", "appeals", "rollbacks", "cases", "series"]);
const ROOMS: crate::state::engine::family::Label = closed("part", &["ids", "lifecycles", "series"]);
pub static FORGOTTEN: Family = counter(
    "day90_lifecycles_forgotten_total",
    &[closed("kind", Table::WORDS)],
    "Finished lifecycles and closed cases that were forgotten before limits.lifecycle_memory, because the pool of limits.memory that all lifecycles share was full: a repeat of theirs counts anew, and a case closed by the AI never counts as durable.",
);
pub static MEMORY: Family = gauge(
    "day90_memory_bytes",
    &[PARTS],
    "What day90 knows, in bytes, by part; estimated on the high side. Finished lifecycles are remembered while there is room, so a part that is full refuses nothing yet.",
);
pub static MEMORY_ROOM: Family = gauge(
    "day90_memory_room_bytes",
    &[ROOMS],
    "The share of limits.memory that parts have; lifecycles of all kinds, and cases, share one. At seven eighths of it by one kind, or fifteen sixteenths by all, open lifecycles admit no further opening; at all of it series become other, and the oldest ids and finished lifecycles are forgotten.",
);
pub static DEDUPE_IDS: Family =
    gauge("day90_dedupe_window_ids", &[], "Ids of events that are remembered: a repeat of one of them counts once.");
pub static DEDUPE_SECONDS: Family = gauge(
    "day90_dedupe_window_seconds",
    &[],
    "How far back the remembered ids reach. A sender that retries later than this may be counted twice.",
);

/// Every family, in order.
pub static FAMILIES: &[&Family] = &[
    &work::TASKS,
    &work::TASK_DURATION,
    &work::STEP_DURATION,
    &work::STEP_FIRST_TOKEN,
    &work::STEPS,
    &work::TOKENS,
    &escalations::OPENED,
    &escalations::OPEN,
    &escalations::UNACKNOWLEDGED,
    &escalations::OLDEST_OPEN,
    &escalations::OLDEST_UNACKNOWLEDGED,
    &escalations::ACKNOWLEDGE,
    &escalations::RESOLVE,
    &escalations::MISSED,
    &escalations::REASSIGNED,
    &escalations::UNROUTED_TOTAL,
    &spike::SPIKE,
    &spike::SCORE,
    &spike::BASELINE,
    &spike::RECENT,
    &spike::ONSET,
    &spike::STATE,
    &spike::SPIKES,
    &spike::UNCONFIRMED,
    &spike::DISPERSION,
    &spike::WANDER,
    &reviews::COMPLETED,
    &reviews::AUDITED,
    &reviews::EDIT_RATIO,
    &reviews::OPEN,
    &reviews::OLDEST,
    &reviews::WAIT,
    &reviews::HANDLING,
    &reviews::CAPACITY,
    &changes::CHANGES,
    &changes::FAILED,
    &changes::IN_FORCE,
    &changes::LAST,
    &changes::RECOVERY_SECONDS,
    &rollbacks::ROLLBACKS,
    &rollbacks::DURATION,
    &rollbacks::IN_PROGRESS,
    &rollbacks::LAST_SUCCESS,
    &rollbacks::FALLBACK_ACTIVE,
    &rollbacks::FALLBACK_START,
    &rollbacks::FALLBACK_SECONDS,
    &resolutions::RESOLUTIONS,
    &resolutions::REOPENED,
    &resolutions::DURABLE,
    &trust::APPEALS,
    &trust::APPEALS_OPEN,
    &trust::DECIDE,
    &trust::FEEDBACK,
    &trust::RATING,
    &boundaries::DECLARED,
    &boundaries::VIOLATIONS,
    &boundaries::UNDECLARED,
    &upkeep::OWNER,
    &upkeep::ATTESTED,
    &upkeep::EXPIRES,
    &upkeep::LAUNCHED,
    &upkeep::MAINTENANCE,
    &upkeep::COST,
    &upkeep::BUDGET_COST,
    &upkeep::BUDGET_COST_SPENT,
    &upkeep::BUDGET_SECONDS,
    &upkeep::BUDGET_SECONDS_SPENT,
    &upkeep::PERIOD,
    &upkeep::EVALUATE_EVERY,
    &upkeep::EVALUATIONS,
    &upkeep::SCORE,
    &upkeep::EVALUATED,
    &inputs::CHECKED,
    &inputs::AGE,
    &objectives::DECLARED,
    &objectives::EVENTS,
    &objectives::GOOD,
    &itself::EVENTS,
    &itself::LAST_EVENT,
    &itself::ORPHANS,
    &itself::REPEATS,
    &itself::SKEW,
    &itself::UNKNOWN_FIELDS,
    &itself::LIMITED,
    &SERIES,
    &OPEN_LIFECYCLES,
    &FORGOTTEN,
    &MEMORY,
    &MEMORY_ROOM,
    &DEDUPE_IDS,
    &DEDUPE_SECONDS,
];
