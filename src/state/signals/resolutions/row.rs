//! What is known of a case: when it was escalated, who closed it and when, and what undid that.
//!
//! Everything is judged by the events' own times among what is known when an event arrives. So a closing that arrives late
//! looks for what undid it, and what undoes looks for the resolution that was in force at its time.

use serde::{Deserialize, Serialize};

use super::super::words::Undoing;
use crate::event::{ClosedBy, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::correction::Correction;
use crate::state::engine::lifecycle::rows::{Phase, Stages};
use crate::state::engine::maybe::Maybe;

/// What may undo a resolution that has not arrived yet is remembered up to this number in each case. The oldest is dropped.
const MARKS_MAX: usize = 8;
/// Resolutions before the last one that are remembered of each case.
const OLDER_MAX: usize = 3;

/// One case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Case {
    pub system: SystemId,
    /// Its first escalation.
    pub escalated: Maybe,
    /// The last resolution.
    pub last: Option<Resolution>,
    /// The last of what may undo a resolution, apart from the first escalation.
    pub mark: Option<Mark>,
    /// What few cases have.
    more: Option<Box<More>>,
    pub until: Timestamp,
}

/// A case that was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Resolution {
    pub at: Timestamp,
    pub of: Of,
    /// When it has matured, by its own time.
    pub matures: Timestamp,
    /// When it counts as durable, while that is awaited.
    pub due: Maybe,
    pub undone: Maybe,
}

/// Who closed the case, and whether it had been escalated before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Of {
    pub by: ClosedBy,
    pub escalated: bool,
}

/// Something that undoes the resolution that is in force at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Mark {
    pub at: Timestamp,
    pub how: Undoing,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct More {
    /// Resolutions before the last one, by time.
    older: Vec<Resolution>,
    /// Marks before the last one, by time.
    marks: Vec<Mark>,
}

/// A closing on its way to its case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    pub at: Timestamp,
    pub by: ClosedBy,
    pub matures: Timestamp,
    /// When it counts as durable if nothing undoes it.
    pub due: Timestamp,
}

/// A resolution that was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undone {
    pub of: Of,
    pub how: Undoing,
    pub matured: bool,
}

/// What a closing adds to the counters. It undoes the one before, or comes after what undid it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub of: Of,
    pub before: Option<Undone>,
    pub at_once: Option<Undone>,
}

/// What became of a mark.
#[derive(Clone, Copy, Debug)]
pub(super) enum Marked {
    Undid(Undone),
    /// Its resolution was undone before.
    TooLate,
    /// No resolution is known that came before it.
    Waits,
}

impl Resolution {
    fn is_in_force(&self, at: Timestamp) -> bool {
        self.at <= at && self.undone.get().is_none_or(|undone| undone > at)
    }

    fn undo(&mut self, mark: Mark) -> Option<Undone> {
        if !self.undone.set(mark.at) {
            return None;
        }
        let matured = mark.at >= self.matures;
        if !matured {
            self.due = Maybe::NEVER;
        }
        Some(Undone { of: self.of, how: mark.how, matured })
    }
}

impl Case {
    pub fn new(system: SystemId, until: Timestamp) -> Case {
        Case { system, escalated: Maybe::NEVER, last: None, mark: None, more: None, until }
    }

    /// Takes a closing. `None` when the case was closed at its time already. With `room` more is remembered than the last
    /// resolution.
    pub fn close(&mut self, closing: Closing, room: bool) -> Option<Closed> {
        let Closing { at, by, matures, due } = closing;
        if self.is_repeat(closing) {
            return None;
        }
        let again = Mark { at, how: Undoing::Human };
        let before = self.resolutions_mut().rfind(|known| known.is_in_force(at));
        let before = before.and_then(|known| known.undo(again));
        let of = Of { by, escalated: self.escalated.get().is_some_and(|first| first <= at) };
        let mut new = Resolution { at, of, matures, due: due.into(), undone: Maybe::NEVER };
        let at_once = self.first_mark_after(closing).and_then(|mark| new.undo(mark));
        self.insert(new, room);
        Some(Closed { of, before, at_once })
    }

    /// Takes what may undo a resolution.
    pub fn mark(&mut self, mark: Mark, room: bool) -> Marked {
        let is_known = self.marks().any(|known| known == mark);
        let marked = match self.undo(mark) {
            Marked::Waits if is_known => Marked::TooLate,
            marked => marked,
        };
        self.remember(mark, room);
        marked
    }

    /// Takes an escalation. Also says whether it is the first that is known.
    pub fn escalate(&mut self, at: Timestamp, room: bool) -> (bool, Marked) {
        let mark = |at| Mark { at, how: Undoing::Escalated };
        let marked = self.undo(mark(at));
        let before = self.escalated.get();
        let first = before.map_or(at, |first| first.min(at));
        self.escalated = first.into();
        // The first has a place of its own.
        if let Some(later) = before.map(|before| before.max(at)).filter(|later| *later > first) {
            self.remember(mark(later), room);
        }
        (before.is_none(), marked)
    }

    /// Undoes the resolution that was in force then.
    fn undo(&mut self, mark: Mark) -> Marked {
        match self.resolutions_mut().rfind(|known| known.at <= mark.at) {
            Some(known) => known.undo(mark).map_or(Marked::TooLate, Marked::Undid),
            None => Marked::Waits,
        }
    }

