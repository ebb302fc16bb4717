//! The spike detector: finds when people get more cases than is usual at this hour. Its one setting is how many false pages
//! a month are tolerated. docs/paging.md says how well it does, and compared with what.
//!
//! From the bottom up:
//! * [`detector`] decides, from exposure and escalations alone. [`evidence`] is the test statistic for a rise, [`baseline`]
//!   and [`season`] are the usual ratio, [`noise`] is how much it varies, [`latch`] is an open page, and [`temper`] learns
//!   from false ones.
//! * [`watch`] feeds one system's detector with events and time. [`tasks`] is its exposure, [`causes`] names the queue and
//!   reason that a spike comes from.
//! * [`Spikes`] is the watches of all systems, [`metrics`] their metrics. What people read of them is in [`crate::state::views::spike`].
//!
//! A case counts once, with its first escalation: retries are no spike. Time is the time of receipt.

pub mod arrivals;
pub mod baseline;
pub mod buckets;
pub mod came;
pub mod causes;
pub mod counted;
pub mod declared;
pub mod detector;
pub mod episodes;
pub mod evidence;
pub mod gate;
pub mod hours;
pub mod kept;
pub mod latch;
pub mod maths;
pub mod metrics;
pub mod moment;
pub mod noise;
pub mod pages;
pub mod rises;
pub mod season;
pub mod seconds;
pub mod status;
pub mod tasks;
pub mod temper;
#[cfg(test)]
mod tests;
pub mod watch;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use self::arrivals::Arrival;
use self::declared::{almanac, declared};
pub use self::metrics::FAMILIES;
use self::metrics::{
    Baseline, Dispersion, Onset, Pages, RecentRatio, Score, Spike, SpikeCause, State, Unconfirmed, Wander,
};
pub use self::status::SpikeState;
use self::watch::Watch;
use self::watch::v1::WatchesV1;
use super::fold::Fold;
use super::notice::{EscalatedCase, Notice};
use super::restore::Restore;
use super::signal::{Kinds, Section, Signal};
use crate::config::model;
use crate::event::{Event, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::cow::share;
use crate::state::engine::cow::{CowVec, Derived};
use crate::state::engine::family::{Family, Number, Sink};
use crate::state::engine::metric::Metric;
use crate::state::engine::parts::{HasParts, Part};
use crate::state::engine::timers::{Timer, Timers};

pub const TAKES: Kinds = Kinds::of(&[Kind::TaskCompleted]);
pub const SECTION: Section = Section {
    name: "spikes",
    version: 2,
    since: [0, 3, 0],
    lost: "what the spike detector has learned; it learns again",
};

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

impl Restore for Spikes {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Spikes, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<WatchesV1>(bytes)
                .map(|(stored, rest)| (Spikes { watches: stored.watches(), ..Spikes::default() }, rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

impl Signal for Spikes {
    /// A task was completed.
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        let (now, system) = (fold.core.now, fold.system);
        let watch = self.watch(fold.core, system);
        if watch.hear(now, event.into()) && watch.task(now, event.time) {
            self.set_timer(system);
        }
    }

    /// A case was escalated for the first time.
    fn hear<'a>(&mut self, fold: &mut Fold<'a>, notice: &Notice) {
        let Notice::FirstEscalation(EscalatedCase { system, at, received, cause, .. }) = *notice else { return };
        let arrival = Arrival { time: at, received };
        let (core, now) = (&*fold.core, fold.core.now);
        let watch = self.watch(core, system);
        let cause = (cause.queue, cause.reason);
        if watch.hear(now, arrival) && watch.escalation(now, arrival, cause, || almanac(core, system)) {
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
        if watch.due() == Some(timer.due) && watch.on_timer(timer.due, || almanac(fold.core, system)) {
            self.set_timer(system);
        }
    }

    fn correct(&mut self, core: &mut Core, clock: &Correction) {
        for system in 0..self.watches.len() as SystemId {
            if let Some(Some(watch)) = self.watches.get_mut(system as usize) {
                watch.correct(clock, almanac(core, system));
            }
        }
        self.rebuild_timers();
    }

    /// A system's setting, time zone or calendar may have changed.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let Some(Some(watch)) = self.watches.get_mut(system as usize) else { return };
        watch.configure(core.now, declared(core, system));
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.objectives != now.objectives || before.timezone != now.timezone || before.calendar != now.calendar
    }

    fn drop_system(&mut self, _: &mut Core, system: SystemId) {
        if let Some(watch) = self.watches.get_mut(system as usize) {
            *watch = None;
        }
    }

    fn rebuild(&mut self, core: &mut Core) {
        for system in 0..self.watches.len() as SystemId {
            if let Some(Some(watch)) = self.watches.get_mut(system as usize) {
                watch.recall(declared(core, system));
            }
        }
        self.rebuild_timers();
    }

    /// A system that never sent anything has all series: an alert cannot see an absent series rise.
    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        let count = |of: fn(&Watch) -> u64| move |watch: Option<&Watch>| Some(Number::Count(watch.map_or(0, of)));
        let known = |of: fn(&Watch) -> Option<f64>| move |watch: Option<&Watch>| watch.and_then(of).map(Number::Float);
        let mut each = |family, value: &dyn Fn(Option<&Watch>) -> Option<Number>| self.each(family, core, sink, value);
        // A 0 would say that somebody watches, and silence the rule of last resort.
        each(Spike::FAMILY, &|watch| {
            let watch = watch.filter(|watch| watch.state() != SpikeState::Learning)?;
            Some(Number::Count(u64::from(watch.pages().open.is_some())))
        });
        each(Score::FAMILY, &|watch| Some(Number::Float(watch.map_or(0.0, |watch| watch.detector().score()))));
        each(Baseline::FAMILY, &known(Watch::usual));
        let now = core.now;
        each(RecentRatio::FAMILY, &|watch| watch?.recent_ratio(now).map(Number::Float));
        each(Onset::FAMILY, &|watch| watch?.pages().open.map(|page| page.onset.into()));
        self.visit_causes(core, sink);
        self.visit_states(core, sink);
        let mut each = |family, value: &dyn Fn(Option<&Watch>) -> Option<Number>| self.each(family, core, sink, value);
        each(Pages::FAMILY, &count(|watch| watch.pages().total));
        each(Unconfirmed::FAMILY, &count(|watch| watch.detector().unconfirmed()));
        each(Dispersion::FAMILY, &known(|watch| Some(watch.detector().noise().dispersion())));
        each(Wander::FAMILY, &known(|watch| Some(watch.detector().noise().wander())));
    }
}

impl Spikes {
    /// The number of systems that are watched.
    pub fn len(&self) -> usize {
        self.watches.iter().flatten().count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, system: SystemId) -> Option<&Watch> {
        self.watches.get(system as usize)?.as_ref()
    }

    /// A system's watch, or a new one if it never sent anything.
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

    /// A person says that the ratio since the rise is usual: returns it. `None` when nothing has risen.
    pub fn accept(&mut self, system: SystemId) -> Option<f64> {
        let watch = self.watches.get_mut(system as usize)?.as_mut()?;
        if watch.accept() { watch.usual() } else { None }
    }

    fn watch(&mut self, core: &Core, system: SystemId) -> &mut Watch {
        let slot = self.watches.grow_mut(system as usize);
        slot.get_or_insert_with(|| Watch::new(core.now, declared(core, system)))
    }

    fn set_timer(&mut self, system: SystemId) {
        if let Some(due) = self.get(system).and_then(Watch::due) {
            self.timers.push(Timer { due, born: 0, slot: system });
            if self.timers.is_stale(self.watches.len()) {
                self.rebuild_timers();
            }
        }
    }

    fn rebuild_timers(&mut self) {
        let watches = self.watches.iter().enumerate();
        let timer = |(system, watch): (usize, &Option<Watch>)| {
            Some(Timer { due: watch.as_ref()?.due()?, born: 0, slot: system as SystemId })
        };
        self.timers.0.replace(watches.filter_map(timer));
    }

    fn each(
        &self,
        family: &'static Family,
        core: &Core,
        sink: &mut dyn Sink,
        value: &dyn Fn(Option<&Watch>) -> Option<Number>,
    ) {
        family.announce(sink);
        for (system, name) in core.systems() {
            if let Some(number) = value(self.get(system)) {
                sink.sample(&[name], number);
            }
        }
    }

    fn visit_causes(&self, core: &Core, sink: &mut dyn Sink) {
        SpikeCause::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            let paged = self.get(system).filter(|watch| watch.pages().open.is_some());
            for cause in paged.map(|watch| watch.rose(core.now).causes).unwrap_or_default() {
                let labels = [name, core.labels.text(cause.queue), core.labels.text(cause.reason)];
                sink.sample(&labels, Number::Count(1));
            }
        }
    }

    fn visit_states(&self, core: &Core, sink: &mut dyn Sink) {
        State::FAMILY.announce(sink);
        for (system, name) in core.systems() {
            let now = self.get(system).map_or(SpikeState::Learning, Watch::state);
            for state in SpikeState::ALL {
                sink.sample(&[name, state.as_str()], Number::Count(u64::from(*state == now)));
            }
        }
    }
}
