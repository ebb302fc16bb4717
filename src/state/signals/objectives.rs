//! Objectives: the declared numbers, and how many events each of them judged and found within it.
//!
//! A histogram's buckets can't follow a threshold that each team sets for itself, so each event is judged as it
//! is folded. One set of rules then serves every system.

use serde::{Deserialize, Serialize};

use crate::config::model;
use crate::event::{Fixed, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::family::{Label, Number, SYSTEM, Sink, closed, counter, gauge};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::{HasParts, parts};
use crate::state::engine::series::Series;

words!(/// What can be declared, in the order of the metric contract.
Objective {
    EscalationRatio = "escalation_ratio",
    FalsePagesPerMonth = "false_pages_per_month",
    AcknowledgeSeconds = "acknowledge_seconds",
    ResolveSeconds = "resolve_seconds",
    TaskDurationSeconds = "task_duration_seconds",
    TaskDurationRatio = "task_duration_ratio",
    OverrideRatio = "override_ratio",
    TrustRatio = "trust_ratio",
    RubberStampSeconds = "rubber_stamp_seconds",
});

const LABELS: &[Label] = &[SYSTEM, closed("objective", Objective::WORDS)];

metrics! {
    Declared: Computed = gauge(
        "day90_objective",
        LABELS,
        "The declared objective: a ratio from 0 to 1, seconds, or pages a month. Rules read their thresholds here."
    );
    Events: u64 = counter(
        "day90_objective_events_total",
        LABELS,
        "Events that an objective has judged, such as tasks with a duration. The denominator of its good ratio."
    );
    Good: u64 = counter(
        "day90_objective_good_total",
        LABELS,
        "Events within their objective: a task within its seconds, an escalation acknowledged in time, an approval that took long enough to be read."
    );
}

/// Judged events, and the good ones among them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Objectives {
    events: Series<Events>,
    good: Series<Good>,
}

parts!(Objectives { events good });

impl Objectives {
    /// Counts one judged event. [`super::fold::Fold::judge`] notes it for the checklist too.
    pub fn judge(&mut self, core: &mut Core, system: SystemId, objective: Objective, good: bool) {
        self.events.add(core, [system, objective as u32], 1);
        self.good.add(core, [system, objective as u32], u64::from(good));
    }

    /// An event that was judged before was good after all.
    pub fn forgive(&mut self, core: &mut Core, system: SystemId, objective: Objective) {
        self.good.add(core, [system, objective as u32], 1);
    }

    /// What is declared and judged event by event is at 0 from the first scrape.
    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = std::sync::Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for (objective, _) in values(declared) {
            let by_event = !matches!(
                objective,
                Objective::EscalationRatio | Objective::FalsePagesPerMonth | Objective::TaskDurationRatio
            );
            if by_event {
                self.events.declare(core, [system, objective as u32]);
                self.good.declare(core, [system, objective as u32]);
            }
        }
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        self.parts_mut().into_iter().for_each(|part| part.correct(clock));
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.parts_mut().into_iter().for_each(|part| part.rebuild(core));
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        Declared::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            for (objective, value) in core.declared(system).map(values).unwrap_or_default() {
                sink.sample(&[name, objective.as_str()], Number::Nanos(i128::from(value.nanos())));
            }
        }
        self.events.visit(core, sink);
        self.good.visit(core, sink);
    }
}

/// The declared objectives of a system with their values.
pub fn values(declared: &model::System) -> Vec<(Objective, Fixed)> {
    let (objectives, path) = (&declared.objectives, &declared.exception_path);
    let task = objectives.task_duration.as_ref();
    let all = [
        (Objective::EscalationRatio, objectives.escalation_ratio),
        (Objective::FalsePagesPerMonth, objectives.false_pages_per_month),
        (Objective::AcknowledgeSeconds, path.acknowledge_within.map(|within| Fixed::from_nanos(within.nanos))),
        (Objective::ResolveSeconds, path.resolve_within.map(|within| Fixed::from_nanos(within.nanos))),
        (Objective::TaskDurationSeconds, task.map(|task| task.seconds)),
        (Objective::TaskDurationRatio, task.map(|task| task.ratio)),
        (Objective::OverrideRatio, objectives.override_ratio),
        (Objective::TrustRatio, objectives.trust_ratio),
        (Objective::RubberStampSeconds, objectives.rubber_stamp_seconds),
    ];
    all.into_iter().filter_map(|(objective, value)| Some((objective, value?))).collect()
}
