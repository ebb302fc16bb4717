//! What the fold says about its own memory: series, open lifecycles, remembered ids, and the bytes of each.

pub mod metrics;

use self::metrics::{
    AllSeries, DedupeIds, DedupeSeconds, Forgotten, Memory, MemoryRoom, OpenLifecycles, SystemDeclared,
};
use super::State;
use crate::state::engine::core::SHARED;
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
        self.visit_ids(sink);
        SystemDeclared::FAMILY.announce(sink);
        for (id, name) in self.core.systems() {
            if let Some(is_declared) = self.core.is_declared(id) {
                count(&[name], u64::from(is_declared), sink);
            }
        }
    }

    /// The window of ids, by the declared systems that sent them; all others together.
    fn visit_ids(&self, sink: &mut dyn Sink) {
        // A system that is declared as `other` is shown with those that are not declared.
        let mut declared = self.core.declared_systems();
        declared.retain(|system| self.core.system_name(*system) != SHARED);
        let of_declared = declared.iter().map(|system| (self.core.system_name(*system), self.dedupe.of(*system)));
        let windows: Vec<_> = of_declared.chain([(SHARED, self.dedupe.of_others(&declared))]).collect();
        DedupeIds::FAMILY.announce(sink);
        windows.iter().for_each(|(name, (ids, _))| sink.sample(&[name], Number::Count(*ids as u64)));
        DedupeSeconds::FAMILY.announce(sink);
        for (name, (_, since)) in windows {
            if let Some(since) = since {
                sink.sample(&[name], Number::Nanos(i128::from(self.core.now.since(since))));
            }
        }
    }
}
