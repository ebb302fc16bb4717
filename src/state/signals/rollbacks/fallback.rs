//! [`Fallbacks`]: the time in which people do the work again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;
use crate::state::engine::core::SystemId;

/// Which systems are in fallback, and ends of fallbacks whose start has not arrived yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Fallbacks {
    since: BTreeMap<SystemId, Timestamp>,
    /// When it ended, and until when that waits for the start.
    ended_early: BTreeMap<SystemId, (Timestamp, Timestamp)>,
}

/// What a start or an end of a fallback means.
pub(super) enum Fell {
    /// It is over, and both its ends are known.
    Over { since: Timestamp, ended: Timestamp },
    /// One of its ends is still to come.
    Pending,
    /// An end that was waiting came before this start, and belongs to none.
    Orphan,
    /// An end is waiting already.
    Repeat,
}

impl Fallbacks {
    pub fn active(&self, system: SystemId) -> bool {
        self.since.contains_key(&system)
    }

    pub fn iter(&self) -> impl Iterator<Item = (SystemId, Timestamp)> {
        self.since.iter().map(|(system, since)| (*system, *since))
    }

    pub fn begin(&mut self, system: SystemId, at: Timestamp) -> Fell {
        let early = self.ended_early.remove(&system).map(|(ended, _)| ended);
        if let Some(ended) = early.filter(|ended| *ended >= at) {
            return Fell::Over { since: at, ended };
        }
        let since = self.since.entry(system).or_insert(at);
        *since = at.min(*since);
        if early.is_some() { Fell::Orphan } else { Fell::Pending }
    }

    /// An end, which waits until then for its start.
    pub fn end(&mut self, system: SystemId, at: Timestamp, until: Timestamp) -> Fell {
        if let Some(since) = self.since.remove(&system) {
            return Fell::Over { since, ended: at };
        }
        if self.ended_early.contains_key(&system) {
            return Fell::Repeat;
        }
        self.ended_early.insert(system, (at, until));
        Fell::Pending
    }

    /// Drops the ends that have waited in vain, and says how many they were.
    pub fn expire(&mut self, now: Timestamp) -> usize {
        let before = self.ended_early.len();
        self.ended_early.retain(|_, (_, until)| *until > now);
        before - self.ended_early.len()
    }

    pub fn drop_system(&mut self, system: SystemId) {
        self.since.remove(&system);
        self.ended_early.remove(&system);
    }
}
