//! Upkeep: the owner, the maintenance budget, evaluations and running cost.

mod month;
mod shown;
mod stored;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::month::Months;
use super::fold::Fold;
use super::signal::{Kinds, Section, Signal};
use crate::config::model;
use crate::event::{Activity, Body, Event, Fixed, Kind, Money, Timestamp, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::family::{Label, SYSTEM, Sink, closed, counter, gauge, open};
use crate::state::engine::labels::{Open, Sym};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::{HasParts, parts};
use crate::state::engine::series::Series;
use crate::state::engine::value::Nanos;

pub const TAKES: Kinds =
    Kinds::of(&[Kind::EvaluationCompleted, Kind::MaintenanceRecorded, Kind::CostRecorded, Kind::OwnerAttested]);
pub const SECTION: Section = Section { name: "upkeep", version: 2, since: [0, 3, 0], lost: "" };

words!(/// What money was spent on: the kinds of `cost.recorded`, and maintenance.
    Spent { Inference = "inference", Tools = "tools", Review = "review", Infrastructure = "infrastructure",
        Other = "other", Maintenance = "maintenance" });

words!(/// The result of an evaluation.
    EvaluationResult { Passed = "passed", Failed = "failed" });

const CURRENCY: &[Label] = &[SYSTEM, open("currency")];
const SUITE: &[Label] = &[SYSTEM, open("suite")];

metrics! {
    OwnerInfo: Computed = gauge(
        "day90_owner_info",
        &[SYSTEM, open("owner"), open("contact")],
        "Always 1: the declared owner of a system and how to reach them. A system without this series has no owner."
    );
    Attested: Computed = gauge("day90_owner_attested_timestamp_seconds", &[SYSTEM], "When ownership was last attested, as a Unix time.");
    Expires: Computed = gauge(
        "day90_owner_attestation_expires_timestamp_seconds",
        &[SYSTEM],
        "When the last attestation of the declared owner lapses, as a Unix time."
    );
    Launched: Computed = gauge(
        "day90_system_launch_timestamp_seconds",
        &[SYSTEM],
        "The declared launch date, as a Unix time. time() minus this tells day 90."
    );
    MaintenanceSeconds: Nanos = counter(
        "day90_maintenance_seconds_total",
        &[SYSTEM, closed("activity", Activity::WORDS)],
        "Time people spent on keeping the system right, by activity."
    );
    Cost: Nanos = counter(
        "day90_cost_total",
        &[SYSTEM, closed("kind", Spent::WORDS), open("currency")],
        "Money spent, by kind and currency, in units of the currency; currencies are never summed."
    );
    BudgetCost: Computed = gauge("day90_budget_cost", CURRENCY, "Declared maintenance budget of a calendar month.");
    BudgetCostSpent: Computed = gauge(
        "day90_budget_cost_spent",
        CURRENCY,
        "Maintenance cost recorded in the current calendar month of the system's time zone, by time of receipt; it begins again at 0 with each month."
    );
    BudgetSeconds: Computed = gauge("day90_budget_seconds", &[SYSTEM], "Declared maintenance time of a calendar month, in seconds.");
    BudgetSecondsSpent: Computed = gauge(
        "day90_budget_seconds_spent",
        &[SYSTEM],
        "Maintenance time recorded in the current calendar month of the system's time zone, by time of receipt, in seconds; it begins again at 0 with each month."
    );
    PeriodStart: Computed = gauge(
        "day90_budget_period_start_timestamp_seconds",
        &[SYSTEM],
        "When the current budget month of the system's time zone began, as a Unix time."
    );
    EvaluateEvery: Computed = gauge(
        "day90_budget_evaluation_interval_seconds",
        &[SYSTEM],
        "The declared time between evaluations of each suite, in seconds."
    );
    Evaluations: u64 = counter(
        "day90_evaluations_total",
        &[SYSTEM, open("suite"), closed("result", EvaluationResult::WORDS)],
        "Evaluations completed, by suite and result."
    );
    Score: Computed = gauge("day90_evaluation_score", SUITE, "Score of the last evaluation of a suite, from 0 to 1.");
    LastEvaluated: Computed = gauge("day90_evaluation_last_timestamp_seconds", SUITE, "When a suite was last evaluated, as a Unix time.");
}

/// The owner, the budget, evaluations and cost.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Upkeep {
    maintenance: Series<MaintenanceSeconds>,
    cost: Series<Cost>,
    evaluations: Series<Evaluations>,
    /// The last evaluation of each suite, by time.
    last_evaluation: BTreeMap<(SystemId, Sym), Evaluation>,
    months: Months,
    /// The last attestation of each system and who gave it: its declared owner, or anyone where none is declared.
    attested: BTreeMap<SystemId, (Timestamp, Arc<str>)>,
    /// When maintenance was last recorded, by activity.
    last_activity: BTreeMap<(SystemId, Activity), Timestamp>,
}

parts!(Upkeep { maintenance cost evaluations });

/// One evaluation of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evaluation {
    pub at: Timestamp,
    pub failed: bool,
    pub score: Option<Fixed>,
}

