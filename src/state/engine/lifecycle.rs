//! [`Lifecycles`]: the open, waiting and recently finished pieces of work of one kind.
//!
//! Events come in any order: an acknowledgement may arrive before the opening that it belongs to. Each row collects the
//! stages that have arrived and says which *facts* follow from them; whoever feeds it counts the facts that are new. So the
//! same stages give the same counts in any order. [`rounds`] has cases, which may have several rounds; [`steps`] is for
//! kinds that happen once.
//!
//! A row is named by a 128-bit hash of (system, name), and lives in a slot. Rows wait for their opening, are open, or are
//! finished and remembered, so that a repeat is known as one. The table is bounded: the oldest finished rows are
//! forgotten first, and openings over the bound never get here (see `state::admission`).

mod cases;
mod names;
pub mod round;
pub mod rounds;
pub mod rows;
pub mod steps;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use self::names::Names;
use self::rows::{Counts, OpenOf, Phase, Rows, Stages};
use super::core::{Core, SystemId};
use super::correction::Correction;
use super::cow::{CowVec, Derived, Share};
use super::erasure::Gone;
use super::parts::Part;
use super::timers::{Timer, Timers};

/// Rows of one kind that wait for their opening, at most. One more is an orphan at once.
pub const WAITING_MAX: usize = 100_000;

/// Look for stale entries among the finished rows once there are more than this and half of all.
const STALE_MAX: usize = 64;

/// A row owns memory, so few are copied together when a checkpoint still holds their chunk.
const ROWS_IN_A_CHUNK: usize = 16;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row<T> {
    name: u128,
    born: u64,
    /// The sequence number at which it finished; 0 before.
    finished: u64,
    stages: T,
}

impl<T> Row<T> {
    /// Whether it finished with the event whose sequence number has this lower half.
    fn finished_at(&self, end: u32) -> bool {
        self.finished != 0 && self.finished as u32 == end
    }
}

/// All rows of one kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Lifecycles<T: Clone> {
    rows: CowVec<Option<Row<T>>, ROWS_IN_A_CHUNK>,
    #[serde(skip)]
    names: Derived<Names>,
    #[serde(skip)]
    free: Derived<Vec<u32>>,
    /// Finished rows, oldest first; may be stale.
    #[serde(skip)]
    finished: Derived<VecDeque<Finished>>,
    #[serde(skip)]
    timers: Derived<Timers>,
    #[serde(skip)]
    counts: Counts,
    /// What rows keep elsewhere. Bytes.
    #[serde(skip)]
    extra: u64,
    /// Open rows, by system.
    #[serde(skip)]
    open: Derived<OpenOf>,
    /// Finished rows that were forgotten early, for want of memory. Stored in a section of its own.
    #[serde(skip)]
    pub forgotten: u64,
}

/// The lower half of the sequence number at which a row finished, and its slot. Half a number makes the entry half as long;
/// it is mistaken for another row's only if exactly four billion events lie between the two.
type Finished = (u32, u32);

impl<T: Clone> Default for Lifecycles<T> {
    fn default() -> Self {
        Lifecycles {
            rows: CowVec::default(),
            names: Derived::default(),
            free: Derived::default(),
            finished: Derived::default(),
            timers: Derived::default(),
            counts: Counts::default(),
            extra: 0,
            open: Derived::default(),
            forgotten: 0,
        }
    }
}

impl<T: Clone> Share for Lifecycles<T> {
    fn share(&mut self) {
        self.rows.share();
    }
}

impl<T: Stages> Part for Lifecycles<T> {
    fn rebuild(&mut self, _: &mut Core) {
        self.rebuild();
    }
    /// What is due follows from the rows.
    fn correct(&mut self, clock: &Correction) {
        self.rows.each_mut(|row| row.iter_mut().for_each(|row| row.stages.correct(clock)));
        self.rebuild_timers();
    }
    fn forget_exemplars(&mut self, _: &Core, _: &Gone) {}
}

impl<T: Clone> Lifecycles<T> {
    /// The same rows with other stages: as a newer version of day90 keeps them.
    pub fn map<U: Clone>(self, new: impl Fn(T) -> U) -> Lifecycles<U> {
        let mut rows = CowVec::default();
        for row in self.rows.iter().cloned() {
            rows.push(row.map(|Row { name, born, finished, stages }| Row {
                name,
                born,
                finished,
                stages: new(stages),
            }));
        }
        Lifecycles { rows, forgotten: self.forgotten, ..Lifecycles::default() }
    }
}

impl<T: Stages> Lifecycles<T> {
    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn get(&self, name: u128) -> Option<&T> {
        self.slot_of(name).and_then(|slot| self.row(slot)).map(|row| &row.stages)
    }

