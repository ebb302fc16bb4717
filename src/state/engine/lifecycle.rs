//! [`Lifecycles`]: the open, waiting and lately finished pieces of work of one kind.
//!
//! The world doesn't promise order: an acknowledgement may arrive before the opening that it belongs to. Each
//! row collects the stages that have arrived and says which *facts* follow from them; whoever feeds it counts
//! the facts that are new. So the same stages give the same counts in any order.
//!
//! A row is named by a 128-bit hash of (system, name) with a fixed key, and lives in a slot. Rows wait for their
//! opening, are open, or are finished and remembered, so that a repeat is known as one. The table is bounded:
//! the oldest finished rows go first, and openings over the bound never get here (see `State::admits`).

mod names;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

use self::names::Names;
use super::core::{Core, SystemId, Table, Timer};
use super::cow::{CowVec, Derived, Share};
use super::room;
use crate::event::{Event, Timestamp};

/// Rows that wait for their opening, of one kind. One more is an orphan at once.
pub const WAITING_MAX: usize = 100_000;

/// Finished rows that are remembered to tell repeats, of one kind, so that a busy day doesn't fill the memory with what
/// is over. A stage that comes later than this many others is an orphan.
pub const FINISHED_MAX: usize = 250_000;

/// Entries of rows that aren't finished any more, or are forgotten, before they are looked for.
const STALE_MAX: usize = 64;

/// A row owns memory, so that copying a chunk that a checkpoint still holds should stay cheap.
const ROWS_IN_A_CHUNK: usize = 16;

/// The name of a lifecycle: a hash of the system and its own name, wide enough that two never meet.
pub fn name_of(system: &str, name: &str) -> u128 {
    let mut hasher = SipHasher13::new_with_keys(0x6461_7939_306c_6966, 0x6563_7963_6c65_7321);
    hasher.write(system.as_bytes());
    hasher.write_u8(0xff);
    hasher.write(name.as_bytes());
    hasher.finish128().as_u128()
}

/// A lifecycle is named by its own field, else by its case.
pub fn lifecycle_name<'a>(event: &'a Event<'_>, own: Option<&'a str>) -> &'a str {
    own.or(event.case.as_deref()).unwrap_or_default()
}

/// The case of an event, for a row to keep.
pub fn case_of(event: &Event<'_>) -> Box<str> {
    event.case.as_deref().unwrap_or_default().into()
}