impl Signal for Upkeep {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::MaintenanceRecorded { activity, seconds, money, .. } => {
                let seconds = seconds.unwrap_or_default();
                self.maintain(fold, event, *activity, seconds, *money);
            }
            Body::CostRecorded { kind, money, .. } => {
                let kind = Spent::from_word(kind.as_str()).expect("every kind of cost is something spent on");
                self.spend(fold, kind, *money);
            }
            Body::EvaluationCompleted { suite, passed, score, .. } => {
                let (core, system) = (&mut *fold.core, fold.system);
                let suite = core.label(system, Evaluations::FAMILY, Open::Suite, suite);
                let result = if *passed { EvaluationResult::Passed } else { EvaluationResult::Failed };
                self.evaluations.add(core, [system, suite, result as u32], 1);
                let evaluation = Evaluation { at: event.time, failed: !passed, score: *score };
                let last = self.last_evaluation.entry((system, suite)).or_insert(evaluation);
                *last = evaluation.max(*last);
            }
            Body::OwnerAttested { owner, .. } => self.attest(fold, event.time, owner),
            _ => {}
        }
    }

    fn advance(&mut self, fold: &mut Fold<'_>) {
        self.months.advance(fold.core);
    }

    fn correct(&mut self, core: &mut Core, clock: &Correction) {
        self.last_evaluation.values_mut().for_each(|last| clock.correct(&mut last.at));
        self.attested.values_mut().for_each(|(at, _)| clock.correct(at));
        clock.correct(&mut self.last_activity);
        self.months.go_back(core);
    }

    /// Declared suites are at 0 from the first scrape.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        self.months.open(core, system);
        let model = Arc::clone(&core.model);
        let declared = model.systems.get(core.system_name(system)).and_then(|declared| declared.maintenance.as_ref());
        for suite in declared.map(|maintenance| &maintenance.suites).into_iter().flatten() {
            let suite = core.declared_label(system, Open::Suite, suite);
            for result in EvaluationResult::ALL {
                self.evaluations.declare(core, [system, suite, *result as u32]);
            }
        }
        for activity in Activity::ALL {
            self.maintenance.declare(core, [system, *activity as u32]);
        }
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.maintenance != now.maintenance
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        self.last_evaluation.retain(|(id, _), _| *id != system);
        self.months.drop_system(system);
        self.attested.remove(&system);
        self.last_activity.retain(|(id, _), _| *id != system);
    }

    fn rebuild(&mut self, core: &mut Core) {
        self.parts_mut().into_iter().for_each(|part| part.rebuild(core));
        self.months.open_in_utc(core);
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.show_owner(core, sink);
        self.maintenance.visit(core, sink);
        self.cost.visit(core, sink);
        self.show_budget(core, sink);
        self.evaluations.visit(core, sink);
        self.show_evaluations(core, sink);
    }
}

impl Upkeep {
    fn maintain(
        &mut self,
        fold: &mut Fold<'_>,
        event: &Event<'_>,
        activity: Activity,
        seconds: Fixed,
        money: Option<Money>,
    ) {
        let system = fold.system;
        let last = self.last_activity.entry((system, activity)).or_insert(event.time);
        *last = event.time.max(*last);
        self.maintenance.add_nanos(fold.core, [system, activity as u32], seconds.nanos());
        self.months.spend_time(system, event.received, seconds);
        if let Some(money) = money {
            let currency = self.spend(fold, Spent::Maintenance, money);
            self.months.spend_cost(system, event.received, currency, money.amount);
        }
    }

    fn spend(&mut self, fold: &mut Fold<'_>, kind: Spent, money: Money) -> Sym {
        let (core, system) = (&mut *fold.core, fold.system);
        let code = std::str::from_utf8(&money.currency.0).expect("a currency is three capital letters");
        let currency = core.label(system, Cost::FAMILY, Open::Currency, code);
        self.cost.add_nanos(core, [system, kind as u32, currency], money.amount.nanos());
        currency
    }

    fn attest(&mut self, fold: &Fold<'_>, at: Timestamp, owner: &str) {
        let declared = fold.core.declared(fold.system).and_then(|declared| declared.owner.as_ref());
        if declared.is_some_and(|declared| declared.name != owner) {
            return;
        }
        let attestation = (at, Arc::from(owner));
        match self.attested.get_mut(&fold.system) {
            // A former owner attests nothing for the present one.
            Some(last) if last.0 > at && (declared.is_none() || *last.1 == *owner) => {}
            Some(last) => *last = attestation,
            None => drop(self.attested.insert(fold.system, attestation)),
        }
    }

    /// When ownership was last attested by the owner that is declared now, or by anyone where none is.
    pub fn attested(&self, core: &Core, system: SystemId) -> Option<Timestamp> {
        let (at, by) = self.attested.get(&system)?;
        let declared = core.declared(system).and_then(|declared| declared.owner.as_ref());
        declared.is_none_or(|owner| *owner.name == **by).then_some(*at)
    }

    /// The last evaluation of each suite of a system.
    pub fn evaluations(&self, system: SystemId) -> impl Iterator<Item = (Sym, &Evaluation)> {
        self.last_evaluation.range((system, 0)..=(system, Sym::MAX)).map(|((_, suite), last)| (*suite, last))
    }

    /// What was spent in the current month of each system.
    pub fn months(&self) -> &Months {
        &self.months
    }

    pub fn last_activity(&self, system: SystemId, activity: Activity) -> Option<Timestamp> {
        self.last_activity.get(&(system, activity)).copied()
    }
}
