//! The fold: events in, series and open cases out. Pure: no I/O, no clock, no async, and it cannot fail.
//!
//! Time and configuration are inputs like events. [`State::advance`] runs what is due (deadlines, maturities,
//! months) before the records of each frame are applied; the operating model is itself a record. So the same
//! journal to the same time gives the same exposition, byte for byte.
//!
//! A signal family is one file: which events it takes, what it keeps, which series it gives. Adding a signal is
//! adding a file, a field in [`State`] and its families in [`FAMILIES`].

pub mod admission;
pub mod engine;
pub mod families;
pub mod forget;
pub mod histograms;
pub mod signals;
pub mod stored;
pub mod views;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::engine::lifecycle;
use self::signals::{
    boundaries, changes, escalations, facts, inputs, itself, objectives, resolutions, reviews, rollbacks, spike, trust,
    upkeep, work,
};

use self::admission::Bytes;
pub use self::admission::Openings;
pub use self::families::FAMILIES;
use crate::config::{Model, model};
use crate::event::{Body, Event, Timestamp};
use crate::state::engine::core::{Core, SystemId, Table, Timer};
pub use crate::state::engine::cow::Share;
use crate::state::engine::cow::share;
use crate::state::engine::dedupe::{Dedupe, HashKey};
use crate::state::engine::family::{Number, Sink};

/// Stale timers that are borne before the heap is made anew: so many, and this part of those that live. A smaller part
/// takes less memory and makes the heap anew more often.
const STALE_TIMERS_MAX: usize = 1_024;
const STALE_TIMERS_PART: usize = 4;

/// Everything that is known, and nothing else. What a checkpoint keeps of it is listed in [`stored`].
#[derive(Clone, Debug)]
pub struct State {
    core: Core,
    dedupe: Dedupe,
    key: HashKey,
    itself: itself::Itself,
    objectives: objectives::Objectives,
    work: work::Work,
    escalations: escalations::Escalations,
    reviews: reviews::Reviews,
    resolutions: resolutions::Resolutions,
    trust: trust::Trust,
    changes: changes::Changes,
    rollbacks: rollbacks::Rollbacks,
    boundaries: boundaries::Boundaries,
    inputs: inputs::Inputs,
    upkeep: upkeep::Upkeep,
    spikes: spike::Spikes,
    /// As a checkpoint had them, until the rest is there.
    read_natives: histograms::Natives,
    /// There is room for what an event adds, and nothing has come or gone since that was seen.
    has_room: bool,
}

share!(State {
    core dedupe itself objectives work escalations reviews resolutions trust changes rollbacks boundaries inputs upkeep spikes
});

impl State {
    /// An empty state. The key hashes ids, and must be a secret.
    pub fn new(key: HashKey) -> State {
        let model = Model::default();
        let mut state = State {
            dedupe: Dedupe::new(model.limits.dedupe_ids),
            core: Core::default(),
            key,
            itself: Default::default(),
            objectives: Default::default(),
            work: Default::default(),
            escalations: Default::default(),
            reviews: Default::default(),
            resolutions: Default::default(),
            trust: Default::default(),
            changes: Default::default(),
            rollbacks: Default::default(),
            boundaries: Default::default(),
            inputs: Default::default(),
            upkeep: Default::default(),
            spikes: Default::default(),
            read_natives: Default::default(),
            has_room: false,
        };
        state.itself.declare(&mut state.core);
        state
    }

    /// The time the fold has come to.
    pub fn now(&self) -> Timestamp {
        self.core.now
    }
    /// The sequence number of the last record.
    pub fn sequence(&self) -> u64 {
        self.core.sequence
    }
    pub fn model(&self) -> &Arc<Model> {
        &self.core.model
    }
    pub fn core(&self) -> &Core {
        &self.core
    }
    pub fn key(&self) -> HashKey {
        self.key
    }

