//! [`Month`]: what was spent on maintenance in the current calendar month (UTC).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::{Fixed, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::labels::Sym;
use crate::state::engine::value::Nanos;

/// Time and cost of every system since the month began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Month {
    /// When it began; the epoch before the fold has any time.
    pub(super) start: Timestamp,
    pub(super) cost: BTreeMap<(SystemId, Sym), Nanos>,
    pub(super) time: BTreeMap<SystemId, Nanos>,
}

impl Month {
    /// A new calendar month begins with nothing spent.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let start = now.month_start();
        if start > self.start {
            *self = Month { start, ..Month::default() };
        }
    }

    pub(super) fn spend_time(&mut self, system: SystemId, received: Timestamp, seconds: Fixed) {
        if self.has(received) {
            *self.time.entry(system).or_default() += i128::from(seconds.nanos());
        }
    }

    pub(super) fn spend_cost(&mut self, system: SystemId, received: Timestamp, currency: Sym, amount: Fixed) {
        if self.has(received) {
            *self.cost.entry((system, currency)).or_default() += i128::from(amount.nanos());
        }
    }

    pub(super) fn drop_system(&mut self, system: SystemId) {
        self.cost.retain(|(id, _), _| *id != system);
        self.time.remove(&system);
    }

    /// Cost by currency, if `now` is in this month.
    pub fn cost(&self, system: SystemId, now: Timestamp) -> impl Iterator<Item = (Sym, Nanos)> {
        let has = self.has(now);
        let cost = self.cost.range((system, 0)..=(system, Sym::MAX)).filter(move |_| has);
        cost.map(|((_, currency), cost)| (*currency, *cost))
    }

    /// Time, if `now` is in this month. Units of 1e-9 seconds.
    pub fn time(&self, system: SystemId, now: Timestamp) -> Nanos {
        self.time.get(&system).copied().filter(|_| self.has(now)).unwrap_or_default()
    }

    fn has(&self, at: Timestamp) -> bool {
        at.month_start() == self.start
    }
}