    /// The row in the slot of a timer.
    pub fn at(&self, slot: u32) -> Option<&T> {
        self.row(slot).map(|row| &row.stages)
    }

    /// The name of the row in the slot of a timer.
    pub fn name_at(&self, slot: u32) -> Option<u128> {
        self.row(slot).map(|row| row.name)
    }

    /// The rows, in order of their slots. Works on a snapshot too.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.iter().flatten().map(|row| &row.stages)
    }

    /// The open rows, in order of their slots.
    pub fn open(&self) -> impl Iterator<Item = &T> {
        self.iter().filter(|row| row.phase() == Phase::Open)
    }

    /// Changes the row of `name`, made by `new` if it isn't there, and sets its timer. Returns what `change` returns.
    ///
    /// # Errors
    /// Returns a new row that would have to wait while no more can.
    pub fn change<R>(
        &mut self,
        core: &mut Core,
        name: u128,
        new: impl FnOnce() -> T,
        change: impl FnOnce(&mut Core, &mut T) -> R,
    ) -> Result<R, T> {
        let slot = match self.slot_of(name) {
            Some(slot) => slot,
            None => {
                let mut stages = new();
                let result = change(core, &mut stages);
                let may_wait = core.rows.may_wait && self.counts.waiting < WAITING_MAX;
                if stages.phase() == Phase::Waiting && !may_wait {
                    return Err(stages);
                }
                self.insert(core, name, stages);
                return Ok(result);
            }
        };
        Ok(self.change_slot(core, slot, change))
    }

    /// Takes the next timer and changes its row. `None` when the timer was stale.
    pub fn run_timer<R>(&mut self, core: &mut Core, change: impl FnOnce(Timer, &mut T) -> R) -> Option<(u32, R)> {
        let timer = self.timers.pop()?;
        let row = self.row(timer.slot)?;
        if row.born != timer.born || row.stages.due() != Some(timer.due) {
            return None;
        }
        let result = self.change_slot(core, timer.slot, |_, row| change(timer, row));
        // What else is due at the same moment has to run too, and this timer is spent.
        if self.at(timer.slot).and_then(T::due) == Some(timer.due) {
            self.timers.push(timer);
        }
        Some((timer.slot, result))
    }

    /// Forgets the row in a slot.
    pub fn remove(&mut self, slot: u32) -> Option<T> {
        let row = self.rows.get_mut(slot as usize)?.take()?;
        self.names.remove(row.name, slot);
        self.free.push(slot);
        self.counts.take(row.stages.phase());
        self.extra -= row.stages.extra_bytes();
        self.open.take(row.stages.phase(), row.stages.system());
        Some(row.stages)
    }

    /// The slots of the rows that `which` chooses, by name and stages.
    pub fn slots(&self, which: impl Fn(u128, &T) -> bool) -> Vec<u32> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.as_ref().is_some_and(|row| which(row.name, &row.stages)))
            .map(|(slot, _)| slot as u32)
            .collect()
    }

    /// Gives a row another name, which no event has.
    pub fn rename(&mut self, slot: u32, name: u128) {
        let Some(row) = self.rows.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let before = std::mem::replace(&mut row.name, name);
        self.names.remove(before, slot);
        self.names.insert(name, slot);
    }

    /// Rebuilds the indexes of a restored table.
    fn rebuild(&mut self) {
        let mut finished = Vec::new();
        for slot in 0..self.rows.len() as u32 {
            let Some(row) = self.row(slot) else {
                self.free.push(slot);
                continue;
            };
            let (name, end, phase) = (row.name, row.finished, row.stages.phase());
            let (system, extra) = (row.stages.system(), row.stages.extra_bytes());
            if phase == Phase::Finished {
                finished.push((end, slot));
            }
            self.counts.add(phase);
            self.extra += extra;
            self.open.add(phase, system);
            self.names.insert(name, slot);
        }
        self.free.reverse();
        finished.sort_unstable();
        self.finished.0 = finished.into_iter().map(|(end, slot)| (end as u32, slot)).collect();
        self.rebuild_timers();
    }

    fn rebuild_timers(&mut self) {
        let timer = |(slot, row): (usize, &Option<Row<T>>)| {
            let row = row.as_ref()?;
            Some(Timer { due: row.stages.due()?, born: row.born, slot: slot as u32 })
        };
        self.timers.0.replace(self.rows.iter().enumerate().filter_map(timer));
    }

    fn row(&self, slot: u32) -> Option<&Row<T>> {
        self.rows.get(slot as usize)?.as_ref()
    }

    fn slot_of(&self, name: u128) -> Option<u32> {
        self.names.find(name, |slot| self.row(slot).is_some_and(|row| row.name == name))
    }

    fn insert(&mut self, core: &mut Core, name: u128, stages: T) {
        self.make_room(core);
        let row = Row { name, born: core.sequence, finished: 0, stages };
        let (phase, system) = (row.stages.phase(), row.stages.system());
        self.extra += row.stages.extra_bytes();
        let slot = match self.free.pop() {
            Some(slot) => {
                *self.rows.get_mut(slot as usize).expect("a free slot is in the table") = Some(row);
                slot
            }
            None => {
                self.rows.push(Some(row));
                (self.rows.len() - 1) as u32
            }
        };
        self.names.insert(name, slot);
        self.counts.add(phase);
        self.open.add(phase, system);
        self.settled(core, slot, phase);
    }

    fn change_slot<R>(&mut self, core: &mut Core, slot: u32, change: impl FnOnce(&mut Core, &mut T) -> R) -> R {
        let row = self.rows.get_mut(slot as usize).and_then(Option::as_mut).expect("a name leads to a row");
        let (before, due, extra) = (row.stages.phase(), row.stages.due(), row.stages.extra_bytes());
        let result = change(core, &mut row.stages);
        let (after, still_due, system) = (row.stages.phase(), row.stages.due(), row.stages.system());
        self.extra = self.extra + row.stages.extra_bytes() - extra;
        if before != after {
            self.counts.take(before);
            self.counts.add(after);
            self.open.take(before, system);
            self.open.add(after, system);
        }
        if before != after || due != still_due {
            self.settled(core, slot, after);
        }
        result
    }

    fn settled(&mut self, core: &mut Core, slot: u32, phase: Phase) {
        let row = self.rows.get_mut(slot as usize).and_then(Option::as_mut).expect("just written");
        let (born, due) = (row.born, row.stages.due());
        if phase == Phase::Finished && row.finished == 0 {
            row.finished = core.sequence;
            // Sequences never go back: only rows that finished with the same event may have to come after this one.
            let end = core.sequence as u32;
            let comes_after = |other: &&Finished| other.0 == end && other.1 > slot;
            let after = self.finished.iter().rev().take_while(comes_after).count();
            let at = self.finished.len() - after;
            self.finished.insert(at, (end, slot));
        } else if phase != Phase::Finished {
            row.finished = 0;
        }
        if let Some(due) = due {
            self.timers.push(Timer { due, born, slot });
            let Counts { waiting, open, finished } = self.counts;
            if self.timers.is_stale(waiting + open + finished) {
                self.rebuild_timers();
            }
        }
    }

    /// Forgets the oldest finished rows while the table holds more than its bounds.
    fn make_room(&mut self, core: &Core) {
        let bound = core.model.limits.open_cases;
        if self.finished.len() > 2 * self.counts.finished + STALE_MAX {
            let rows = &self.rows;
            let row = |slot: u32| rows.get(slot as usize).and_then(Option::as_ref);
            self.finished.0.retain(|(end, slot)| row(*slot).is_some_and(|row| row.finished_at(*end)));
        }
        loop {
            let Counts { open, finished, .. } = self.counts;
            if open + finished < bound && finished < T::FINISHED_MAX || Rows::oldest_finished(self).is_none() {
                return;
            }
            Lifecycles::forget_oldest(self);
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, slot)) = self.finished.pop_front() {
            self.remove(slot);
        }
    }
}

