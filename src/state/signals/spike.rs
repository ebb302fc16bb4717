//! Spikes: when people get more cases than is usual at this hour, with one setting: how many false pages a month one bears.
//!
//! * [`detector`] decides, from exposure and escalations alone: [`evidence`] adds up what speaks for a rise, [`baseline`]
//!   and [`season`] know what is usual, [`noise`] how unsteady that is, [`latch`] when a page is over. docs/paging.md says
//!   how well it does, against what.
//! * [`watch`] is one system's detector among its events and in time; [`tasks`] is its exposure, [`causes`] names queue
//!   and reason.
//! * [`report`] is what people read of it.
//!
//! A case counts once, with its first escalation: retries are no spike. The detector is fed by time of receipt.

pub mod baseline;
pub mod causes;
pub mod detector;
pub mod evidence;
pub mod hours;
pub mod latch;
pub mod maths;
pub mod noise;
pub mod report;
pub mod season;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod watch;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use self::watch::{Declared, Watch};
use super::fold::Fold;
use super::notice::Notice;
use super::signal::{Kinds, Section, Signal};
use crate::config::model;
use crate::event::{Event, Kind, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::share;
use crate::state::engine::cow::{CowVec, Derived};
use crate::state::engine::family::{Family, Label, Number, SYSTEM, Sink, closed, counter, gauge};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::{HasParts, Part};
use crate::state::engine::timers::{Timer, Timers};

pub const TAKES: Kinds = Kinds::of(&[Kind::TaskCompleted]);
pub const SECTION: Section = Section {
    name: "spikes",
    version: 1,
    since: [0, 2, 0],
    lost: "what the spike detector has learned; it learns again",
};

words!(/// What the detector says of a system.
    SpikeState { Learning = "learning", Ok = "ok", Page = "page", NewNormal = "new_normal" });

const SYSTEMS: &[Label] = &[SYSTEM];

metrics! {
    Spike: Computed = gauge(
        "day90_escalation_spike",
        SYSTEMS,
        "1 while escalations are above what is usual at this hour, beyond chance; else 0. Page on 1, without waiting: it stays at least five minutes."
    );
    Score: Computed = gauge(
        "day90_escalation_spike_score",
        SYSTEMS,
        "How much speaks for a spike, on a scale on which 1 is a page; at least 1 while it lasts."
    );
    Baseline: Computed = gauge(
        "day90_escalation_baseline_ratio",
        SYSTEMS,
        "Escalated cases for each completed task that are usual at this hour; for each second in a system that sends no tasks. Absent while nothing is known."
    );
    RecentRatio: Computed = gauge(
        "day90_escalation_recent_ratio",
        SYSTEMS,
        "Escalated cases for each completed task lately (each second in a system that sends no tasks): since about the onset while a page is open, else over the last hour or so. Absent while nothing comes."
    );
    Onset: Computed = gauge(
        "day90_escalation_spike_onset_timestamp_seconds",
        SYSTEMS,
        "About when escalations began to rise, as a Unix time; absent while there is no page."
    );
    State: Computed = gauge(
        "day90_escalation_spike_state",
        &[SYSTEM, closed("state", SpikeState::WORDS)],
        "1 for the state of the detector, 0 for the others. learning: too little was seen, it pages only for what stands out from little; new_normal: a rise stayed for a day and is usual now."
    );
    Pages: Computed = counter("day90_escalation_spikes_total", SYSTEMS, "Pages that the detector opened.");
    Unconfirmed: Computed = counter(
        "day90_escalation_spikes_unconfirmed_total",
        SYSTEMS,
        "Pages that what came after them did not confirm: the detector's own count of false ones. Hold it against false_pages_per_month."
    );
    Dispersion: Computed = gauge(
        "day90_escalation_dispersion_ratio",
        SYSTEMS,
        "Variance of escalation counts over their mean while nothing is wrong: 1 is chance alone, above 2 they come in bursts and pages come later."
    );
    Wander: Computed = gauge(
        "day90_escalation_wander_ratio",
        SYSTEMS,
        "By what part the usual ratio drifts to and fro over hours while nothing is wrong. Rises within that are not paged."
    );
}

/// The watches of all systems, by number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Spikes {
    watches: CowVec<Option<Watch>, 4>,
    #[serde(skip)]
    timers: Derived<Timers>,
}

share!(Spikes { watches });

/// It has no series: its samples are made from the watches.
impl HasParts for Spikes {
    fn parts(&self) -> Vec<&dyn Part> {
        Vec::new()
    }
    fn parts_mut(&mut self) -> Vec<&mut dyn Part> {
        Vec::new()
    }
}

