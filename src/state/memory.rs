//! What the fold says about its own memory: series, open lifecycles, remembered ids, and the bytes of each.

pub mod metrics;

use self::metrics::{AllSeries, DedupeIds, DedupeSeconds, Forgotten, Memory, MemoryRoom, OpenLifecycles};
use super::State;
use crate::state::engine::family::{Number, Sink};
use crate::state::engine::metric::Metric;

impl State {
    /// Writes these families.
    pub(super) fn visit_memory(&self, sink: &mut dyn Sink) {
        let count = |labels: &[&str], count: u64, sink: &mut dyn Sink| sink.sample(labels, Number::Count(count));
        AllSeries::FAMILY.announce(sink);
        count(&[], self.core.series as u64, sink);
        OpenLifecycles::FAMILY.announce(sink);
        for rows in self.rows().filter(|rows| rows.opens()) {
            count(&[rows.word()], rows.counts().open as u64, sink);
        }
        Forgotten::FAMILY.announce(sink);
        self.rows().for_each(|rows| count(&[rows.word()], rows.forgotten(), sink));
        Memory::FAMILY.announce(sink);
        self.bytes().iter().for_each(|(part, bytes)| count(&[part], *bytes, sink));
        MemoryRoom::FAMILY.announce(sink);
        if self.core.model.limits.state_bytes < u64::MAX {
            self.room_bytes().iter().for_each(|(part, bytes)| count(&[part], *bytes, sink));
        }
        DedupeIds::FAMILY.announce(sink);
        count(&[], self.dedupe.len() as u64, sink);
        DedupeSeconds::FAMILY.announce(sink);
        if let Some(oldest) = self.dedupe.reaches_back_to() {
            sink.sample(&[], Number::Nanos(i128::from(self.core.now.since(oldest))));
        }
    }
}