    pub fn has_to_mature(&self) -> bool {
        self.resolutions().any(|known| known.due.is_some())
    }

    /// The resolutions that have held for long enough by now.
    pub fn mature(&mut self, now: Timestamp) -> Vec<Of> {
        let mut matured = Vec::new();
        for known in self.resolutions_mut().filter(|known| known.due.get().is_some_and(|due| due <= now)) {
            known.due = Maybe::NEVER;
            matured.push(known.of);
        }
        matured
    }

    /// Reopenings of a case whose closing never came.
    pub fn orphans(&self) -> usize {
        if self.last.is_some() {
            return 0;
        }
        self.marks().filter(|mark| mark.how == Undoing::Reopened).count()
    }

    fn resolutions(&self) -> impl DoubleEndedIterator<Item = &Resolution> {
        self.more.iter().flat_map(|more| &more.older).chain(&self.last)
    }

    fn resolutions_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Resolution> {
        self.more.iter_mut().flat_map(|more| &mut more.older).chain(&mut self.last)
    }

    fn marks(&self) -> impl Iterator<Item = Mark> {
        let first = self.escalated.get().map(|at| Mark { at, how: Undoing::Escalated });
        self.more.iter().flat_map(|more| more.marks.iter().copied()).chain(self.mark).chain(first)
    }

    /// Only a person closes a case that is closed, after the AI. A closing that arrives late comes before one that is known
    /// if nothing undid it in between.
    fn is_repeat(&self, closing: Closing) -> bool {
        let Closing { at, by, .. } = closing;
        if let Some(known) = self.resolutions().rfind(|known| known.is_in_force(at)) {
            return by == ClosedBy::Ai || known.of.by == ClosedBy::Human;
        }
        let next = self.resolutions().find(|known| known.at > at);
        next.is_some_and(|next| {
            let undone_between = self.marks().any(|mark| mark.at > at && mark.at <= next.at);
            next.of.by == by && !undone_between
        })
    }

    /// The first thing known that undoes a closing, be it a person's closing after the AI's.
    fn first_mark_after(&self, closing: Closing) -> Option<Mark> {
        let by_people = self.resolutions().filter(|known| known.of.by == ClosedBy::Human);
        let again = by_people.map(|known| Mark { at: known.at, how: Undoing::Human });
        let again = again.filter(|_| closing.by == ClosedBy::Ai);
        self.marks().chain(again).filter(|mark| mark.at > closing.at).min()
    }

    fn insert(&mut self, new: Resolution, room: bool) {
        let is_last = self.last.is_none_or(|last| last.at <= new.at);
        let older = if is_last { self.last.replace(new) } else { Some(new) };
        let Some(older) = older.filter(|_| room) else { return };
        let all = &mut self.more.get_or_insert_default().older;
        let place = all.partition_point(|known| known.at <= older.at);
        all.insert(place, older);
        if all.len() > OLDER_MAX {
            all.remove(0);
        }
    }

    fn remember(&mut self, mark: Mark, room: bool) {
        let Some(last) = self.mark.replace(mark) else { return };
        let (older, last) = (last.min(mark), last.max(mark));
        self.mark = Some(last);
        if room && older != last {
            let all = &mut self.more.get_or_insert_default().marks;
            let place = all.partition_point(|known| *known < older);
            all.insert(place, older);
            if all.len() > MARKS_MAX {
                all.remove(0);
            }
        }
    }
}

impl Stages for Case {
    const WORD: &'static str = "case";
    const ROW_BYTES: u64 = 224;
    /// A closed case is not open work.
    const OPENS: bool = false;
    /// A closed case has to mature: forgetting it early would lose a durable resolution.
    const FINISHED_MAX: usize = usize::MAX;

    fn system(&self) -> SystemId {
        self.system
    }

    fn phase(&self) -> Phase {
        // Never open, so that it is never in the way of an opening.
        if self.orphans() > 0 { Phase::Waiting } else { Phase::Finished }
    }

    fn due(&self) -> Option<Timestamp> {
        let first = self.resolutions().filter_map(|known| known.due.get()).min();
        Some(first.unwrap_or(self.until))
    }

    fn correct(&mut self, clock: &Correction) {
        clock.correct(&mut self.escalated);
        for known in self.resolutions_mut() {
            let before = known.at;
            clock.correct(&mut known.at);
            let back = known.at.since(before);
            known.matures = known.matures.plus(back);
            known.due = known.due.get().map(|due| due.plus(back)).into();
            clock.correct(&mut known.undone);
        }
        let older = self.more.iter_mut().flat_map(|more| &mut more.marks);
        older.chain(&mut self.mark).for_each(|mark| clock.correct(&mut mark.at));
        if let Some(more) = &mut self.more {
            more.older.sort_by_key(|known| known.at);
            more.marks.sort();
        }
        clock.end_of_resolution_memory(&mut self.until);
    }

    fn extra_bytes(&self) -> u64 {
        let Some(more) = &self.more else { return 0 };
        let lists = size_of_val(&*more.older) + size_of_val(&*more.marks);
        // A list that grows has room for up to twice as many.
        (size_of::<More>() + 2 * lists) as u64 + EXTRA_OVERHEAD
    }
}

/// Three allocations.
const EXTRA_OVERHEAD: u64 = 72;
