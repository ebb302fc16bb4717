//! The fold: events in, series and open cases out. Pure: no I/O, no clock, no async, and it cannot fail.
//!
//! Time and configuration are inputs like events. [`State::advance`] runs what is due (deadlines, maturities, months)
//! before the records of each frame are applied; the operating model is itself a record. So the same journal to the same
//! time gives the same exposition, byte for byte.
//!
//! * [`engine`] is what signals are built from: series, families, labels, lifecycles, timers, ids. It knows no signal.
//! * [`signals`] is the list of signals, a file each, and what they share.
//! * [`views`] is what the page, the API and the checklist ask of a [`Snapshot`].
//! * [`stored`] is the state as a checkpoint keeps it; [`admission`], [`forget`], [`histograms`] and [`clock`] are what is done
//!   to all signals alike, and [`memory`] what the fold says about itself.

pub mod accept;
pub mod admission;
pub mod clock;
pub mod engine;
pub mod forget;
pub mod histograms;
pub mod memory;
pub mod signals;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod views;

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock};

use self::engine::core::{Configured, Core, SystemId};
use self::engine::cow::share;
use self::engine::dedupe::{Dedupe, HashKey, SeenId};
use self::engine::family::{Family, Sink};
use self::engine::lifecycle::rows::Rows;
use self::engine::marks::{Mark, Marks};
use self::engine::natives::Natives;
use self::engine::parts::HasParts;
use self::signals::Signals;
use self::signals::facts::Facts;
use self::signals::fold::Fold;
use self::signals::objectives::{self, Objectives};
use self::signals::rare::RareEvents;
use self::signals::statistics::{self, Statistics};
use self::signals::warnings::{Said, Warnings};
use crate::config::model::{self, Model};
use crate::event::{Body, Event, Timestamp};

pub use self::engine::cow::Share;
pub use self::engine::openings::Openings;

/// Everything that is known, and nothing else.
#[derive(Clone, Debug)]
pub struct State {
    core: Core,
    dedupe: Dedupe,
    key: HashKey,
    facts: Facts,
    statistics: Statistics,
    objectives: Objectives,
    rare: RareEvents,
    signals: Signals,
    warnings: Warnings,
    marks: Marks,
    /// By how much the clock was ahead, all times that it was set right together. Nanoseconds.
    corrected: i64,
    /// As a checkpoint had them, until everything else is read.
    read_natives: Natives,
    /// There is room for what an event adds, and nothing was added or removed since that was checked.
    has_room: bool,
}

share!(State { core dedupe facts statistics objectives rare signals });

/// Every metric family of the fold, in the order in which they are shown.
pub static FAMILIES: LazyLock<Vec<&'static Family>> = LazyLock::new(|| {
    let lists = signals::FAMILIES.iter().copied();
    lists
        .chain([objectives::FAMILIES, statistics::FAMILIES, memory::metrics::FAMILIES, clock::metrics::FAMILIES])
        .flatten()
        .copied()
        .collect()
});

impl State {
    /// An empty state. The key hashes ids, and must be a secret.
    pub fn new(key: HashKey) -> State {
        let mut state = State {
            dedupe: Dedupe::new(Model::default().limits.dedupe_ids),
            core: Core::default(),
            key,
            facts: Facts::default(),
            statistics: Statistics::default(),
            objectives: Objectives::default(),
            rare: RareEvents::default(),
            signals: Signals::default(),
            warnings: Warnings::default(),
            marks: Marks::default(),
            corrected: 0,
            read_natives: Natives::default(),
            has_room: false,
        };
        state.statistics.declare(&mut state.core);
        state
    }

    /// The time that the fold has reached.
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

    /// Runs what is due up to `to`, in order of (due, sequence). Time goes back only by [`State::correct_clock`].
    pub fn advance(&mut self, to: Timestamp) {
        if to <= self.core.now {
            return;
        }
        // What timers count belongs to no event.
        self.core.case.set(None);
        self.warnings.about(None);
        self.has_room = false;
        for day in Marks::days(self.core.now, to) {
            self.run_timers(day);
            self.mark(day);
        }
        self.run_timers(to);
        self.core.now = to;
        let (signals, mut fold) = self.fold_for(0);
        signals.advance(&mut fold);
    }

