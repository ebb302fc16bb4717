//! Boundaries: every action that was attempted, held against the most it may do.

use serde::{Deserialize, Serialize};

use super::facts::Violation;
use crate::event::{Body, Event, Mode};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, closed, counter, gauge, open};
use crate::state::engine::labels::Open;
use crate::state::engine::series::Series;
use crate::state::forget::Gone;

const ALLOWED: &[&str] = &["false", "true"];

pub static DECLARED: Family = gauge(
    "day90_boundary_info",
    &[SYSTEM, open("action"), closed("mode", Mode::WORDS)],
    "Always 1: the most that each declared action may do (never, escalate, suggest, decide).",
);
pub static VIOLATIONS: Family = counter(
    "day90_boundary_violations_total",
    &[
        SYSTEM,
        open("action"),
        closed("declared", Mode::WORDS),
        closed("attempted", Mode::WORDS),
        closed("allowed", ALLOWED),
    ],
    "Attempts beyond the declared boundary of an action. allowed=\"true\" took effect: the system did what it was told not to do.",
);
pub static UNDECLARED: Family = counter(
    "day90_boundary_undeclared_total",
    &[SYSTEM, open("action")],
    "Attempts of actions that no boundary is declared for: nobody has decided yet what the system may do here.",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Boundaries {
    violations: Series<5, u64>,
    undeclared: Series<2, u64>,
}

share!(Boundaries { violations undeclared });

impl Boundaries {
    pub fn apply(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        let (action, attempted, allowed) = match &event.body {
            Body::TaskCompleted { action, mode, .. } => (action, *mode, true),
            Body::ActionAttempted { action, mode, allowed } => (action, *mode, *allowed),
            _ => return,
        };
        let declared = core.declared(system).and_then(|declared| declared.boundaries.get(&**action)).map(|it| it.mode);
        match declared {
            None => {
                let action = core.label(system, &UNDECLARED, Open::Action, action);
                self.undeclared.add(core, &UNDECLARED, [system, action], 1);
                core.facts.of(system).see_undeclared(action, event.received);
                return;
            }
            Some(declared) if exceeds(attempted, declared) => {
                let action = core.declared_label(system, Open::Action, action);
                let key = [system, action, declared as u32, attempted as u32, u32::from(allowed)];
                self.violations.add_case(core, &VIOLATIONS, key);
                if allowed {
                    let violation = Violation { at: event.received, action, declared, attempted };
                    core.facts.of(system).violation = Some(violation);
                }
            }
            Some(_) => {}
        }
        core.facts.of(system).action = Some(event.received);
    }

    /// Each violation that is possible stands at 0 from the first scrape: the first one must be visible.
    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = std::sync::Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for (action, boundary) in &declared.boundaries {
            let action = core.declared_label(system, Open::Action, action);
            for attempted in Mode::ALL.iter().filter(|mode| exceeds(**mode, boundary.mode)) {
                for allowed in [0, 1] {
                    let key = [system, action, boundary.mode as u32, *attempted as u32, allowed];
                    self.violations.declare(core, &VIOLATIONS, key);
                }
            }
        }
    }

    pub(crate) fn forget_exemplars(&mut self, core: &Core, gone: &Gone) {
        self.violations.forget_case(core, gone);
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.violations.rebuild(core, &VIOLATIONS);
        self.undeclared.rebuild(core, &UNDECLARED);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        DECLARED.announce(sink);
        for (system, name) in core.systems() {
            for (action, boundary) in core.declared(system).map(|it| &it.boundaries).into_iter().flatten() {
                sink.sample(&[name, action, boundary.mode.as_str()], Number::Count(1));
            }
        }
        self.violations.visit(core, &VIOLATIONS, sink);
        self.undeclared.visit(core, &UNDECLARED, sink);
    }
}

/// Any attempt exceeds `never`, even one that says it does nothing.
fn exceeds(attempted: Mode, declared: Mode) -> bool {
    attempted > declared || declared == Mode::Never
}