impl<T: Stages> Rows for Lifecycles<T> {
    fn word(&self) -> &'static str {
        T::WORD
    }
    fn opens(&self) -> bool {
        T::OPENS
    }
    fn row_bytes(&self) -> u64 {
        T::ROW_BYTES
    }
    #[cfg(test)]
    fn measured_bytes(&self) -> u64 {
        // Where events open rows, each owns the name of a case.
        size_of::<Option<Row<T>>>() as u64 + super::room::overhead(T::OPENS)
    }
    fn counts(&self) -> Counts {
        self.counts
    }
    fn extra_bytes(&self) -> u64 {
        self.extra
    }
    fn open_of(&self) -> &OpenOf {
        &self.open
    }
    fn forgotten(&self) -> u64 {
        self.forgotten
    }
    fn set_forgotten(&mut self, forgotten: u64) {
        self.forgotten = forgotten;
    }
    fn next_timer(&self) -> Option<Timer> {
        self.timers.peek()
    }
    fn drop_system(&mut self, system: SystemId) {
        for slot in self.slots(|_, row| row.system() == system) {
            self.remove(slot);
        }
    }
    fn oldest_finished(&mut self) -> Option<u64> {
        loop {
            let (end, slot) = *self.finished.front()?;
            if let Some(row) = self.row(slot).filter(|row| row.finished_at(end)) {
                return Some(row.finished);
            }
            self.finished.pop_front();
        }
    }
    fn forget_oldest(&mut self) {
        Lifecycles::forget_oldest(self);
        self.forgotten += 1;
    }
}
