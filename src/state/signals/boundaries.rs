//! Boundaries: every action that was attempted, compared with the most it may do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::facts::Violation;
use super::fold::Fold;
use super::restore::Restore;
use super::signal::{Kinds, Section, Signal};
use crate::config::model;
use crate::event::{Body, Event, Kind, Mode};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::family::{FLAG, Number, SYSTEM, Sink, closed, counter, counter_of_cases, gauge, open};
use crate::state::engine::labels::Open;
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::TaskCompleted, Kind::ActionAttempted]);
pub const SECTION: Section = Section::first("boundaries");

metrics! {
    Declared: Computed = gauge(
        "day90_boundary_info",
        &[SYSTEM, open("action"), closed("mode", Mode::WORDS)],
        "Always 1: the most that each declared action may do (never, escalate, suggest, decide)."
    );
    Violations: u64 = counter_of_cases(
        "day90_boundary_violations_total",
        &[
            SYSTEM,
            open("action"),
            closed("declared", Mode::WORDS),
            closed("attempted", Mode::WORDS),
            closed("allowed", FLAG),
        ],
        "Attempts beyond the declared boundary of an action. allowed=\"true\" took effect: the system did what it was told not to do."
    );
    Undeclared: u64 = counter(
        "day90_boundary_undeclared_total",
        &[SYSTEM, open("action")],
        "Attempts of actions that no boundary is declared for: nobody has decided yet what the system may do here."
    );
}

/// What was attempted beyond what is declared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Boundaries {
    violations: Series<Violations>,
    undeclared: Series<Undeclared>,
}

parts!(Boundaries { violations undeclared });

impl Restore for Boundaries {}

impl Signal for Boundaries {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let (action, attempted, allowed) = match &event.body {
            Body::TaskCompleted { action, mode, .. } => (action, *mode, true),
            Body::ActionAttempted { action, mode, allowed } => (action, *mode, *allowed),
            _ => return,
        };
        let (core, system) = (&mut *fold.core, fold.system);
        let declared = core.declared(system).and_then(|declared| declared.boundaries.get(&**action)).map(|it| it.mode);
        let Some(declared) = declared else {
            let action = core.label(system, Undeclared::FAMILY, Open::Action, action);
            self.undeclared.add(core, [system, action], 1);
            return fold.facts.of(system).see_undeclared(action, event.time);
        };
        if exceeds(attempted, declared) {
            let action = core.declared_label(system, Open::Action, action);
            let key = [system, action, declared as u32, attempted as u32, u32::from(allowed)];
            self.violations.add_case(core, key);
            fold.rare.violation(core, system, event, declared);
            if allowed {
                let violation = Violation { at: event.time, action, declared, attempted };
                fold.facts.of(system).see_violation(violation);
            }
        }
        let seen = &mut fold.facts.of(system).action;
        *seen = (*seen).max(Some(event.time));
    }

    /// Each violation that is possible is at 0 from the first scrape: the first one must be visible.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for (action, boundary) in &declared.boundaries {
            let action = core.declared_label(system, Open::Action, action);
            for attempted in Mode::ALL.iter().filter(|mode| exceeds(**mode, boundary.mode)) {
                for allowed in [false, true] {
                    let key = [system, action, boundary.mode as u32, *attempted as u32, u32::from(allowed)];
                    self.violations.declare(core, key);
                }
            }
        }
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.boundaries != now.boundaries
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        Declared::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            for (action, boundary) in core.declared(system).map(|it| &it.boundaries).into_iter().flatten() {
                sink.sample(&[name, action, boundary.mode.as_str()], Number::Count(1));
            }
        }
        self.violations.visit(core, sink);
        self.undeclared.visit(core, sink);
    }
}

/// Handing over is right whatever is declared, on `never` too.
fn exceeds(attempted: Mode, declared: Mode) -> bool {
    attempted > declared.max(Mode::Escalate)
}
