//! What the fold says about the events themselves: how many, from where, and which of them could not be joined.

use serde::{Deserialize, Serialize};

use crate::event::{Event, Inlet, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, counter, gauge};
use crate::state::engine::series::{Nanos, Series};

const TYPE: crate::state::engine::family::Label = closed("type", Kind::WORDS);
const SOURCE: crate::state::engine::family::Label = closed("source", Inlet::WORDS);

pub static EVENTS: Family =
    counter("day90_events_total", &[TYPE, SOURCE], "Events accepted, by type and by the inlet they came through.");
pub static LAST_EVENT: Family = gauge(
    "day90_last_event_timestamp_seconds",
    &[SYSTEM, SOURCE],
    "When the last event of a system was received, as a Unix time. Alert on silence: a system that stopped sending reads as perfect.",
);
pub static ORPHANS: Family = counter(
    "day90_lifecycle_orphans_total",
    &[TYPE],
    "Events whose opening never came: an acknowledgement without an escalation, a completion without a request.",
);
pub static REPEATS: Family = counter(
    "day90_lifecycle_repeats_total",
    &[TYPE],
    "Events for a stage that had already happened in their lifecycle; the first counted, these change nothing else.",
);
pub static SKEW: Family = counter(
    "day90_clock_skew_total",
    &[TYPE],
    "Events that ended before they began by their own times; their duration counted as 0. The senders' clocks disagree.",
);
pub static UNKNOWN_FIELDS: Family = counter(
    "day90_unknown_fields_total",
    &[SOURCE],
    "Fields of accepted events that the contract doesn't know; they were ignored. A rise after a release is often a misspelt field.",
);
pub static LIMITED: Family = counter(
    "day90_series_limited_total",
    &[crate::state::engine::family::open("metric"), crate::state::engine::family::open("label")],
    "Label values that became other because the bound of their label, or of all series, was reached.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Itself {
    events: Series<2, u64>,
    last_event: Series<2, Nanos>,
    orphans: Series<1, u64>,
    repeats: Series<1, u64>,
    skew: Series<1, u64>,
    unknown_fields: Series<1, u64>,
}

share!(Itself { events last_event orphans repeats skew unknown_fields });

impl Itself {
    pub fn apply(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        self.events.add(core, &EVENTS, [event.body.kind() as u32, event.inlet as u32], 1);
        let last = self.last_event.at(core, &LAST_EVENT, [system, event.inlet as u32]);
        *last = (*last).max(i128::from(event.received.nanos()));
        if event.unknown_fields > 0 {
            self.unknown_fields.add(core, &UNKNOWN_FIELDS, [event.inlet as u32], u64::from(event.unknown_fields));
        }
    }

    pub fn orphan(&mut self, core: &mut Core, kind: Kind) {
        self.orphans.add(core, &ORPHANS, [kind as u32], 1);
    }

    pub fn repeat(&mut self, core: &mut Core, kind: Kind) {
        self.repeats.add(core, &REPEATS, [kind as u32], 1);
    }

    /// A duration that ended with an event of this type: never negative, and counted as skew when it would be.
    pub fn duration(&mut self, core: &mut Core, kind: Kind, nanos: i64) -> i64 {
        if nanos < 0 {
            self.skew.add(core, &SKEW, [kind as u32], 1);
        }
        nanos.max(0)
    }

    /// Counters without a system stand at 0 from the first scrape where their labels are a closed set.
    pub fn declare(&mut self, core: &mut Core) {
        for kind in Kind::ALL {
            self.events.declare(core, &EVENTS, [*kind as u32, Inlet::Http as u32]);
            self.orphans.declare(core, &ORPHANS, [*kind as u32]);
            self.repeats.declare(core, &REPEATS, [*kind as u32]);
            self.skew.declare(core, &SKEW, [*kind as u32]);
        }
        self.unknown_fields.declare(core, &UNKNOWN_FIELDS, [Inlet::Http as u32]);
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.events.rebuild(core, &EVENTS);
        self.last_event.rebuild(core, &LAST_EVENT);
        self.orphans.rebuild(core, &ORPHANS);
        self.repeats.rebuild(core, &REPEATS);
        self.skew.rebuild(core, &SKEW);
        self.unknown_fields.rebuild(core, &UNKNOWN_FIELDS);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.events.visit(core, &EVENTS, sink);
        self.last_event.visit_nanos(core, &LAST_EVENT, sink);
        self.orphans.visit(core, &ORPHANS, sink);
        self.repeats.visit(core, &REPEATS, sink);
        self.skew.visit(core, &SKEW, sink);
        self.unknown_fields.visit(core, &UNKNOWN_FIELDS, sink);
        LIMITED.announce(sink);
        for ((metric, label), count) in &core.limited {
            sink.sample(&[metric, label], Number::Count(*count));
        }
    }
}