impl Signal for Spikes {
    /// A task was completed.
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let (now, system) = (fold.core.now, fold.system);
        let watch = self.watch(fold.core, system);
        if watch.hear(now, event) && watch.task(now, event.time) {
            self.set_timer(system);
        }
    }

    /// A case was escalated for the first time.
    fn hear<'a>(&mut self, fold: &mut Fold<'a>, notice: &Notice<'a>) {
        let Notice::FirstEscalation { system, event, cause } = *notice else { return };
        let (core, now) = (&*fold.core, fold.core.now);
        let watch = self.watch(core, system);
        let cause = (cause.queue, cause.reason);
        if watch.hear(now, event) && watch.escalation(now, event, cause, || timezone(core, system)) {
            self.set_timer(system);
        }
    }

    fn next_timer(&self) -> Option<Timer> {
        self.timers.peek()
    }

    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let Some(timer) = self.timers.pop() else { return };
        let system = timer.slot;
        let Some(Some(watch)) = self.watches.get_mut(system as usize) else { return };
        if watch.due() == Some(timer.due) && watch.on_timer(timer.due, || timezone(fold.core, system)) {
            self.set_timer(system);
        }
    }

    fn advance(&mut self, _: &mut Fold<'_>) {
        if self.timers.is_stale(self.watches.len()) {
            self.rebuild_timers();
        }
    }

    /// A system's setting or time zone may have changed.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let Some(Some(watch)) = self.watches.get_mut(system as usize) else { return };
        watch.configure(core.now, declared(core, system));
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.objectives != now.objectives || before.timezone != now.timezone
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        if let Some(watch) = self.watches.get_mut(system as usize) {
            *watch = None;
        }
    }

    fn rebuild(&mut self, _: &mut Core) {
        self.rebuild_timers();
    }

    /// A system that never sent anything has a state and no page: what is absent can't rise.
    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        let each = |family: &'static Family, sink: &mut dyn Sink, value: &dyn Fn(Option<&Watch>) -> Option<Number>| {
            family.announce(sink);
            for (system, name) in core.systems() {
                if let Some(number) = value(self.get(system)) {
                    sink.sample(&[name], number);
                }
            }
        };
        let count = |of: fn(&Watch) -> u64| move |watch: Option<&Watch>| Some(Number::Count(watch.map_or(0, of)));
        let known = |of: fn(&Watch) -> Option<f64>| move |watch: Option<&Watch>| watch.and_then(of).map(Number::Float);
        each(Spike::FAMILY, sink, &count(|watch| u64::from(watch.page.is_some())));
        each(Score::FAMILY, sink, &|watch| Some(Number::Float(watch.map_or(0.0, |watch| watch.detector().score()))));
        each(Baseline::FAMILY, sink, &known(Watch::usual));
        each(RecentRatio::FAMILY, sink, &known(|watch| watch.lately().ratio()));
        each(Onset::FAMILY, sink, &|watch| watch?.page.map(|page| page.onset.into()));
        State::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            let now = self.get(system).map_or(SpikeState::Learning, Watch::state);
            for state in SpikeState::ALL {
                sink.sample(&[name, state.as_str()], Number::Count(u64::from(*state == now)));
            }
        }
        each(Pages::FAMILY, sink, &count(|watch| watch.pages));
        each(Unconfirmed::FAMILY, sink, &count(|watch| watch.detector().unconfirmed()));
        each(Dispersion::FAMILY, sink, &known(|watch| Some(watch.detector().noise().dispersion())));
        each(Wander::FAMILY, sink, &known(|watch| Some(watch.detector().noise().wander())));
    }
}

impl Spikes {
    /// Systems that are watched.
    pub fn len(&self) -> usize {
        self.watches.iter().flatten().count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, system: SystemId) -> Option<&Watch> {
        self.watches.get(system as usize)?.as_ref()
    }

    /// A system's watch, or what it would be with the first event.
    pub fn get_or_new(&self, core: &Core, system: SystemId) -> Cow<'_, Watch> {
        match self.get(system) {
            Some(watch) => Cow::Borrowed(watch),
            None => Cow::Owned(Watch::new(core.now, declared(core, system))),
        }
    }

    /// Memory in use, at most. Bytes.
    pub fn bytes(&self) -> usize {
        self.watches.len() * (size_of::<Option<Watch>>() + Watch::HEAP_BYTES)
    }

    fn watch(&mut self, core: &Core, system: SystemId) -> &mut Watch {
        let slot = self.watches.grow_mut(system as usize);
        slot.get_or_insert_with(|| Watch::new(core.now, declared(core, system)))
    }

    fn set_timer(&mut self, system: SystemId) {
        if let Some(due) = self.get(system).and_then(Watch::due) {
            self.timers.push(Timer { due, born: 0, slot: system });
        }
    }

    fn rebuild_timers(&mut self) {
        let watches = self.watches.iter().enumerate();
        let timer = |(system, watch): (usize, &Option<Watch>)| {
            Some(Timer { due: watch.as_ref()?.due()?, born: 0, slot: system as SystemId })
        };
        self.timers.0.replace(watches.filter_map(timer));
    }
}

impl Watch {
    pub fn state(&self) -> SpikeState {
        if self.page.is_some() {
            SpikeState::Page
        } else if self.new_normal_until.is_some() {
            SpikeState::NewNormal
        } else if self.detector().is_learning() {
            SpikeState::Learning
        } else {
            SpikeState::Ok
        }
    }
}

fn timezone(core: &Core, system: SystemId) -> &str {
    core.declared(system).map_or("", |declared| &declared.timezone)
}

fn declared(core: &Core, system: SystemId) -> Declared<'_> {
    let declared = core.declared(system);
    let setting = declared.and_then(|declared| declared.objectives.false_pages_per_month);
    Declared {
        false_pages_per_month: setting.map_or(1.0, |setting| setting.nanos() as f64 / 1e9),
        timezone: timezone(core, system),
    }
}
