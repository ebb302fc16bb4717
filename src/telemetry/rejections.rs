//! [`Rejections`]: the counters of rejected events, one for each combination of labels that has occurred.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use prometheus::{IntCounter, Registry};

use super::families;
use super::register::Adder;
use crate::event::{Inlet, Kind, Reason};

/// The type of an event whose type could not be read, or is none of the contract.
pub(super) const UNKNOWN: &str = "unknown";
/// Every system that is not declared.
const OTHER: &str = "other";
/// Combinations that have a series. What comes later counts without its system.
const SERIES_MAX: usize = 10_000;

/// The inlet, the reason, the type and the declared system.
type Labels = (Inlet, Reason, Option<Kind>, Option<String>);

pub(super) struct Rejections(Mutex<HashMap<Labels, IntCounter>>);

impl Rejections {
    /// All combinations would be too many; these are there from the first scrape, so that the family is.
    pub(super) fn new(registry: &Registry) -> Rejections {
        let rejections = Rejections(Mutex::default());
        for reason in Reason::ALL {
            rejections.count(registry, (Inlet::Http, *reason, None, None), 0);
        }
        rejections
    }

    pub(super) fn count(&self, registry: &Registry, mut labels: Labels, events: u64) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() >= SERIES_MAX && !counters.contains_key(&labels) {
            labels.3 = None;
        }
        let (inlet, reason, kind, system) = &labels;
        let values =
            [inlet.as_str(), reason.as_str(), kind.map_or(UNKNOWN, Kind::as_str), system.as_deref().unwrap_or(OTHER)];
        match counters.get(&labels) {
            Some(counter) => counter.inc_by(events),
            None => {
                let counter = Adder(registry).counter(&families::EVENTS_REJECTED, &values);
                counter.inc_by(events);
                counters.insert(labels, counter);
            }
        }
    }
}