    /// Runs what is due up to `to`, in order of (due, sequence). Time never goes back.
    pub fn advance(&mut self, to: Timestamp) {
        if to <= self.core.now {
            return;
        }
        // What timers count is of no event.
        self.core.case.set(None);
        self.has_room = false;
        while let Some(timer) = self.core.timers.pop_due(to) {
            self.core.now = timer.due.max(self.core.now);
            self.run(timer);
        }
        self.core.now = to;
        self.upkeep.advance(to);
        self.rollbacks.advance(&mut self.core, &mut self.itself);
        self.compact_timers();
    }

    fn run(&mut self, timer: Timer) {
        let (core, itself) = (&mut self.core, &mut self.itself);
        match timer.table {
            Table::Escalations => self.escalations.on_timer(core, itself, &mut self.objectives, timer),
            Table::Reviews => self.reviews.on_timer(core, itself, timer),
            Table::Appeals => self.trust.on_timer(core, itself, timer),
            Table::Rollbacks => self.rollbacks.on_timer(core, itself, &mut self.changes, timer),
            Table::Cases => self.resolutions.on_timer(core, itself, timer),
            Table::Spikes => self.spikes.on_timer(core, timer),
        }
    }

    /// Takes an operating model into force, from a configuration record.
    pub fn configure(&mut self, model: Model, sequence: u64) {
        self.core.sequence = sequence;
        self.has_room = false;
        self.dedupe.resize(model.limits.dedupe_ids);
        let before = Arc::clone(&self.core.model);
        let bounds = self.core.chosen_bounds();
        let removed = self.core.configure(Arc::new(model));
        self.rebucket(&bounds);
        for removed in removed {
            self.escalations.drop_system(removed);
            self.reviews.drop_system(removed);
            self.resolutions.drop_system(removed);
            self.trust.drop_system(&mut self.core, removed);
            self.changes.drop_system(removed);
            self.rollbacks.drop_system(removed);
            self.upkeep.drop_system(removed);
            self.spikes.drop_system(removed);
            self.core.facts.drop_system(removed);
        }
        let now = Arc::clone(&self.core.model);
        let systems: Vec<(SystemId, String)> = self.core.systems().map(|(id, name)| (id, name.to_owned())).collect();
        for (system, name) in systems {
            match (before.systems.get(&name), now.systems.get(&name)) {
                (Some(before), Some(now)) => self.declare_changes(system, before, now),
                _ => self.declare(system),
            }
        }
    }

    /// A reload of hundreds of systems changes little: what stays as it was has its series already.
    fn declare_changes(&mut self, system: SystemId, before: &model::System, now: &model::System) {
        let core = &mut self.core;
        let path = before.exception_path != now.exception_path;
        if path {
            self.escalations.declare(core, system);
        }
        if path || before.objectives != now.objectives {
            self.objectives.declare(core, system);
        }
        if before.review_queues != now.review_queues {
            self.reviews.declare(core, system);
        }
        if before.rollback != now.rollback {
            self.rollbacks.declare(core, system);
        }
        if before.boundaries != now.boundaries {
            self.boundaries.declare(core, system);
        }
        if before.inputs != now.inputs {
            self.inputs.declare(core, system);
        }
        if before.maintenance != now.maintenance {
            self.upkeep.declare(core, system);
        }
        if before.objectives != now.objectives || before.timezone != now.timezone {
            self.spikes.declare(core, system);
        }
    }

    /// Which of these ids were seen inside the window; 0 never was.
    pub fn have_seen(&self, ids: &[u128]) -> Vec<bool> {
        self.dedupe.known(ids)
    }

    /// Folds one event and marks its id as seen. Called only for what is on disk.
    pub fn apply(&mut self, event: &Event<'_>, sequence: u64) {
        self.fold(event, sequence);
        let id = self.id_of(event);
        if id != 0 {
            self.remember(&[(id, event.received)]);
        }
    }

    /// The hash of an event's (source, id); 0 when it has no id.
    pub fn id_of(&self, event: &Event<'_>) -> u128 {
        event.id.as_ref().map_or(0, |id| self.key.hash(event.source.as_ref().unwrap_or(&event.system), id))
    }