/// A row keeps its case while it is `Open` or waits. One that is over needs no copy of it where its name is that of the
/// case: nobody shows it any more, and an erasure finds it by its name. `own` is the name that the event gave the lifecycle.
pub fn keep_case(
    core: &Core,
    system: SystemId,
    event: &Event<'_>,
    own: Option<&str>,
    phase: Phase,
    case: &mut Box<str>,
) {
    let is_known = own.is_none() && event.case.as_deref() == Some(&**case) && core.system_name(system) == event.system;
    match phase {
        Phase::Finished if is_known => *case = Box::default(),
        Phase::Finished => {}
        _ if case.is_empty() => *case = case_of(event),
        _ => {}
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Stages arrived, but not the opening.
    Waiting,
    Open,
    /// Nothing more is expected; remembered to tell repeats.
    Finished,
}

/// What a kind of lifecycle keeps in a row.
pub trait Stages: Clone {
    const TABLE: Table;
    /// Finished rows that are remembered, whatever `limits.open_cases` allows.
    const FINISHED_MAX: usize = FINISHED_MAX;
    fn phase(&self) -> Phase;
    /// When it wants to be called next: a deadline, the end of waiting, or the end of being remembered.
    fn due(&self) -> Option<Timestamp>;
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Row<T> {
    name: u128,
    born: u64,
    /// The sequence number at which it finished; 0 before.
    finished: u64,
    stages: T,
}

impl<T> Row<T> {
    /// Whether it finished with the event whose sequence number ends so.
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
    counts: Derived<Counts>,
}

/// The lower half of the sequence number at which a row finished, and its slot. With half of it an entry is half as long,
/// and is taken for that of another row when four billion events lie between the two and nothing else.
type Finished = (u32, u32);

/// Rows by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: usize,
    pub open: usize,
    pub finished: usize,
}

impl<T: Clone> Default for Lifecycles<T> {
    fn default() -> Self {
        Lifecycles {
            rows: CowVec::default(),
            names: Derived::default(),
            free: Derived::default(),
            finished: Derived::default(),
            counts: Derived::default(),
        }
    }
}

impl<T: Clone> Share for Lifecycles<T> {
    fn share(&mut self) {
        self.rows.share();
    }
}

impl<T: Stages> Lifecycles<T> {
    pub fn counts(&self) -> Counts {
        *self.counts
    }

    pub fn get(&self, name: u128) -> Option<&T> {
        self.slot_of(name).and_then(|slot| self.row(slot)).map(|row| &row.stages)
    }

    /// The row in a slot, as a timer names it.
    pub fn at(&self, slot: u32) -> Option<&T> {
        self.row(slot).map(|row| &row.stages)
    }

    /// The rows, in order of their slots. Works on a snapshot too.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.rows.iter().flatten().map(|row| (row.born, &row.stages))
    }

    /// Changes the row of `name`, made by `new` if it isn't there, and sets its timer. Returns what `change`
    /// returns. When the table is full of waiting rows, a new row that would wait is given back as `Err`.
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

    /// Changes the row of a timer that just ran, unless it is stale.
    pub fn on_timer<R>(
        &mut self,
        core: &mut Core,
        timer: Timer,
        change: impl FnOnce(&mut Core, &mut T) -> R,
    ) -> Option<R> {
        let row = self.row(timer.slot)?;
        if row.born != timer.born || row.stages.due() != Some(timer.due) {
            return None;
        }
        let result = self.change_slot(core, timer.slot, change);
        // What else is due at the same moment has to be called too, and this timer is spent.
        if self.at(timer.slot).and_then(T::due) == Some(timer.due) {
            core.timers.push(timer);
        }
        Some(result)
    }

    /// Forgets the row of a timer that just ran.
    pub fn remove(&mut self, slot: u32) -> Option<T> {
        let row = self.rows.get_mut(slot as usize)?.take()?;
        self.names.remove(row.name, slot);
        self.free.push(slot);
        self.uncount(row.stages.phase());
        Some(row.stages)
    }

    /// The slots of the rows that `which` chooses.
    pub fn slots(&self, which: impl Fn(&T) -> bool) -> Vec<u32> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.as_ref().is_some_and(|row| which(&row.stages)))
            .map(|(slot, _)| slot as u32)
            .collect()
    }

    /// The slots of the rows that `which` chooses, by their names too.
    pub fn named(&self, which: impl Fn(u128, &T) -> bool) -> Vec<u32> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.as_ref().is_some_and(|row| which(row.name, &row.stages)))
            .map(|(slot, _)| slot as u32)
            .collect()
    }

    /// Gives a row another name, under which no event will find it.
    pub fn rename(&mut self, slot: u32, name: u128) {
        let Some(row) = self.rows.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let before = std::mem::replace(&mut row.name, name);
        self.names.remove(before, slot);
        self.names.insert(name, slot);
    }

    /// Makes the indexes of a restored table anew.
    pub fn rebuild(&mut self) {
        let mut finished = Vec::new();
        for slot in 0..self.rows.len() as u32 {
            match self.row(slot) {
                None => self.free.push(slot),
                Some(row) => {
                    let (name, end, phase) = (row.name, row.finished, row.stages.phase());
                    if phase == Phase::Finished {
                        finished.push((end, slot));
                    }
                    self.count(phase);
                    self.names.insert(name, slot);
                }
            }
        }
        self.free.reverse();
        finished.sort_unstable();
        self.finished.0 = finished.into_iter().map(|(end, slot)| (end as u32, slot)).collect();
    }

    /// The timers of all rows.
    pub fn timers(&self) -> impl Iterator<Item = Timer> {
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(slot, row)| {
            let row = row.as_ref()?;
            Some(Timer { due: row.stages.due()?, born: row.born, table: T::TABLE, slot: slot as u32 })
        })
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
        let phase = row.stages.phase();
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
        self.count(phase);
        self.settled(core, slot, phase);
    }

    fn change_slot<R>(&mut self, core: &mut Core, slot: u32, change: impl FnOnce(&mut Core, &mut T) -> R) -> R {
        let row = self.rows.get_mut(slot as usize).and_then(Option::as_mut).expect("a name leads to a row");
        let (before, due) = (row.stages.phase(), row.stages.due());
        let result = change(core, &mut row.stages);
        let (after, still_due) = (row.stages.phase(), row.stages.due());
        if before != after {
            self.uncount(before);
            self.count(after);
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
            // Sequences never go back: only what finished with the same event may have to stand behind.
            let end = core.sequence as u32;
            let is_behind = |other: &&Finished| other.0 == end && other.1 > slot;
            let behind = self.finished.iter().rev().take_while(is_behind).count();
            let at = self.finished.len() - behind;
            self.finished.insert(at, (end, slot));
        } else if phase != Phase::Finished {
            row.finished = 0;
        }
        if let Some(due) = due {
            core.timers.push(Timer { due, born, table: T::TABLE, slot });
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
            let Counts { open, finished, .. } = *self.counts;
            if open + finished < bound && finished < T::FINISHED_MAX || self.oldest_finished().is_none() {
                return;
            }
            self.forget_oldest();
        }
    }

    /// The sequence number at which the oldest finished row finished.
    pub fn oldest_finished(&mut self) -> Option<u64> {
        loop {
            let (end, slot) = *self.finished.front()?;
            if let Some(row) = self.row(slot).filter(|row| row.finished_at(end)) {
                return Some(row.finished);
            }
            self.finished.pop_front();
        }
    }

    /// Forgets what [`Lifecycles::oldest_finished`] found.
    pub fn forget_oldest(&mut self) {
        if let Some((_, slot)) = self.finished.pop_front() {
            self.remove(slot);
        }
    }

    /// Bytes that the rows take by phase: waiting, open, finished.
    pub fn bytes(&self) -> [u64; 3] {
        let Counts { waiting, open, finished } = *self.counts;
        [waiting, open, finished].map(|rows| rows as u64 * room::row_bytes(T::TABLE))
    }

    /// What a row in its chunk takes in this version, and what [`room`] counts for it.
    #[cfg(test)]
    pub(crate) fn row_size() -> (u64, u64) {
        (size_of::<Option<Row<T>>>() as u64 + room::beside(T::TABLE), room::row_bytes(T::TABLE))
    }

    fn count(&mut self, phase: Phase) {
        *self.counter(phase) += 1;
    }
    fn uncount(&mut self, phase: Phase) {
        *self.counter(phase) -= 1;
    }
    fn counter(&mut self, phase: Phase) -> &mut usize {
        match phase {
            Phase::Waiting => &mut self.counts.0.waiting,
            Phase::Open => &mut self.counts.0.open,
            Phase::Finished => &mut self.counts.0.finished,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opened and finished at once.
    #[derive(Clone)]
    struct Done;

    impl Stages for Done {
        const TABLE: Table = Table::Reviews;
        const FINISHED_MAX: usize = 2;
        fn phase(&self) -> Phase {
            Phase::Finished
        }
        fn due(&self) -> Option<Timestamp> {
            None
        }
    }

    #[test]
    fn the_oldest_finished_rows_are_forgotten_first() {
        let (mut core, mut rows) = (Core::default(), Lifecycles::<Done>::default());
        for sequence in 1..=4 {
            core.sequence = sequence;
            assert!(rows.change(&mut core, u128::from(sequence), || Done, |_, _| ()).is_ok());
        }
        assert_eq!([1, 2, 3, 4].map(|name| rows.get(name).is_some()), [false, false, true, true]);
        assert_eq!(rows.counts().finished, 2);
    }
}
