//! [`Signal`]: what a signal can do. Everything has a default but taking events and showing what was counted, so a signal
//! says only what is special about it.
//!
//! A signal is one file with a type that implements this, and three constants that the list in `signals.rs` reads: `TAKES`
//! (the event types it wants), `FAMILIES` (made by `metrics!`) and `SECTION` (where a checkpoint keeps it).

use std::fmt::Debug;

use super::fold::Fold;
use super::notice::Notice;
use crate::config::model;
use crate::event::{Event, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::correction::Correction;
use crate::state::engine::erasure::Gone;
use crate::state::engine::family::Sink;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::parts::HasParts;
use crate::state::engine::timers::Timer;

/// One family of things that are counted, and what it has to remember for that.
pub trait Signal: HasParts + Debug {
    /// Folds an event of a type in `TAKES`.
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>);
    /// Writes its families, in the order of `FAMILIES`.
    fn visit(&self, core: &Core, sink: &mut dyn Sink);

    /// Learns what another signal found.
    fn hear<'a>(&mut self, _fold: &mut Fold<'a>, _notice: &Notice) {}

    /// Its next timer.
    fn next_timer(&self) -> Option<Timer> {
        self.rows()?.next_timer()
    }
    /// Takes the next timer and does what is due, unless the timer is stale.
    fn run_timer(&mut self, _fold: &mut Fold<'_>) {}
    /// The fold has reached `core.now`, and all timers up to it have run.
    fn advance(&mut self, _fold: &mut Fold<'_>) {}

    /// The clock was ahead: moves what was noted while it was, and isn't in one of its parts. `core` has the right time.
    fn correct(&mut self, _core: &mut Core, _clock: &Correction) {}

    /// Makes the series that a system's declarations imply, so that they are at 0 from the first scrape.
    fn declare(&mut self, _core: &mut Core, _system: SystemId) {}
    /// Whether a reload changed anything that [`Signal::declare`] reads.
    fn redeclares(&self, _before: &model::System, _now: &model::System) -> bool {
        false
    }
    /// Drops what is open in a system that was removed. Its series stay, and aren't shown any more.
    fn drop_system(&mut self, _core: &mut Core, system: SystemId) {
        if let Some(rows) = self.rows_mut() {
            rows.drop_system(system);
        }
    }

    /// Forgets a case, and says how many pieces of work were known of it.
    fn forget_case(&mut self, _core: &mut Core, _gone: &Gone) -> usize {
        0
    }

    /// Its lifecycles, if it has some.
    fn rows(&self) -> Option<&dyn Rows> {
        None
    }
    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        None
    }
    /// Whether the event would open one of its lifecycles that isn't open yet.
    fn would_open(&self, _event: &Event<'_>) -> bool {
        false
    }

    /// Rebuilds what a checkpoint doesn't store.
    fn rebuild(&mut self, core: &mut Core) {
        self.parts_mut().into_iter().for_each(|part| part.rebuild(core));
    }
}

/// A set of event types.
#[derive(Clone, Copy, Debug)]
pub struct Kinds(u128);

impl Kinds {
    pub const fn of(kinds: &[Kind]) -> Kinds {
        let (mut set, mut at) = (0, 0);
        while at < kinds.len() {
            set |= 1 << kinds[at] as u32;
            at += 1;
        }
        Kinds(set)
    }

    #[inline]
    pub const fn has(self, kind: Kind) -> bool {
        self.0 >> kind as u32 & 1 == 1
    }
}

/// A release of day90: major, minor, patch.
pub type Release = [u16; 3];

/// Where a checkpoint keeps a signal. See `state::stored` for the format and for how a section may change.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Signals with one name share a section, in the order of the list of signals.
    pub name: &'static str,
    pub version: u16,
    /// The first release that reads this version.
    pub since: Release,
    /// What a release loses that doesn't know the section and skips it; empty when it must not be skipped.
    pub lost: &'static str,
}

impl Section {
    /// A section that day90 0.1.0 has.
    pub const fn first(name: &'static str) -> Section {
        Section { name, version: 1, since: FIRST, lost: "" }
    }
}

/// The release that wrote the first format of checkpoints.
pub const FIRST: Release = [0, 1, 0];