    /// Marks ids as seen, each with the time at which its event was received, in order.
    pub fn remember(&mut self, ids: &[(u128, Timestamp)]) {
        ids.iter().for_each(|(id, received)| self.dedupe.insert(*id, *received));
    }

    /// Folds one event, whose id is still to be marked as seen.
    pub fn fold(&mut self, event: &Event<'_>, sequence: u64) {
        self.core.sequence = sequence;
        self.core.case.set(event.case.as_deref());
        self.make_room();
        // The most frequent events open nothing.
        self.has_room = matches!(event.body, Body::TaskCompleted { .. } | Body::StepCompleted { .. });
        let known = self.core.system_count();
        let system = self.core.system(&event.system);
        if self.core.system_count() > known {
            self.declare(system);
        }
        let (core, itself, objectives) = (&mut self.core, &mut self.itself, &mut self.objectives);
        itself.apply(core, system, event);
        facts::apply(core, system, event);
        match &event.body {
            Body::TaskCompleted { .. } => {
                self.work.apply(core, objectives, system, event);
                self.boundaries.apply(core, system, event);
                self.spikes.task(core, system, event);
            }
            Body::StepCompleted { .. } => self.work.apply(core, objectives, system, event),
            Body::EscalationOpened { .. } => {
                let cause = self.escalations.apply(core, itself, objectives, system, event);
                if self.resolutions.escalate(core, system, event) {
                    self.spikes.escalation(core, system, event, cause);
                }
            }
            Body::EscalationAcknowledged { .. }
            | Body::EscalationReassigned { .. }
            | Body::EscalationResolved { .. } => {
                self.escalations.apply(core, itself, objectives, system, event);
            }
            Body::ReviewRequested { .. }
            | Body::ReviewStarted { .. }
            | Body::ReviewCompleted { .. }
            | Body::ReviewAudited { .. } => {
                self.reviews.apply(core, itself, objectives, system, event);
            }
            Body::CaseClosed { .. } | Body::CaseReopened { .. } => self.resolutions.apply(core, itself, system, event),
            Body::AppealOpened { .. } | Body::AppealDecided { .. } | Body::FeedbackReceived { .. } => {
                self.trust.apply(core, itself, objectives, system, event);
            }
            Body::ChangeDeployed { .. } => self.changes.apply(core, system, event),
            Body::RollbackStarted { .. }
            | Body::RollbackCompleted { .. }
            | Body::FallbackEnded
            | Body::DrillCompleted { .. } => {
                self.rollbacks.apply(core, itself, &mut self.changes, system, event);
            }
            Body::InputChecked { .. } => self.inputs.apply(core, system, event),
            Body::ActionAttempted { .. } => self.boundaries.apply(core, system, event),
            Body::EvaluationCompleted { .. }
            | Body::MaintenanceRecorded { .. }
            | Body::CostRecorded { .. }
            | Body::OwnerAttested { .. } => {
                self.upkeep.apply(core, system, event);
            }
        }
    }

