//! Upkeep: the owner, the maintenance budget, evaluations and running cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::model;
use crate::event::{Activity, Body, Event, Fixed, Money, Timestamp, time::HOUR, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, counter, gauge, open};
use crate::state::engine::labels::{Open, Sym};
use crate::state::engine::series::{Nanos, Series};

words!(/// What money was spent on: the kinds of `cost.recorded`, and maintenance.
    Spent { Inference = "inference", Tools = "tools", Review = "review", Infrastructure = "infrastructure",
        Other = "other", Maintenance = "maintenance" });

const RESULTS: &[&str] = &["passed", "failed"];
const CURRENCY: &[crate::state::engine::family::Label] = &[SYSTEM, open("currency")];
const SUITE: &[crate::state::engine::family::Label] = &[SYSTEM, open("suite")];

pub static OWNER: Family = gauge(
    "day90_owner_info",
    &[SYSTEM, open("owner"), open("contact")],
    "Always 1: the declared owner of a system and how to reach them. A system without this series has no owner.",
);
pub static ATTESTED: Family =
    gauge("day90_owner_attested_timestamp_seconds", &[SYSTEM], "When ownership was last attested, as a Unix time.");
pub static EXPIRES: Family = gauge(
    "day90_owner_attestation_expires_timestamp_seconds",
    &[SYSTEM],
    "When the last attestation of the declared owner lapses, as a Unix time.",
);
pub static LAUNCHED: Family = gauge(
    "day90_system_launch_timestamp_seconds",
    &[SYSTEM],
    "The declared launch date, as a Unix time. time() minus this tells day 90.",
);
pub static MAINTENANCE: Family = counter(
    "day90_maintenance_seconds_total",
    &[SYSTEM, closed("activity", Activity::WORDS)],
    "Time people spent on keeping the system right, by activity.",
);
pub static COST: Family = counter(
    "day90_cost_total",
    &[SYSTEM, closed("kind", Spent::WORDS), open("currency")],
    "Money spent, by kind and currency, in units of the currency; currencies are never summed.",
);
pub static BUDGET_COST: Family =
    gauge("day90_budget_cost", CURRENCY, "Declared maintenance budget of a calendar month.");
pub static BUDGET_COST_SPENT: Family = gauge(
    "day90_budget_cost_spent",
    CURRENCY,
    "Maintenance cost recorded in the current calendar month, UTC; it begins again at 0 with each month.",
);
pub static BUDGET_SECONDS: Family =
    gauge("day90_budget_seconds", &[SYSTEM], "Declared maintenance time of a calendar month, in seconds.");
pub static BUDGET_SECONDS_SPENT: Family = gauge(
    "day90_budget_seconds_spent",
    &[SYSTEM],
    "Maintenance time recorded in the current calendar month, UTC, in seconds; it begins again at 0 with each month.",
);
pub static PERIOD: Family = gauge(
    "day90_budget_period_start_timestamp_seconds",
    &[SYSTEM],
    "When the current budget month began, as a Unix time.",
);
pub static EVALUATE_EVERY: Family = gauge(
    "day90_budget_evaluation_interval_seconds",
    &[SYSTEM],
    "The declared time between evaluations of each suite, in seconds.",
);
pub static EVALUATIONS: Family = counter(
    "day90_evaluations_total",
    &[SYSTEM, open("suite"), closed("result", RESULTS)],
    "Evaluations completed, by suite and result.",
);
pub static SCORE: Family =
    gauge("day90_evaluation_score", SUITE, "Score of the last evaluation of a suite, from 0 to 1.");
pub static EVALUATED: Family =
    gauge("day90_evaluation_last_timestamp_seconds", SUITE, "When a suite was last evaluated, as a Unix time.");

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Upkeep {
    maintenance: Series<2, Nanos>,
    cost: Series<3, Nanos>,
    evaluations: Series<3, u64>,
    /// The last evaluation of each suite, by time.
    last_evaluation: BTreeMap<(SystemId, Sym), Evaluation>,
    /// The current month and what was spent in it.
    period: Timestamp,
    spent_cost: BTreeMap<(SystemId, Sym), Nanos>,
    spent_time: BTreeMap<SystemId, Nanos>,
    /// The last attestation of each system and who gave it: its declared owner, or anyone where none is declared.
    attested: BTreeMap<SystemId, (Timestamp, Arc<str>)>,
    /// When maintenance was last recorded, by activity.
    last_activity: BTreeMap<(SystemId, Activity), Timestamp>,
}

share!(Upkeep { maintenance cost evaluations });

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evaluation {
    pub at: Timestamp,
    pub failed: bool,
    pub score: Option<Fixed>,
}