    /// Runs the timers that are due by then.
    fn run_timers(&mut self, to: Timestamp) {
        while let Some((timer, place)) = self.signals.next_timer().filter(|(timer, _)| timer.due <= to) {
            self.core.now = timer.due.max(self.core.now);
            let (signals, mut fold) = self.fold_for(0);
            signals.run_timer(&mut fold, place);
        }
    }

    /// Notes what every counter has as this day begins.
    fn mark(&mut self, day: Timestamp) {
        let mut mark = Mark::new(day, self.core.limited.clone());
        let signals = self.signals.all().flat_map(|signal| signal.parts());
        let parts = signals.chain(self.objectives.parts()).chain(self.statistics.parts());
        parts.filter_map(|part| part.column()).for_each(|(family, column)| mark.put(family, column));
        self.marks.push(mark);
    }

    /// Takes an operating model into force, from a configuration record.
    pub fn configure(&mut self, model: Model, sequence: u64) {
        self.core.sequence = sequence;
        self.has_room = false;
        let before = Arc::clone(&self.core.model);
        let bounds = self.core.chosen_bounds();
        let State { core, statistics, .. } = self;
        let Configured { ended, renamed } = core.configure(Arc::new(model), &|system| statistics.has_heard_of(system));
        self.divide_ids();
        self.rebucket(&bounds);
        for ended in ended {
            self.facts.drop_system(ended);
            self.rare.drop_system(&mut self.core, ended);
            self.signals.all_mut().for_each(|signal| signal.drop_system(&mut self.core, ended));
        }
        let now = Arc::clone(&self.core.model);
        let systems: Vec<(SystemId, String)> = self.core.systems().map(|(id, name)| (id, name.to_owned())).collect();
        for (system, name) in systems {
            match (before.systems.get(&name), now.systems.get(&name)) {
                (Some(before), Some(now)) if !renamed.contains(&system) => self.declare_changes(system, before, now),
                _ => self.declare(system),
            }
        }
    }

    /// Makes the series that this release shows at 0 and an older one, which wrote the checkpoint, didn't know.
    fn declare_all(&mut self) {
        self.statistics.declare(&mut self.core);
        let systems: Vec<SystemId> = self.core.systems().map(|(id, _)| id).collect();
        systems.into_iter().for_each(|system| self.declare(system));
    }

    fn declare(&mut self, system: SystemId) {
        self.facts.declare(&self.core, system);
        self.objectives.declare(&mut self.core, system);
        self.signals.all_mut().for_each(|signal| signal.declare(&mut self.core, system));
    }

    /// A reload of hundreds of systems changes little: what stays as it was has its series already.
    fn declare_changes(&mut self, system: SystemId, before: &model::System, now: &model::System) {
        let core = &mut self.core;
        if before.exception_path != now.exception_path || before.objectives != now.objectives {
            self.objectives.declare(core, system);
        }
        for signal in self.signals.all_mut().filter(|signal| signal.redeclares(before, now)) {
            signal.declare(core, system);
        }
    }

    /// Why a model cannot come into force: it would join the states of two systems.
    pub fn conflict(&self, model: &Model) -> Option<String> {
        self.core.conflict(model, &|system| self.statistics.has_heard_of(system))
    }

    /// Divides the window of ids between the declared systems.
    fn divide_ids(&mut self) {
        self.dedupe.configure(self.core.model.limits.dedupe_ids, &self.core.declared_systems());
    }

    /// For each of these ids, whether it was seen inside the window; 0 never was.
    pub fn have_seen(&self, ids: &[u128]) -> Vec<bool> {
        self.dedupe.known(ids)
    }

    /// Whether ids are remembered of day90 0.1.0 or 0.2.0, which match any type: see [`State::had_seen`].
    pub fn has_first_ids(&self) -> bool {
        self.dedupe.has_first()
    }

    /// Whether day90 0.1.0 or 0.2.0 took the event's (source, id).
    pub fn had_seen(&self, event: &Event<'_>) -> bool {
        self.first_id_of(event).is_some_and(|id| self.dedupe.contains(id))
    }

    /// Folds one event and marks its id as seen. Called only for what is on disk.
    pub fn apply(&mut self, event: &Event<'_>, sequence: u64) {
        let (id, received) = (self.id_of(event), event.received);
        let system = Some(self.fold(event, sequence));
        if id != 0 {
            self.remember(&[SeenId { id, system, received }]);
        }
    }

