//! The spike detector: finds when people get more cases than is usual at this hour. Its one setting is how many false pages
//! a month are tolerated. docs/paging.md says how well it does, and compared with what.
//!
//! From the bottom up:
//! * [`detector`] decides, from exposure and escalations alone. [`evidence`] is the test statistic for a rise, [`baseline`]
//!   and [`season`] are the usual ratio, [`noise`] is how much it varies, [`latch`] is an open page, and [`temper`] learns
//!   from false ones.
//! * [`watch`] feeds one system's detector with events and time. [`tasks`] is its exposure, [`causes`] names the queue and
//!   reason that a spike comes from.
//! * [`Spikes`] is the watches of all systems, [`families`] their metrics, [`report`] what people read.
//!
//! A case counts once, with its first escalation: retries are no spike. Time is the time of receipt.

pub mod arrivals;
pub mod ask;
pub mod baseline;
pub mod causes;
pub mod counted;
pub mod declared;
pub mod detector;
pub mod evidence;
pub mod families;
pub mod hours;
pub mod latch;
pub mod maths;
pub mod moment;
pub mod noise;
pub mod pages;
pub mod report;
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

use self::declared::{declared, timezone};
use self::watch::Watch;
use crate::event::{Event, Timestamp};
use crate::state::engine::core::{Core, SystemId, Table, Timer};
use crate::state::engine::cow::{CowVec, share};
use crate::state::engine::family::{Family, Number, Sink};
use crate::state::engine::labels::Sym;

pub use self::families::{BASELINE, DISPERSION, ONSET, RECENT, SCORE, SPIKE, SPIKES, STATE, UNCONFIRMED, WANDER};
pub use self::status::SpikeState;

/// The watches of all systems, by number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Spikes {
    watches: CowVec<Option<Watch>, 4>,
}

share!(Spikes { watches });

impl Spikes {
    /// A task was completed.
    pub fn task(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        let now = core.now;
        let watch = self.watch(core, system);
        if watch.hear(now, event) && watch.task(now, event.time) {
            self.set_timer(core, system);
        }
    }

    /// A case was escalated for the first time, to this queue for this reason.
    pub fn escalation(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>, cause: (Sym, Sym)) {
        let now = core.now;
        let watch = self.watch(core, system);
        if watch.hear(now, event) && watch.escalation(now, event, cause, || timezone(core, system)) {
            self.set_timer(core, system);
        }
    }

    pub fn on_timer(&mut self, core: &mut Core, timer: Timer) {
        let system = timer.slot;
        let Some(Some(watch)) = self.watches.get_mut(system as usize) else { return };
        if watch.due() == Some(timer.due) && watch.on_timer(timer.due, || timezone(core, system)) {
            self.set_timer(core, system);
        }
    }

    /// A system's setting or time zone may have changed.
    pub fn declare(&mut self, core: &Core, system: SystemId) {
        let Some(Some(watch)) = self.watches.get_mut(system as usize) else { return };
        watch.configure(core.now, declared(core, system));
    }

    pub fn drop_system(&mut self, system: SystemId) {
        if let Some(watch) = self.watches.get_mut(system as usize) {
            *watch = None;
        }
    }

    /// The timers of all systems, for a restored state.
    pub fn timers(&self) -> impl Iterator<Item = Timer> {
        let watches = self.watches.iter().enumerate();
        watches.filter_map(|(system, watch)| Some(timer_of(system as SystemId, watch.as_ref()?.due()?)))
    }

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

    /// A system's watch, or a new one if nothing was heard of the system.
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

    fn set_timer(&mut self, core: &mut Core, system: SystemId) {
        if let Some(due) = self.get(system).and_then(Watch::due) {
            core.timers.push(timer_of(system, due));
        }
    }

    /// A system that nothing was heard of has all series at once: an alert cannot see an absent series rise.
    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        let count = |of: fn(&Watch) -> u64| move |watch: Option<&Watch>| Some(Number::Count(watch.map_or(0, of)));
        let known = |of: fn(&Watch) -> Option<f64>| move |watch: Option<&Watch>| watch.and_then(of).map(Number::Float);
        let mut each = |family, value: &dyn Fn(Option<&Watch>) -> Option<Number>| self.each(family, core, sink, value);
        each(&SPIKE, &count(|watch| u64::from(watch.pages().open.is_some())));
        each(&SCORE, &|watch| Some(Number::Float(watch.map_or(0.0, |watch| watch.detector().score()))));
        each(&BASELINE, &known(Watch::usual));
        each(&RECENT, &known(|watch| watch.lately().ratio()));
        each(&ONSET, &|watch| watch?.pages().open.map(|page| Number::Nanos(i128::from(page.onset.nanos()))));
        self.visit_states(core, sink);
        let mut each = |family, value: &dyn Fn(Option<&Watch>) -> Option<Number>| self.each(family, core, sink, value);
        each(&SPIKES, &count(|watch| watch.pages().total));
        each(&UNCONFIRMED, &count(|watch| watch.detector().unconfirmed()));
        each(&DISPERSION, &known(|watch| Some(watch.detector().noise().dispersion())));
        each(&WANDER, &known(|watch| Some(watch.detector().noise().wander())));
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

    fn visit_states(&self, core: &Core, sink: &mut dyn Sink) {
        STATE.announce(sink);
        for (system, name) in core.systems() {
            let now = self.get(system).map_or(SpikeState::Learning, Watch::state);
            for state in SpikeState::ALL {
                sink.sample(&[name, state.as_str()], Number::Count(u64::from(*state == now)));
            }
        }
    }
}

fn timer_of(system: SystemId, due: Timestamp) -> Timer {
    Timer { due, born: 0, table: Table::Spikes, slot: system }
}