impl Upkeep {
    pub fn apply(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        match &event.body {
            Body::MaintenanceRecorded { activity, seconds, money } => {
                let last = self.last_activity.entry((system, *activity)).or_insert(event.time);
                *last = event.time.max(*last);
                let nanos = seconds.unwrap_or_default().nanos();
                self.maintenance.add_nanos(core, &MAINTENANCE, [system, *activity as u32], nanos);
                let in_period = event.received.month_start() == self.period;
                if in_period {
                    *self.spent_time.entry(system).or_default() += i128::from(nanos);
                }
                if let Some(money) = money {
                    let currency = self.spend(core, system, Spent::Maintenance, *money);
                    if in_period {
                        *self.spent_cost.entry((system, currency)).or_default() += i128::from(money.amount.nanos());
                    }
                }
            }
            Body::CostRecorded { kind, money } => {
                let kind = Spent::from_word(kind.as_str()).expect("every kind of cost is something spent on");
                self.spend(core, system, kind, *money);
            }
            Body::EvaluationCompleted { suite, passed, score, .. } => {
                let suite = core.label(system, &EVALUATIONS, Open::Suite, suite);
                self.evaluations.add(core, &EVALUATIONS, [system, suite, u32::from(!passed)], 1);
                let evaluation = Evaluation { at: event.time, failed: !passed, score: *score };
                let last = self.last_evaluation.entry((system, suite)).or_insert(evaluation);
                *last = evaluation.max(*last);
            }
            Body::OwnerAttested { owner, .. } => {
                let declared = core.declared(system).and_then(|declared| declared.owner.as_ref());
                if declared.is_none_or(|declared| declared.name == **owner) {
                    let attestation = (event.time, Arc::from(&**owner));
                    match self.attested.get_mut(&system) {
                        // An owner who has gone attests nothing for the one who came.
                        Some(last) if last.1 == attestation.1 && last.0 > attestation.0 => {}
                        Some(last) => *last = attestation,
                        None => drop(self.attested.insert(system, attestation)),
                    }
                }
            }
            _ => {}
        }
    }

    fn spend(&mut self, core: &mut Core, system: SystemId, kind: Spent, money: Money) -> Sym {
        let code = std::str::from_utf8(&money.currency.0).expect("a currency is three capital letters");
        let currency = core.label(system, &COST, Open::Currency, code);
        self.cost.add_nanos(core, &COST, [system, kind as u32, currency], money.amount.nanos());
        currency
    }

    /// A new calendar month begins with nothing spent.
    pub fn advance(&mut self, now: Timestamp) {
        let month = now.month_start();
        if month > self.period {
            self.period = month;
            self.spent_cost.clear();
            self.spent_time.clear();
        }
    }

    /// When ownership was last attested by the owner that is declared now, or by anyone where none is.
    pub fn attested(&self, core: &Core, system: SystemId) -> Option<Timestamp> {
        let (at, by) = self.attested.get(&system)?;
        let declared = core.declared(system).and_then(|declared| declared.owner.as_ref());
        declared.is_none_or(|owner| *owner.name == **by).then_some(*at)
    }

    pub fn last_evaluation(&self, system: SystemId, suite: Sym) -> Option<&Evaluation> {
        self.last_evaluation.get(&(system, suite))
    }

    /// The last evaluation of each suite of a system.
    pub fn evaluations(&self, system: SystemId) -> impl Iterator<Item = (Sym, &Evaluation)> {
        self.last_evaluation.range((system, 0)..=(system, Sym::MAX)).map(|((_, suite), last)| (*suite, last))
    }

    /// Maintenance cost of the month of `now`, by currency.
    pub fn spent_cost(&self, system: SystemId, now: Timestamp) -> impl Iterator<Item = (Sym, Nanos)> {
        let in_period = now.month_start() == self.period;
        let spent = self.spent_cost.range((system, 0)..=(system, Sym::MAX)).filter(move |_| in_period);
        spent.map(|((_, currency), cost)| (*currency, *cost))
    }

    /// Maintenance time of the month of `now`.
    pub fn spent_time(&self, system: SystemId, now: Timestamp) -> Nanos {
        self.spent_time.get(&system).copied().filter(|_| now.month_start() == self.period).unwrap_or_default()
    }

    pub fn last_activity(&self, system: SystemId, activity: Activity) -> Option<Timestamp> {
        self.last_activity.get(&(system, activity)).copied()
    }

