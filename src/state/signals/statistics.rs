//! What the fold says about the events themselves: how many, from where, and which of them could not be joined.

use serde::{Deserialize, Serialize};

use super::restore::Restore;
use crate::event::time::MINUTE;
use crate::event::{Event, Inlet, Kind, Repair, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::family::{Label, Metadata, Number, SYSTEM, Sink, closed, counter, gauge, open};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::{HasParts, parts};
use crate::state::engine::series::Series;
use crate::state::engine::value::Nanos;

const TYPE: Label = closed("type", Kind::WORDS);
const SOURCE: Label = closed("source", Inlet::WORDS);

/// A task or an escalation that was received later than this after it happened says nothing about now. Nanoseconds.
pub const LATE: i64 = 15 * MINUTE;

metrics! {
    Events: u64 = counter(
        "day90_events_total",
        &[TYPE, SOURCE],
        "Events accepted, by type and by the inlet they came through."
    );
    LastEvent: Nanos = gauge(
        "day90_last_event_timestamp_seconds",
        &[SYSTEM, SOURCE],
        "When the last event of a system was received, as a Unix time. Alert on silence: a system that stopped sending reads as perfect."
    );
    Orphans: u64 = counter(
        "day90_lifecycle_orphans_total",
        &[TYPE],
        "Events whose opening never came: an acknowledgement without an escalation, a completion without a request."
    );
    Repeats: u64 = counter(
        "day90_lifecycle_repeats_total",
        &[TYPE],
        "Events for a stage that had already happened in their lifecycle; the first counted, these change nothing else."
    );
    Skew: u64 = counter(
        "day90_clock_skew_total",
        &[TYPE],
        "Events that ended before they began by their own times; their duration counted as 0. The senders' clocks disagree."
    );
    UnknownFields: u64 = counter(
        "day90_unknown_fields_total",
        &[SOURCE],
        "Fields of accepted events that the contract doesn't know; they were ignored. A rise after a release is often a misspelt field."
    );
    Late: u64 = counter(
        "day90_events_late_total",
        &[SYSTEM],
        "Tasks and escalations that were received over 15 minutes after they happened. They count, and they don't feed the spike detector: a system that sends mostly late is watched by nobody."
    );
    Repaired: u64 = counter(
        "day90_events_repaired_total",
        &[TYPE, closed("repair", Repair::WORDS)],
        "Events that were taken though something in them had to be repaired, by what was. Each kind counts once an event. A sender that is always repaired is better mended."
    );
    Limited: Computed = counter(
        "day90_series_limited_total",
        &[open("metric"), open("label")],
        "Label values that became other because the bound of their label, or of all series, was reached."
    );
}

/// Counts of events, by what became of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Statistics {
    events: Series<Events>,
    last_event: Series<LastEvent>,
    orphans: Series<Orphans>,
    repeats: Series<Repeats>,
    skew: Series<Skew>,
    unknown_fields: Series<UnknownFields>,
    repaired: Series<Repaired>,
    late: Series<Late>,
}

parts!(Statistics { events last_event orphans repeats skew unknown_fields repaired late });

impl Restore for Statistics {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Statistics, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<StatisticsV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

/// As version 1 of the section has it, of day90 0.1.0 and 0.2.0.
#[derive(Deserialize)]
struct StatisticsV1 {
    events: Series<Events>,
    last_event: Series<LastEvent>,
    orphans: Series<Orphans>,
    repeats: Series<Repeats>,
    skew: Series<Skew>,
    unknown_fields: Series<UnknownFields>,
}

impl From<StatisticsV1> for Statistics {
    fn from(stored: StatisticsV1) -> Statistics {
        let StatisticsV1 { events, last_event, orphans, repeats, skew, unknown_fields } = stored;
        let (repaired, late) = (Series::default(), Series::default());
        Statistics { events, last_event, orphans, repeats, skew, unknown_fields, repaired, late }
    }
}

impl Statistics {
    pub fn apply(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        self.events.add(core, [event.body.kind() as u32, event.inlet as u32], 1);
        let last = self.last_event.at(core, [system, event.inlet as u32]);
        *last = (*last).max(i128::from(event.received.nanos()));
        if event.unknown_fields > 0 {
            self.unknown_fields.add(core, [event.inlet as u32], u64::from(event.unknown_fields));
        }
        let feeds_the_detector = matches!(event.body.kind(), Kind::TaskCompleted | Kind::EscalationOpened);
        if feeds_the_detector && event.received.since(event.time) > LATE {
            self.late.add(core, [system], 1);
        }
        if event.skewed | !event.repairs.is_empty() {
            self.mended(core, event);
        }
    }

    /// An event in which something was repaired, or a duration was negative.
    #[cold]
    fn mended(&mut self, core: &mut Core, event: &Event<'_>) {
        let kind = event.body.kind() as u32;
        event.repairs.iter().for_each(|repair| self.repaired.add(core, [kind, repair as u32], 1));
        if event.skewed {
            self.skew.add(core, [kind], 1);
        }
    }

    /// Whether an event of the system was ever accepted.
    pub fn has_heard_of(&self, system: SystemId) -> bool {
        Inlet::ALL.iter().any(|inlet| self.last_event.get([system, *inlet as u32]).is_some())
    }

    /// An event whose opening never came.
    pub fn orphan(&mut self, core: &mut Core, kind: Kind) {
        self.orphans.add(core, [kind as u32], 1);
    }

    /// An event whose stage had arrived before.
    pub fn repeat(&mut self, core: &mut Core, kind: Kind) {
        self.repeats.add(core, [kind as u32], 1);
    }

    /// A duration that ended with an event of this type, in nanoseconds: never negative, and counted as skew when it would be.
    pub fn duration(&mut self, core: &mut Core, kind: Kind, nanos: i64) -> i64 {
        if nanos < 0 {
            self.skew.add(core, [kind as u32], 1);
        }
        nanos.max(0)
    }

    /// Counters without a system are at 0 from the first scrape where their labels are a closed set.
    pub fn declare(&mut self, core: &mut Core) {
        for kind in Kind::ALL {
            self.events.declare(core, [*kind as u32, Inlet::Http as u32]);
            self.orphans.declare(core, [*kind as u32]);
            self.repeats.declare(core, [*kind as u32]);
            self.skew.declare(core, [*kind as u32]);
        }
        self.unknown_fields.declare(core, [Inlet::Http as u32]);
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.parts_mut().into_iter().for_each(|part| part.rebuild(core));
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        self.parts_mut().into_iter().for_each(|part| part.correct(clock));
        self.last_event.each_mut(|at| {
            let mut moment = Timestamp::from_nanos(i64::try_from(*at).unwrap_or(i64::MAX));
            clock.correct_receipt(&mut moment);
            *at = i128::from(moment.nanos());
        });
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.events.visit(core, sink);
        self.last_event.visit(core, sink);
        self.orphans.visit(core, sink);
        self.repeats.visit(core, sink);
        self.skew.visit(core, sink);
        self.unknown_fields.visit(core, sink);
        self.late.visit(core, sink);
        self.repaired.visit(core, sink);
        Limited::FAMILY.announce(sink);
        for (name, count) in &core.limited {
            let created = core.limited_since.get(name).copied();
            let is_newborn = created.is_some_and(|created| core.is_newborn(created));
            let (metric, label) = name;
            let before = core.mark.as_ref().and_then(|mark| mark.limited.get(name)).copied().unwrap_or(0);
            let count = Number::Count(if is_newborn { 0 } else { count.saturating_sub(before) });
            sink.counter(&[metric, label], count, Metadata { created, exemplar: None });
        }
    }
}
