//! [`Oldest`]: the earliest time for each key, such as (system, queue), found while a snapshot is shown.
//!
//! It is derived from the open rows at each scrape, off the writer's thread, so that the writer keeps no ordered set of
//! times for it.

use std::collections::HashMap;

use super::core::Core;
use super::family::Sink;
use super::metric::Metric;
use crate::event::Timestamp;

/// The earliest time that was seen for each key of this many labels.
#[derive(Debug)]
pub struct Oldest<const N: usize>(HashMap<[u32; N], Timestamp>);

impl<const N: usize> Default for Oldest<N> {
    fn default() -> Self {
        Oldest(HashMap::new())
    }
}

impl<const N: usize> Oldest<N> {
    pub fn see(&mut self, key: [u32; N], at: Timestamp) {
        let oldest = self.0.entry(key).or_insert(at);
        *oldest = at.min(*oldest);
    }

    /// Writes them as the samples of a gauge.
    pub fn visit<M: Metric<Key = [u32; N]>>(&self, core: &Core, sink: &mut dyn Sink) {
        M::FAMILY.announce(sink);
        let mut keys: Vec<_> = self.0.iter().collect();
        keys.sort_unstable();
        for (key, at) in keys {
            let mut texts = [""; N];
            if core.texts(M::FAMILY, key, None, &mut texts) {
                sink.sample(&texts, (*at).into());
            }
        }
    }
}