    /// Declared suites stand at 0 from the first scrape.
    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = std::sync::Arc::clone(&core.model);
        let declared = model.systems.get(core.system_name(system)).and_then(|declared| declared.maintenance.as_ref());
        for suite in declared.map(|maintenance| &maintenance.suites).into_iter().flatten() {
            let suite = core.declared_label(system, Open::Suite, suite);
            self.evaluations.declare(core, &EVALUATIONS, [system, suite, 0]);
            self.evaluations.declare(core, &EVALUATIONS, [system, suite, 1]);
        }
        for activity in Activity::ALL {
            self.maintenance.declare(core, &MAINTENANCE, [system, *activity as u32]);
        }
    }

    pub fn drop_system(&mut self, system: SystemId) {
        self.last_evaluation.retain(|(id, _), _| *id != system);
        self.spent_cost.retain(|(id, _), _| *id != system);
        self.spent_time.remove(&system);
        self.attested.remove(&system);
        self.last_activity.retain(|(id, _), _| *id != system);
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.maintenance.rebuild(core, &MAINTENANCE);
        self.cost.rebuild(core, &COST);
        self.evaluations.rebuild(core, &EVALUATIONS);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.visit_owner(core, sink);
        self.maintenance.visit_nanos(core, &MAINTENANCE, sink);
        self.cost.visit_nanos(core, &COST, sink);
        self.visit_budget(core, sink);
        self.evaluations.visit(core, &EVALUATIONS, sink);
        let live = || self.last_evaluation.iter().filter(|((system, _), _)| core.is_live(*system));
        SCORE.announce(sink);
        for ((system, suite), last) in live() {
            let labels = [core.system_name(*system), core.labels.text(*suite)];
            last.score.iter().for_each(|score| sink.sample(&labels, nanos(score.nanos())));
        }
        EVALUATED.announce(sink);
        for ((system, suite), last) in live() {
            sink.sample(&[core.system_name(*system), core.labels.text(*suite)], nanos(last.at.nanos()));
        }
    }

    fn visit_owner(&self, core: &Core, sink: &mut dyn Sink) {
        let owners = || core.systems().filter_map(|(id, name)| Some((id, name, core.declared(id)?.owner.as_ref()?)));
        OWNER.announce(sink);
        owners().for_each(|(_, name, owner)| sink.sample(&[name, &owner.name, &owner.contact], Number::Count(1)));
        ATTESTED.announce(sink);
        for (system, name) in core.systems() {
            if let Some(at) = self.attested(core, system) {
                sink.sample(&[name], nanos(at.nanos()));
            }
        }
        EXPIRES.announce(sink);
        for (system, name, owner) in owners() {
            if let Some(at) = self.attested(core, system) {
                sink.sample(&[name], nanos(at.plus(owner.attest_every).nanos()));
            }
        }
        LAUNCHED.announce(sink);
        for (system, name) in core.systems() {
            if let Some(at) = core.declared(system).and_then(|declared| declared.launched) {
                sink.sample(&[name], nanos(at.nanos()));
            }
        }
    }

    fn visit_budget(&self, core: &Core, sink: &mut dyn Sink) {
        let declared =
            || core.systems().filter_map(|(id, name)| Some((id, name, core.declared(id)?.maintenance.as_ref()?)));
        let budget = |it: &model::Maintenance| Some((it.currency.clone()?, it.cost_per_month?));
        BUDGET_COST.announce(sink);
        for (_, name, maintenance) in declared() {
            if let Some((currency, cost)) = budget(maintenance) {
                sink.sample(&[name, &currency], nanos(cost.nanos()));
            }
        }
        BUDGET_COST_SPENT.announce(sink);
        for (system, name) in core.systems() {
            let declared = core.declared(system).and_then(|it| it.maintenance.as_ref()).and_then(budget);
            let mut spent: BTreeMap<&str, Nanos> =
                declared.iter().map(|(currency, _)| (currency.as_str(), 0)).collect();
            for ((_, currency), cost) in self.spent_cost.range((system, 0)..=(system, Sym::MAX)) {
                spent.insert(core.labels.text(*currency), *cost);
            }
            spent.iter().for_each(|(currency, cost)| sink.sample(&[name, currency], Number::Nanos(*cost)));
        }
        BUDGET_SECONDS.announce(sink);
        for (_, name, maintenance) in declared() {
            if let Some(hours) = maintenance.hours_per_month {
                sink.sample(&[name], Number::Nanos(i128::from(hours.nanos()) * i128::from(HOUR / 1_000_000_000)));
            }
        }
        BUDGET_SECONDS_SPENT.announce(sink);
        for (system, name) in core.systems() {
            let spent = self.spent_time.get(&system).copied();
            let declared = core.declared(system).and_then(|it| it.maintenance.as_ref()?.hours_per_month);
            if let Some(spent) = spent.or(declared.map(|_| 0)) {
                sink.sample(&[name], Number::Nanos(spent));
            }
        }
        PERIOD.announce(sink);
        if self.period > Timestamp::EPOCH {
            core.systems().for_each(|(_, name)| sink.sample(&[name], nanos(self.period.nanos())));
        }
        EVALUATE_EVERY.announce(sink);
        for (_, name, maintenance) in declared() {
            if let Some(every) = maintenance.evaluate_every {
                sink.sample(&[name], nanos(every));
            }
        }
    }
}

fn nanos(nanos: i64) -> Number {
    Number::Nanos(i128::from(nanos))
}
