//! [`Past`]: one system of a snapshot, as the checklist asks for it. Nothing is computed before it is asked.

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
    /// Open escalations past their deadline: those nobody acknowledged, and those nobody resolved.
    pub overdue: ByDeadline<Overdue>,
}

/// How many are past their deadline, and the deadline that passed first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overdue {
    pub count: u64,
    pub since: Option<Timestamp>,
}

impl Overdue {
    fn see(&mut self, due: Timestamp) {
        self.count += 1;
        self.since = Some(self.since.map_or(due, |since| since.min(due)));
    }
}

impl Snapshot {
    /// Every system that is declared or has sent events, by name.
    pub fn pasts(&self, now: Timestamp) -> Vec<Past<'_>> {
        let core = &self.state.core;
        let mut overdue = vec![ByDeadline::<Overdue>::default(); core.system_count()];
        for row in self.state.signals.escalations.open_rows() {
            let Some(found) = overdue.get_mut(row.system as usize) else { continue };
            for deadline in Deadline::ALL {
                if let Some(due) = row.newest().past_deadline(*deadline, now) {
                    found[*deadline].see(due);
                }
            }
        }
        let facts = |system| self.state.facts.get(system).cloned().unwrap_or_default();
        let past =
            |(system, _)| Past { state: &self.state, system, facts: facts(system), overdue: overdue[system as usize] };
        let mut pasts: Vec<_> = core.systems().map(past).collect();
        pasts.sort_by_key(|past| past.name());
        pasts
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
