//! Work and latency: tasks are the denominator of every rate; steps show where time and tokens go.

use serde::{Deserialize, Serialize};

use super::objectives::{Objective, Objectives};
use crate::event::{Body, Event, Mode, StepKind, StepOutcome, TaskOutcome};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Family, SYSTEM, Sink, closed, counter, histogram, open};
use crate::state::engine::labels::Open;
use crate::state::engine::series::{Hist, Series};

/// A task takes from a tenth of a second to an hour.
const TASK_SECONDS: &[f64] =
    &[0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
/// A step takes from ten milliseconds to five minutes.
const STEP_SECONDS: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0];
const STEP: &[crate::state::engine::family::Label] = &[SYSTEM, closed("kind", StepKind::WORDS), open("name")];
const DIRECTIONS: &[&str] = &["input", "output"];

pub static TASKS: Family = counter(
    "day90_tasks_total",
    &[SYSTEM, open("action"), closed("mode", Mode::WORDS), closed("outcome", TaskOutcome::WORDS)],
    "Tasks the system finished, by action, by how far it went on its own (mode) and by outcome. The denominator of every rate.",
);
pub static TASK_DURATION: Family = histogram(
    "day90_task_duration_seconds",
    &[SYSTEM, open("action"), closed("outcome", TaskOutcome::WORDS)],
    TASK_SECONDS,
    "How long tasks took, as their senders measured it.",
);
pub static STEP_DURATION: Family = histogram(
    "day90_step_duration_seconds",
    STEP,
    STEP_SECONDS,
    "How long the steps inside tasks took: model calls, tools, retrieval, guardrails, handoffs. Latency where it arises.",
);
pub static STEP_FIRST_TOKEN: Family = histogram(
    "day90_step_first_token_seconds",
    STEP,
    STEP_SECONDS,
    "Time to the first token of a model step: what a waiting person feels.",
);
pub static STEPS: Family = counter(
    "day90_steps_total",
    &[SYSTEM, closed("kind", StepKind::WORDS), open("name"), closed("outcome", StepOutcome::WORDS)],
    "Steps finished inside tasks, by kind, name and outcome.",
);
pub static TOKENS: Family = counter(
    "day90_step_tokens_total",
    &[SYSTEM, closed("kind", StepKind::WORDS), open("name"), closed("direction", DIRECTIONS)],
    "Tokens that steps read (input) and wrote (output).",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Work {
    tasks: Series<4, u64>,
    pub(crate) task_duration: Series<3, Hist>,
    pub(crate) step_duration: Series<3, Hist>,
    pub(crate) step_first_token: Series<3, Hist>,
    steps: Series<4, u64>,
    tokens: Series<4, u64>,
}

share!(Work { tasks task_duration step_duration step_first_token steps tokens });

impl Work {
    pub fn apply(&mut self, core: &mut Core, objectives: &mut Objectives, system: SystemId, event: &Event<'_>) {
        match &event.body {
            Body::TaskCompleted { action, outcome, mode, duration_seconds, .. } => {
                let action = core.label(system, &TASKS, Open::Action, action);
                self.tasks.add(core, &TASKS, [system, action, *mode as u32, *outcome as u32], 1);
                if let Some(seconds) = duration_seconds {
                    self.task_duration.observe(
                        core,
                        &TASK_DURATION,
                        [system, action, *outcome as u32],
                        seconds.nanos(),
                    );
                    let objective =
                        core.declared(system).and_then(|declared| declared.objectives.task_duration.as_ref());
                    if let Some(good) = objective.map(|objective| *seconds <= objective.seconds) {
                        objectives.judge(core, system, Objective::TaskDurationSeconds, good);
                    }
                }
            }
            Body::StepCompleted {
                kind,
                name,
                outcome,
                duration_seconds,
                first_token_seconds,
                input_tokens,
                output_tokens,
            } => {
                let name = core.label(system, &STEPS, Open::Name, name);
                let key = [system, *kind as u32, name];
                self.steps.add(core, &STEPS, [system, *kind as u32, name, *outcome as u32], 1);
                if let Some(seconds) = duration_seconds {
                    self.step_duration.observe(core, &STEP_DURATION, key, seconds.nanos());
                }
                if let Some(seconds) = first_token_seconds {
                    self.step_first_token.observe(core, &STEP_FIRST_TOKEN, key, seconds.nanos());
                }
                for (direction, tokens) in [input_tokens, output_tokens].into_iter().enumerate() {
                    if let Some(tokens) = tokens {
                        self.tokens.add(core, &TOKENS, [system, *kind as u32, name, direction as u32], *tokens);
                    }
                }
            }
            _ => {}
        }
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.tasks.rebuild(core, &TASKS);
        self.task_duration.rebuild(core, &TASK_DURATION);
        self.step_duration.rebuild(core, &STEP_DURATION);
        self.step_first_token.rebuild(core, &STEP_FIRST_TOKEN);
        self.steps.rebuild(core, &STEPS);
        self.tokens.rebuild(core, &TOKENS);
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.tasks.visit(core, &TASKS, sink);
        self.task_duration.visit_histograms(core, &TASK_DURATION, sink);
        self.step_duration.visit_histograms(core, &STEP_DURATION, sink);
        self.step_first_token.visit_histograms(core, &STEP_FIRST_TOKEN, sink);
        self.steps.visit(core, &STEPS, sink);
        self.tokens.visit(core, &TOKENS, sink);
    }
}
