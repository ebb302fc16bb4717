//! Work and latency: tasks are the denominator of every rate; steps show where time and tokens go.

use serde::{Deserialize, Serialize};

use super::fold::Fold;
use super::objectives::Objective;
use super::restore::Restore;
use super::signal::{Kinds, Section, Signal};
use super::words::Direction;
use crate::event::{Body, Event, Fixed, Kind, Mode, StepKind, StepOutcome, TaskOutcome};
use crate::state::engine::core::Core;
use crate::state::engine::family::{Label, SYSTEM, Sink, closed, counter, histogram, open};
use crate::state::engine::hist::Hist;
use crate::state::engine::labels::Open;
use crate::state::engine::metric::{Metric, metrics};
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::TaskCompleted, Kind::StepCompleted]);
pub const SECTION: Section = Section::first("work");

/// A task takes from a tenth of a second to an hour.
const TASK_SECONDS: &[f64] =
    &[0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
/// A step takes from ten milliseconds to five minutes.
const STEP_SECONDS: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];
const STEP: &[Label] = &[SYSTEM, closed("kind", StepKind::WORDS), open("name")];

metrics! {
    Tasks: u64 = counter(
        "day90_tasks_total",
        &[SYSTEM, open("action"), closed("mode", Mode::WORDS), closed("outcome", TaskOutcome::WORDS)],
        "Tasks the system finished, by action, by how far it went on its own (mode) and by outcome. The denominator of every rate."
    );
    TaskDuration: Hist = histogram(
        "day90_task_duration_seconds",
        &[SYSTEM, open("action"), closed("outcome", TaskOutcome::WORDS)],
        TASK_SECONDS,
        "How long tasks took, as their senders measured it."
    );
    StepDuration: Hist = histogram(
        "day90_step_duration_seconds",
        STEP,
        STEP_SECONDS,
        "How long the steps inside tasks took: model calls, tools, retrieval, guardrails, handoffs. Latency where it arises."
    );
    StepFirstToken: Hist = histogram(
        "day90_step_first_token_seconds",
        STEP,
        STEP_SECONDS,
        "Time to the first token of a model step: what a waiting person feels."
    );
    Steps: u64 = counter(
        "day90_steps_total",
        &[SYSTEM, closed("kind", StepKind::WORDS), open("name"), closed("outcome", StepOutcome::WORDS)],
        "Steps finished inside tasks, by kind, name and outcome."
    );
    Tokens: u64 = counter(
        "day90_step_tokens_total",
        &[SYSTEM, closed("kind", StepKind::WORDS), open("name"), closed("direction", Direction::WORDS)],
        "Tokens that steps read (input) and wrote (output)."
    );
}

/// Tasks and their steps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Work {
    tasks: Series<Tasks>,
    task_duration: Series<TaskDuration>,
    step_duration: Series<StepDuration>,
    step_first_token: Series<StepFirstToken>,
    steps: Series<Steps>,
    tokens: Series<Tokens>,
}

parts!(Work { tasks task_duration step_duration step_first_token steps tokens });

impl Restore for Work {}

impl Signal for Work {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::TaskCompleted { .. } => self.task(fold, event),
            Body::StepCompleted { .. } => self.step(fold, event),
            _ => {}
        }
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.tasks.visit(core, sink);
        self.task_duration.visit(core, sink);
        self.step_duration.visit(core, sink);
        self.step_first_token.visit(core, sink);
        self.steps.visit(core, sink);
        self.tokens.visit(core, sink);
    }
}

impl Work {
    fn task(&mut self, fold: &mut Fold<'_>, event: &Event<'_>) {
        let Body::TaskCompleted { action, outcome, mode, duration_seconds, .. } = &event.body else { return };
        let system = fold.system;
        let action = fold.core.label(system, Tasks::FAMILY, Open::Action, action);
        self.tasks.add(fold.core, [system, action, *mode as u32, *outcome as u32], 1);
        let Some(seconds) = duration_seconds else { return };
        self.task_duration.observe(fold.core, [system, action, *outcome as u32], seconds.nanos());
        let objective = fold.core.declared(system).and_then(|declared| declared.objectives.task_duration.as_ref());
        if let Some(good) = objective.map(|objective| *seconds <= objective.seconds) {
            fold.judge(system, Objective::TaskDurationSeconds, good);
        }
    }

    fn step(&mut self, fold: &mut Fold<'_>, event: &Event<'_>) {
        let Body::StepCompleted { kind, name, outcome, duration_seconds, first_token_seconds, .. } = &event.body else {
            return;
        };
        let (core, system) = (&mut *fold.core, fold.system);
        let name = core.label(system, Steps::FAMILY, Open::Name, name);
        let key = [system, *kind as u32, name];
        self.steps.add(core, [system, *kind as u32, name, *outcome as u32], 1);
        if let Some(nanos) = duration_seconds.map(Fixed::nanos) {
            self.step_duration.observe(core, key, nanos);
        }
        if let Some(nanos) = first_token_seconds.map(Fixed::nanos) {
            self.step_first_token.observe(core, key, nanos);
        }
        let Body::StepCompleted { input_tokens, output_tokens, .. } = &event.body else { return };
        for (direction, tokens) in [(Direction::Input, input_tokens), (Direction::Output, output_tokens)] {
            if let Some(tokens) = tokens {
                self.tokens.add(core, [system, *kind as u32, name, direction as u32], *tokens);
            }
        }
    }
}
