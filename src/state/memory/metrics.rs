//! The metrics of the fold's own memory.

use crate::state::engine::family::{Label, SYSTEM, closed, counter, gauge};
use crate::state::engine::metric::{Computed, metrics};

/// What events open.
const OPENED: Label = closed("family", &["escalation", "review", "appeal", "rollback"]);
/// What is remembered when it is over.
const KINDS: Label = closed("kind", &["escalation", "review", "appeal", "rollback", "case"]);
const PARTS: Label = closed("part", &["ids", "escalations", "reviews", "appeals", "rollbacks", "cases", "series"]);
const ROOMS: Label = closed("part", &["ids", "lifecycles", "series"]);

metrics! {
    AllSeries: Computed = gauge(
        "day90_series",
        &[],
        "Series that the fold keeps; a histogram counts as one. Bounded by limits.series."
    );
    OpenLifecycles: Computed = gauge(
        "day90_open_lifecycles",
        &[OPENED],
        "Lifecycles that are open; together bounded by limits.open_cases, over which openings are rejected."
    );
    Forgotten: Computed = counter(
        "day90_lifecycles_forgotten_total",
        &[KINDS],
        "Finished lifecycles and closed cases that were forgotten before limits.lifecycle_memory, because the pool of limits.memory that all lifecycles share was full: a repeat of theirs counts again, and a case closed by the AI never counts as durable."
    );
    Memory: Computed = gauge(
        "day90_memory_bytes",
        &[PARTS],
        "What day90 knows, in bytes, by part; estimated on the high side. Finished lifecycles are remembered while there is room, so a part that is full refuses nothing yet."
    );
    MemoryRoom: Computed = gauge(
        "day90_memory_room_bytes",
        &[ROOMS],
        "The share of limits.memory that parts have; lifecycles of all kinds, and cases, share one. At seven eighths of it by one kind, or fifteen sixteenths by all, open lifecycles admit no further opening; at all of it series become other, and the oldest ids and finished lifecycles are forgotten."
    );
    DedupeIds: Computed = gauge(
        "day90_dedupe_window_ids",
        &[SYSTEM],
        "Ids of events that are remembered, by the declared system that sent them, or other: a repeat of one of them counts once. Half of limits.dedupe_ids is divided equally between the declared systems; nobody else flushes what is in a system's share."
    );
    DedupeSeconds: Computed = gauge(
        "day90_dedupe_window_seconds",
        &[SYSTEM],
        "How far back the remembered ids reach, by the declared system that sent them, or other. A sender that retries later than this may be counted twice."
    );
    SystemDeclared: Computed = gauge(
        "day90_system_declared",
        &[SYSTEM],
        "1 for a system that the configuration declares, 0 for one that vanished from it: its state stays until `removed` ends it. Absent for a system that was never declared."
    );
}
