//! [`Rejected`]: the rejected events of one request, counted as their metric wants it.

use std::collections::HashMap;

use super::declared::named;
use super::summary::Fault;
use crate::config::Model;
use crate::event::{Inlet, Kind, Reason, Rejection};
use crate::telemetry::Telemetry;

/// Rejected events by reason, type and declared system.
#[derive(Debug, Default)]
pub(super) struct Rejected<'m>(HashMap<(Reason, Option<Kind>, Option<&'m str>), u64>);

impl<'m> Rejected<'m> {
    pub(super) fn count(&mut self, model: &'m Model, rejection: &Rejection) {
        let system = rejection.system.as_deref().and_then(|system| named(model, system)).map(|(name, _)| name);
        *self.0.entry((rejection.reason, rejection.kind, system)).or_default() += 1;
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Puts them into the metric.
    pub(super) fn report(&self, telemetry: &Telemetry, inlet: Inlet) {
        for ((reason, kind, system), events) in &self.0 {
            telemetry.rejected(inlet, *reason, *kind, *system, *events);
        }
    }
}

/// Every mistake of an event, for its sender.
pub(super) fn faults(index: u32, rejection: Rejection) -> impl Iterator<Item = Fault> {
    rejection.mistakes().map(move |mistake| Fault { index, field: mistake.field, error: mistake.error })
}
