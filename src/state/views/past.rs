//! [`Past`]: one system of a snapshot, as the checklist asks for it. Nothing is computed before it is asked.

use std::collections::BTreeSet;

use crate::config::model;
use crate::event::{Activity, DrillPath, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::deadline::{ByDeadline, Deadline};
use crate::state::engine::labels::Sym;
use crate::state::engine::value::Nanos;
use crate::state::signals::changes::Deployed;
use crate::state::signals::facts::SystemFacts;
use crate::state::signals::inputs::LastCheck;
use crate::state::signals::upkeep::Evaluation;
use crate::state::{Snapshot, State};

/// What is declared of a system and what happened in it.
pub struct Past<'a> {
    state: &'a State,
    system: SystemId,
    pub facts: SystemFacts,
    open: Open,
}

/// What is open in a system, as far as somebody owes something.
#[derive(Clone, Debug, Default)]
struct Open {
    overdue: ByDeadline<Overdue>,
    reviews: Overdue,
    appeals: Overdue,
    /// The queues with open escalations.
    queues: BTreeSet<Sym>,
}

/// How many are past their deadline, and the deadline that passed first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overdue {
    pub count: u64,
    pub since: Option<Timestamp>,
}

impl Overdue {
    fn see(&mut self, due: Option<Timestamp>) {
        let Some(due) = due else { return };
        self.count += 1;
        self.since = Some(self.since.map_or(due, |since| since.min(due)));
    }
}

impl Snapshot {
    /// Every system that is declared or has sent events, by name.
    pub fn pasts(&self, now: Timestamp) -> Vec<Past<'_>> {
        let core = &self.state.core;
        let facts = |system| self.state.facts.get(system).cloned().unwrap_or_default();
        let mut open = self.open(now);
        let past = |(system, _): (SystemId, _)| {
            let open = open.get_mut(system as usize).map(std::mem::take).unwrap_or_default();
            Past { state: &self.state, system, facts: facts(system), open }
        };
        let mut pasts: Vec<_> = core.systems().map(past).collect();
        pasts.sort_by_key(|past| past.name());
        pasts
    }

    /// What is open in each system, by its number.
    fn open(&self, now: Timestamp) -> Vec<Open> {
        let signals = &self.state.signals;
        let mut open = vec![Open::default(); self.state.core.system_count()];
        for row in signals.escalations.open_rows() {
            let Some(of_system) = open.get_mut(row.system as usize) else { continue };
            let escalation = row.newest();
            of_system.queues.extend(escalation.queue_now());
            for deadline in Deadline::ALL {
                of_system.overdue[*deadline].see(escalation.past_deadline(*deadline, now));
            }
        }
        for row in signals.reviews.open_rows() {
            open.get_mut(row.system as usize)
                .into_iter()
                .for_each(|it| it.reviews.see(row.newest().past_deadline(now)));
        }
        for row in signals.trust.open_rows() {
            open.get_mut(row.system as usize)
                .into_iter()
                .for_each(|it| it.appeals.see(row.newest().past_deadline(now)));
        }
        open
    }
}

impl<'a> Past<'a> {
    pub fn name(&self) -> &'a str {
        self.state.core.system_name(self.system)
    }
    pub fn declared(&self) -> Option<&'a model::System> {
        self.state.core.declared(self.system)
    }
    /// The text of a label value.
    pub fn text(&self, sym: Sym) -> &'a str {
        self.state.core.labels.text(sym)
    }

    /// Open escalations past their deadline: those nobody acknowledged, or those nobody resolved.
    pub fn overdue(&self, deadline: Deadline) -> Overdue {
        self.open.overdue[deadline]
    }
    /// Open reviews past their deadline.
    pub fn overdue_reviews(&self) -> Overdue {
        self.open.reviews
    }
    /// Open appeals past their deadline.
    pub fn overdue_appeals(&self) -> Overdue {
        self.open.appeals
    }
    /// The queues with open escalations.
    pub fn open_queues(&self) -> impl Iterator<Item = &'a str> {
        self.open.queues.iter().map(|queue| self.text(*queue))
    }

    /// The last attestation of the owner.
    pub fn attested(&self) -> Option<Timestamp> {
        self.state.signals.upkeep.attested(&self.state.core, self.system)
    }
    /// When maintenance was last recorded, of any activity.
    pub fn maintained(&self) -> Option<Timestamp> {
        Activity::ALL
            .iter()
            .filter_map(|activity| self.state.signals.upkeep.last_activity(self.system, *activity))
            .max()
    }
    /// The last evaluation of a suite.
    pub fn evaluation(&self, suite: &str) -> Option<&'a Evaluation> {
        let mut all = self.state.signals.upkeep.evaluations(self.system);
        all.find(|(sym, _)| self.text(*sym) == suite).map(|(_, evaluation)| evaluation)
    }
    /// Maintenance time and cost of the budget month of `now`, the cost in one currency.
    pub fn spent(&self, currency: Option<&str>, now: Timestamp) -> (Nanos, Nanos) {
        let months = self.state.signals.upkeep.months();
        let cost = months.cost(self.system, now);
        let cost = cost.filter(|(sym, _)| currency == Some(self.text(*sym))).map(|(_, cost)| cost).sum();
        (months.time(self.system, now), cost)
    }
    /// When the budget month of the system began.
    pub fn month_start(&self) -> Option<Timestamp> {
        self.state.signals.upkeep.months().start(self.system)
    }
    /// The last check of an input.
    pub fn input(&self, input: &str) -> Option<&'a LastCheck> {
        let mut all = self.state.signals.inputs.of(self.system);
        all.find(|(sym, _)| self.text(*sym) == input).map(|(_, check)| check)
    }
    /// The last drill of the exception path that passed, or that failed.
    pub fn exception_drill(&self, passed: bool) -> Option<Timestamp> {
        self.state.signals.drills.last(&self.state.core, self.system, DrillPath::Exception, passed)
    }
    /// The last rollback or drill that restored the system to what is declared.
    pub fn restored(&self) -> Option<Timestamp> {
        self.state.signals.rollbacks.last_success(&self.state.core, self.system)
    }
    /// What was deployed.
    pub fn deployed(&self) -> Option<&'a Deployed> {
        self.state.signals.changes.of(self.system)
    }
}