    /// The hash of an event's (source, type, id); 0 when it has no id. Without a source, the system as it was sent is the
    /// source.
    pub fn id_of(&self, event: &Event<'_>) -> u128 {
        let source = event.source.as_ref().unwrap_or(&event.system);
        event.id.as_ref().map_or(0, |id| self.key.hash(source, event.body.kind(), id))
    }

    /// The hash of an event's id as day90 0.1.0 and 0.2.0 took it.
    pub fn first_id_of(&self, event: &Event<'_>) -> Option<u128> {
        let source = event.source.as_ref().unwrap_or(&event.system);
        event.id.as_ref().map(|id| self.key.first(source, id))
    }

    /// Marks ids as seen, in order.
    pub fn remember(&mut self, ids: &[SeenId]) {
        self.dedupe.insert_all(ids);
    }

    /// Folds one event, whose id is still to be marked as seen, and says its system.
    pub fn fold(&mut self, event: &Event<'_>, sequence: u64) -> SystemId {
        self.core.sequence = sequence;
        self.core.case.set(event.case.as_deref());
        self.warnings.about(Some(sequence));
        self.make_room();
        // The most frequent events open nothing.
        self.has_room = matches!(event.body, Body::TaskCompleted { .. } | Body::StepCompleted { .. });
        let known = self.core.system_count();
        let system = self.core.system(&event.system);
        if self.core.system_count() > known {
            self.declare(system);
        }
        let event = self.core.by_key(system, event);
        let (signals, mut fold) = self.fold_for(system);
        fold.statistics.apply(fold.core, system, &event);
        fold.facts.apply(fold.core, system, &event);
        fold.rare.apply(fold.core, system, &event);
        signals.apply(&mut fold, &event);
        system
    }

    /// Collects what the senders of the events that are folded from here on should know.
    pub fn begin_warnings(&mut self) {
        self.warnings.begin();
    }

    /// What was collected since [`State::begin_warnings`], each with the sequence number of its event.
    pub fn end_warnings(&mut self) -> Vec<Said> {
        self.warnings.end()
    }

    fn fold_for(&mut self, system: SystemId) -> (&mut Signals, Fold<'_>) {
        let State { core, facts, statistics, objectives, rare, signals, warnings, .. } = self;
        (signals, Fold { core, facts, statistics, objectives, rare, warnings, system, notices: VecDeque::new() })
    }

    /// The lifecycles of all signals.
    fn rows(&self) -> impl Iterator<Item = &dyn Rows> {
        self.signals.all().filter_map(|signal| signal.rows())
    }

    /// A copy at this moment that shares its memory until either side moves on. Quick after [`Share::share`].
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { state: self.clone() }
    }

    /// Rebuilds what a checkpoint doesn't store.
    fn rebuild(&mut self) {
        let core = &mut self.core;
        core.rebuild();
        self.statistics.rebuild(core);
        self.objectives.rebuild(core);
        self.rare.rebuild(core);
        self.signals.all_mut().for_each(|signal| signal.rebuild(core));
        self.divide_ids();
        self.restore_natives();
    }
}

/// The state at one moment, for scrapes, pages and checkpoints.
#[derive(Clone, Debug)]
pub struct Snapshot {
    state: State,
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

    /// As a scraper is shown it: counters and histograms that began after this moment are at 0. Gauges, the detector and
    /// whatever else is asked of the snapshot stay as they are.
    pub fn with_newborn_after(mut self, after: Timestamp) -> Snapshot {
        self.state.core.newborn_after = Some(after);
        self
    }

    /// As the page shows it: counters and histograms with what the last days added; and since when that is, where anything is
    /// known of the days before.
    pub fn of_the_last_days(mut self) -> (Snapshot, Option<Timestamp>) {
        let mark = self.state.marks.window(self.state.core.now);
        let since = mark.as_ref().map(|mark| mark.at);
        self.state.core.mark = mark;
        (self, since)
    }

    /// Writes every family to a sink, in the order of [`FAMILIES`].
    pub fn visit(&self, sink: &mut dyn Sink) {
        let State { core, signals, objectives, statistics, .. } = &self.state;
        signals.all().for_each(|signal| signal.visit(core, sink));
        objectives.visit(core, sink);
        statistics.visit(core, sink);
        self.state.visit_memory(sink);
        self.state.visit_clock(sink);
    }
}
