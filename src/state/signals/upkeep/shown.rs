//! The gauges of upkeep, made from what is declared and what was last seen.

use std::collections::BTreeMap;

use super::{
    Attested, BudgetCost, BudgetCostSpent, BudgetSeconds, BudgetSecondsSpent, EvaluateEvery, Expires, LastEvaluated,
    Launched, OwnerInfo, PeriodStart, Score, Upkeep,
};
use crate::config::model;
use crate::event::Fixed;
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::family::{Number, Sink};
use crate::state::engine::labels::Sym;
use crate::state::engine::metric::Metric;
use crate::state::engine::value::Nanos;

impl Upkeep {
    pub(super) fn show_owner(&self, core: &Core, sink: &mut dyn Sink) {
        let owners = || core.systems().filter_map(|(id, name)| Some((id, name, core.declared(id)?.owner.as_ref()?)));
        OwnerInfo::FAMILY.announce(sink);
        owners().for_each(|(_, name, owner)| sink.sample(&[name, &owner.name, &owner.contact], Number::Count(1)));
        show::<Attested>(core, sink, |system| Some(self.attested(core, system)?.into()));
        Expires::FAMILY.announce(sink);
        for (system, name, owner) in owners() {
            if let Some(at) = self.attested(core, system) {
                sink.sample(&[name], at.plus(owner.attest_every).into());
            }
        }
        show::<Launched>(core, sink, |system| Some(core.declared(system)?.launched?.into()));
    }

    pub(super) fn show_budget(&self, core: &Core, sink: &mut dyn Sink) {
        BudgetCost::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            if let Some((currency, cost)) = budget(core, system) {
                sink.sample(&[name, currency], fixed(cost));
            }
        }
        BudgetCostSpent::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            let mut spent: BTreeMap<&str, Nanos> = budget(core, system).iter().map(|(of, _)| (*of, 0)).collect();
            for ((_, currency), cost) in self.months.cost.range((system, 0)..=(system, Sym::MAX)) {
                spent.insert(core.labels.text(*currency), *cost);
            }
            spent.iter().for_each(|(currency, cost)| sink.sample(&[name, currency], Number::Nanos(*cost)));
        }
        let hours = |system| maintenance(core, system)?.hours_per_month;
        show::<BudgetSeconds>(core, sink, |system| Some(Number::Nanos(i128::from(hours(system)?.nanos()) * 3_600)));
        show::<BudgetSecondsSpent>(core, sink, |system| {
            let spent = self.months.time.get(&system).copied();
            Some(Number::Nanos(spent.or(hours(system).map(|_| 0))?))
        });
        show::<PeriodStart>(core, sink, |system| Some(self.months.start(system)?.into()));
        show::<EvaluateEvery>(core, sink, |system| {
            Some(fixed(Fixed::from_nanos(maintenance(core, system)?.evaluate_every?)))
        });
    }

    pub(super) fn show_evaluations(&self, core: &Core, sink: &mut dyn Sink) {
        let live = || self.last_evaluation.iter().filter(|((system, _), _)| core.is_live(*system));
        Score::FAMILY.announce(sink);
        for ((system, suite), last) in live() {
            let labels = [core.system_name(*system), core.labels.text(*suite)];
            last.score.iter().for_each(|score| sink.sample(&labels, fixed(*score)));
        }
        LastEvaluated::FAMILY.announce(sink);
        for ((system, suite), last) in live() {
            sink.sample(&[core.system_name(*system), core.labels.text(*suite)], last.at.into());
        }
    }
}

/// Writes a gauge of each system that has a value.
fn show<M: Metric<Key = [u32; 1]>>(core: &Core, sink: &mut dyn Sink, value: impl Fn(SystemId) -> Option<Number>) {
    M::FAMILY.announce(sink);
    for (system, name) in core.systems() {
        if let Some(number) = value(system) {
            sink.sample(&[name], number);
        }
    }
}

fn maintenance(core: &Core, system: SystemId) -> Option<&model::Maintenance> {
    core.declared(system)?.maintenance.as_ref()
}

/// The declared cost of a month, with its currency.
fn budget(core: &Core, system: SystemId) -> Option<(&str, Fixed)> {
    let declared = maintenance(core, system)?;
    Some((declared.currency.as_deref()?, declared.cost_per_month?))
}

fn fixed(value: Fixed) -> Number {
    Number::Nanos(i128::from(value.nanos()))
}
