//! [`Months`]: what was spent on maintenance in the current calendar month of each system, in its own time zone.
//!
//! A month ends as it began: a time zone that changes counts from the next month on, which begins where this one ends.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::config::model::calendar::{month, zone};
use crate::event::time::DAY;
use crate::event::{Fixed, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::labels::Sym;
use crate::state::engine::value::Nanos;

/// Time and cost of every system since its month began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Months {
    periods: BTreeMap<SystemId, Period>,
    pub(super) cost: BTreeMap<(SystemId, Sym), Nanos>,
    pub(super) time: BTreeMap<SystemId, Nanos>,
    /// When the first of them ends.
    next: Timestamp,
}

/// A month after this has begun in every time zone, wherever the one before it ended. Nanoseconds.
const INTO_A_MONTH: i64 = 2 * DAY;

/// When the month of a system begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Period {
    start: Timestamp,
    end: Timestamp,
}

impl Period {
    /// The month of a moment.
    fn at(zone: &TimeZone, now: Timestamp) -> Period {
        let (start, end) = month(zone, now);
        Period { start, end }
    }

    /// The month after this one, or that of `now` if it has ended too.
    fn after(self, zone: &TimeZone, now: Timestamp) -> Period {
        let (_, end) = month(zone, self.end.plus(INTO_A_MONTH));
        if end > now { Period { start: self.end, end } } else { Period::at(zone, now) }
    }

    fn has(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

impl Months {
    /// As they are in a checkpoint of day90 0.2.0, whose months are those of UTC. Systems follow with [`Months::open_in_utc`].
    pub(super) fn of(cost: BTreeMap<(SystemId, Sym), Nanos>, time: BTreeMap<SystemId, Nanos>) -> Months {
        Months { cost, time, ..Months::default() }
    }

    /// Gives each system without a month that of UTC.
    pub(super) fn open_in_utc(&mut self, core: &Core) {
        for (system, _) in core.systems() {
            self.periods.entry(system).or_insert_with(|| Period::at(&TimeZone::UTC, core.now));
        }
        self.find_next();
    }

    /// A new system begins with its present month.
    pub(super) fn open(&mut self, core: &Core, system: SystemId) {
        let period = self.periods.entry(system).or_insert_with(|| Period::at(&zone_of(core, system), core.now));
        let end = period.end;
        self.next = if self.periods.len() == 1 { end } else { end.min(self.next) };
    }

    /// A new calendar month begins with nothing spent.
    pub(super) fn advance(&mut self, core: &Core) {
        if core.now < self.next {
            return;
        }
        for (system, period) in self.periods.iter_mut().filter(|(_, period)| period.end <= core.now) {
            *period = period.after(&zone_of(core, *system), core.now);
            self.time.remove(system);
            self.cost.retain(|(id, _), _| id != system);
        }
        self.find_next();
    }

    /// The clock was ahead, and the fold's time is an earlier one again. What was spent in a month that hasn't begun was spent in
    /// this one; what a month began with stays gone.
    pub(super) fn go_back(&mut self, core: &Core) {
        for (system, period) in self.periods.iter_mut().filter(|(_, period)| period.start > core.now) {
            *period = Period::at(&zone_of(core, *system), core.now);
        }
        self.find_next();
    }

    pub(super) fn spend_time(&mut self, system: SystemId, received: Timestamp, seconds: Fixed) {
        if self.has(system, received) {
            *self.time.entry(system).or_default() += i128::from(seconds.nanos());
        }
    }

    pub(super) fn spend_cost(&mut self, system: SystemId, received: Timestamp, currency: Sym, amount: Fixed) {
        if self.has(system, received) {
            *self.cost.entry((system, currency)).or_default() += i128::from(amount.nanos());
        }
    }

    pub(super) fn drop_system(&mut self, system: SystemId) {
        self.periods.remove(&system);
        self.cost.retain(|(id, _), _| *id != system);
        self.time.remove(&system);
    }

    /// When the month of a system began, once the fold has any time.
    pub fn start(&self, system: SystemId) -> Option<Timestamp> {
        self.periods.get(&system).map(|period| period.start).filter(|start| *start > Timestamp::EPOCH)
    }

    /// Cost by currency, if `now` is in this month.
    pub fn cost(&self, system: SystemId, now: Timestamp) -> impl Iterator<Item = (Sym, Nanos)> {
        let has = self.has(system, now);
        let cost = self.cost.range((system, 0)..=(system, Sym::MAX)).filter(move |_| has);
        cost.map(|((_, currency), cost)| (*currency, *cost))
    }

    /// Time, if `now` is in this month. Units of 1e-9 seconds.
    pub fn time(&self, system: SystemId, now: Timestamp) -> Nanos {
        self.time.get(&system).copied().filter(|_| self.has(system, now)).unwrap_or_default()
    }

    fn has(&self, system: SystemId, at: Timestamp) -> bool {
        self.periods.get(&system).is_some_and(|period| period.has(at))
    }

    fn find_next(&mut self) {
        self.next = self.periods.values().map(|period| period.end).min().unwrap_or_default();
    }
}

fn zone_of(core: &Core, system: SystemId) -> TimeZone {
    zone(core.declared(system).map_or("", |declared| &declared.timezone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect("a time")
    }

    #[test]
    fn a_month_follows_where_the_last_one_ends_whatever_the_time_zone() {
        let tokyo = Period::at(&zone("Asia/Tokyo"), at("2026-11-15T00:00:00Z"));
        let next = tokyo.after(&TimeZone::UTC, tokyo.end);
        assert_eq!((next.start, next.end), (at("2026-11-30T15:00:00Z"), at("2027-01-01T00:00:00Z")));
        let later = tokyo.after(&TimeZone::UTC, at("2027-03-05T00:00:00Z"));
        assert_eq!((later.start, later.end), (at("2027-03-01T00:00:00Z"), at("2027-04-01T00:00:00Z")));
    }
}
