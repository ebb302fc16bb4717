//! What the fold says about its own memory: series, open lifecycles, remembered ids, and the bytes of each.

use super::State;
use crate::state::engine::family::{Label, Number, Sink, closed, counter, gauge};
use crate::state::engine::metric::{Computed, Metric, metrics};

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
        &[],
        "Ids of events that are remembered: a repeat of one of them counts once."
    );
    DedupeSeconds: Computed = gauge(
        "day90_dedupe_window_seconds",
        &[],
        "How far back the remembered ids reach. A sender that retries later than this may be counted twice."
    );
}

/// Writes these families for a snapshot.
pub(super) fn visit(state: &State, sink: &mut dyn Sink) {
    let count = |labels: &[&str], count: u64, sink: &mut dyn Sink| sink.sample(labels, Number::Count(count));
    AllSeries::FAMILY.announce(sink);
    count(&[], state.core.series as u64, sink);
    OpenLifecycles::FAMILY.announce(sink);
    for rows in state.rows().filter(|rows| rows.opens()) {
        count(&[rows.word()], rows.counts().open as u64, sink);
    }
    Forgotten::FAMILY.announce(sink);
    state.rows().for_each(|rows| count(&[rows.word()], rows.forgotten(), sink));
    Memory::FAMILY.announce(sink);
    state.bytes().iter().for_each(|(part, bytes)| count(&[part], *bytes, sink));
    MemoryRoom::FAMILY.announce(sink);
    if state.core.model.limits.state_bytes < u64::MAX {
        state.room_bytes().iter().for_each(|(part, bytes)| count(&[part], *bytes, sink));
    }
    DedupeIds::FAMILY.announce(sink);
    count(&[], state.dedupe.len() as u64, sink);
    DedupeSeconds::FAMILY.announce(sink);
    if let Some(oldest) = state.dedupe.reaches_back_to() {
        sink.sample(&[], Number::Nanos(i128::from(state.core.now.since(oldest))));
    }
}
