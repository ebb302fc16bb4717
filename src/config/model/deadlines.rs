//! By when something is due, and when a month of the budget begins: what follows from a system's declaration and a moment.

use super::calendar::{month, zone};
use super::exception_path::{Promise, Route};
use super::system::System;
use super::within::Within;
use crate::event::Timestamp;

/// By when an escalation is due. Fixed when it opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub acknowledge: Option<Timestamp>,
    pub resolve: Option<Timestamp>,
}

impl System {
    /// The moment at which this much time, or this many business hours, have passed since `from`.
    pub fn due(&self, from: Timestamp, within: Within) -> Timestamp {
        match &self.calendar {
            Some(calendar) if within.business && calendar.hours.is_some() => {
                calendar.due(&zone(&self.timezone), from, within.nanos)
            }
            _ => from.plus(within.nanos),
        }
    }

    /// The first route that matches a reason.
    pub fn route(&self, reason: Option<&str>) -> Option<&Route> {
        let word = reason.unwrap_or("none");
        self.exception_path.routes.iter().find(|route| route.reason == word || route.reason == "*")
    }

    /// Whether somebody answers for a queue: a route that names it has an owner.
    pub fn owns(&self, queue: &str) -> bool {
        self.exception_path.routes.iter().any(|route| route.queue == queue && route.owner.is_some())
    }

    /// By when an escalation that opened at this time on this route is due: the route's own `severity` first, then what
    /// is due first of the route's and the severity's, then the system's.
    pub fn escalation_due(&self, opened: Timestamp, route: Option<&Route>, severity: Option<&str>) -> Due {
        let path = &self.exception_path;
        let own = severity.and_then(|word| route?.severity.get(word));
        let general = severity.and_then(|word| path.severity.get(word));
        let due = |of: fn(&Promise) -> Option<Within>| {
            let due = |promise: Promise| of(&promise).map(|within| self.due(opened, within));
            let own = own.copied().and_then(due);
            own.or_else(|| {
                let (route, general) = (route.map(Route::promise).and_then(due), general.copied().and_then(due));
                route.into_iter().chain(general).min()
            })
            .or_else(|| due(path.promise()))
        };
        Due { acknowledge: due(|promise| promise.acknowledge_within), resolve: due(|promise| promise.resolve_within) }
    }

    /// By when a review that was requested at this time in this queue is due.
    pub fn review_due(&self, requested: Timestamp, queue: &str) -> Option<Timestamp> {
        self.review_queues.get(queue)?.within.map(|within| self.due(requested, within))
    }

    /// By when an appeal that opened at this time is due.
    pub fn appeal_due(&self, opened: Timestamp) -> Option<Timestamp> {
        self.trust.appeals_within.map(|within| self.due(opened, within))
    }

    /// The first moment of the month of the budget at `now`, and that of the next month.
    pub fn budget_month(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        month(&zone(&self.timezone), now)
    }
}