    fn lifecycles(&self) -> [(&'static str, lifecycle::Counts); 4] {
        [
            ("escalation", self.escalations.rows().counts()),
            ("review", self.reviews.rows().counts()),
            ("appeal", self.trust.appeals().counts()),
            ("rollback", self.rollbacks.rows().counts()),
        ]
    }

    fn declare(&mut self, system: SystemId) {
        let core = &mut self.core;
        facts::declare(core, system);
        self.objectives.declare(core, system);
        self.escalations.declare(core, system);
        self.reviews.declare(core, system);
        self.trust.declare(core, system);
        self.changes.declare(core, system);
        self.rollbacks.declare(core, system);
        self.boundaries.declare(core, system);
        self.inputs.declare(core, system);
        self.upkeep.declare(core, system);
        self.spikes.declare(core, system);
    }

    /// A copy at this moment that shares its memory until either side moves on. Quick after [`Share::share`].
    pub fn snapshot(&self) -> Snapshot {
        let (lifecycles, series, bytes) = (self.lifecycles(), self.core.series, self.bytes());
        let mut state = self.clone();
        state.core.series = series;
        Snapshot { state, lifecycles, bytes }
    }

    fn rebuild(&mut self) {
        let core = &mut self.core;
        core.rebuild();
        self.dedupe.resize(core.model.limits.dedupe_ids);
        self.itself.rebuild(core);
        self.objectives.rebuild(core);
        self.work.rebuild(core);
        self.escalations.rebuild(core);
        self.reviews.rebuild(core);
        self.resolutions.rebuild(core);
        self.trust.rebuild(core);
        self.changes.rebuild(core);
        self.rollbacks.rebuild(core);
        self.boundaries.rebuild(core);
        self.inputs.rebuild(core);
        self.upkeep.rebuild(core);
        self.restore_natives();
        self.restore_timers();
    }

    fn compact_timers(&mut self) {
        let rows =
            self.lifecycles().iter().map(|(_, counts)| counts.open + counts.waiting + counts.finished).sum::<usize>();
        let cases = self.resolutions.rows().counts();
        let living = rows + cases.waiting + cases.finished + self.core.system_count();
        if self.core.timers.len() > living + living / STALE_TIMERS_PART + STALE_TIMERS_MAX {
            self.restore_timers();
        }
    }

    fn restore_timers(&mut self) {
        let timers = self.escalations.rows().timers();
        let timers = timers.chain(self.reviews.rows().timers()).chain(self.trust.appeals().timers());
        let timers = timers.chain(self.rollbacks.rows().timers()).chain(self.resolutions.rows().timers());
        let timers = timers.chain(self.spikes.timers());
        self.core.timers.replace(timers);
    }
}

/// The state at one moment, for scrapes, pages and checkpoints.
#[derive(Clone, Debug)]
pub struct Snapshot {
    state: State,
    lifecycles: [(&'static str, lifecycle::Counts); 4],
    bytes: Bytes,
}

impl Snapshot {
    pub fn now(&self) -> Timestamp {
        self.state.core.now
    }
    pub fn sequence(&self) -> u64 {
        self.state.core.sequence
    }
    pub fn model(&self) -> &Model {
        &self.state.core.model
    }

    /// Pours every family into a sink, in the order of [`FAMILIES`].
    pub fn visit(&self, sink: &mut dyn Sink) {
        let State { core, .. } = &self.state;
        self.state.work.visit(core, sink);
        self.state.escalations.visit(core, sink);
        self.state.spikes.visit(core, sink);
        self.state.reviews.visit(core, sink);
        self.state.changes.visit(core, sink);
        self.state.rollbacks.visit(core, sink);
        self.state.resolutions.visit(core, sink);
        self.state.trust.visit(core, sink);
        self.state.boundaries.visit(core, sink);
        self.state.upkeep.visit(core, sink);
        self.state.inputs.visit(core, sink);
        self.state.objectives.visit(core, sink);
        self.state.itself.visit(core, sink);
        families::SERIES.announce(sink);
        sink.sample(&[], Number::Count(core.series as u64));
        families::OPEN_LIFECYCLES.announce(sink);
        for (family, counts) in self.lifecycles {
            sink.sample(&[family], Number::Count(counts.open as u64));
        }
        families::FORGOTTEN.announce(sink);
        for (kind, count) in Table::WORDS.iter().zip(core.forgotten) {
            sink.sample(&[kind], Number::Count(count));
        }
        families::MEMORY.announce(sink);
        for (part, taken) in self.bytes.taken {
            sink.sample(&[part], Number::Count(taken));
        }
        families::MEMORY_ROOM.announce(sink);
        if core.model.limits.state_bytes < u64::MAX {
            for (part, room) in self.bytes.room {
                sink.sample(&[part], Number::Count(room));
            }
        }
        families::DEDUPE_IDS.announce(sink);
        sink.sample(&[], Number::Count(self.state.dedupe.len() as u64));
        families::DEDUPE_SECONDS.announce(sink);
        if let Some(oldest) = self.state.dedupe.reaches_back_to() {
            sink.sample(&[], Number::Nanos(i128::from(core.now.since(oldest))));
        }
    }
}
