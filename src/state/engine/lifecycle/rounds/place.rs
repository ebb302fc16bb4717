//! Where a stage belongs among the rounds of its case, by its time.

use super::{Round, Rounds, SKEW, StagePart, Staged};
use crate::event::Timestamp;

/// Where a stage belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To the round with this index.
    Join(usize),
    /// It waits for a later opening, for `limits.arrival_grace`.
    Soon,
    /// It waits for its opening, which may come within `limits.lifecycle_memory`.
    Later,
}

impl<R: Round> Rounds<R> {
    /// Where a stage belongs that opens nothing. One that is no longer `patient` belongs to what there is.
    pub(super) fn place(&self, at: Timestamp, patient: bool) -> Place {
        let last = self.last_begun_by(at);
        let is_over = |index| self.end_of(index).is_some_and(|end| at > end);
        if let Some(index) = last.filter(|index| self.named || !is_over(*index)) {
            return Place::Join(index);
        }
        let next = last.map_or(0, |index| index + 1);
        let is_next =
            next < self.count() && (self.begun(next).since(at) <= SKEW || self.round(next).opened().is_none());
        // An opening that waits may turn out to be the one that it belongs to.
        let is_held = patient && self.opening_waits_since(last, at);
        match last {
            _ if is_next && !is_held => Place::Join(next),
            Some(index) if !patient => Place::Join(index),
            Some(_) => Place::Soon,
            None if is_next => Place::Soon,
            None => Place::Later,
        }
    }

    /// The last round that began at or before this time.
    pub(super) fn last_begun_by(&self, at: Timestamp) -> Option<usize> {
        (0..self.count()).rev().find(|index| self.begun(*index) <= at)
    }

    /// When a round was over: the earliest end that is known of it.
    fn end_of(&self, index: usize) -> Option<Timestamp> {
        let ended = self.round(index).ended()?;
        if self.more.is_none() {
            return Some(ended);
        }
        let (from, to) = (self.begun(index), self.next_begun(index));
        let again = self.loose_ends().filter(|end| is_within(*end, from, to));
        again.chain([ended]).min()
    }

    fn next_begun(&self, index: usize) -> Option<Timestamp> {
        (index + 1 < self.count()).then(|| self.begun(index + 1))
    }

    /// Whether this opening is known, be it one that waits.
    pub(super) fn knows_opening(&self, at: Timestamp) -> bool {
        let mut begun = (0..self.count()).map(|index| self.round(index).opened());
        begun.any(|opened| opened == Some(at)) || self.waiting_openings().any(|(_, opened)| opened == at)
    }

    /// Whether an opening at this time begins a round: the round before it has ended by then, and an end is known between
    /// it and the round after it.
    pub(super) fn may_begin(&self, at: Timestamp) -> bool {
        let last = self.last_begun_by(at);
        let next = last.map_or(0, |index| index + 1);
        let after_the_last = last.is_none_or(|index| {
            self.round(index).ended().is_some_and(|end| end < at) || self.has_end(self.begun(index), Some(at))
        });
        after_the_last && (next == self.count() || self.has_end(at, Some(self.begun(next))))
    }

    /// The round without an opening to which an opening at this time belongs.
    pub(super) fn without_opening(&self, at: Timestamp) -> Option<usize> {
        let index = (0..self.count()).find(|index| self.begun(*index) >= at)?;
        let is_free = index == 0 || self.end_of(index - 1).is_some_and(|end| end < at);
        (self.round(index).opened().is_none() && is_free).then_some(index)
    }

    /// A waiting opening that begins a round by now: its index among the loose stages. The earliest first.
    pub(super) fn ready_opening(&self) -> Option<usize> {
        let ready = self.waiting_openings().filter(|(_, at)| self.may_begin(*at));
        ready.min_by_key(|(_, at)| *at).map(|(index, _)| index)
    }

    fn opening_waits_since(&self, last: Option<usize>, at: Timestamp) -> bool {
        let after = last.map(|index| self.begun(index));
        self.waiting_openings().any(|(_, opened)| opened <= at && after.is_none_or(|after| opened > after))
    }

    fn waiting_openings(&self) -> impl Iterator<Item = (usize, Timestamp)> {
        let loose = self.loose().iter().enumerate();
        loose.filter(|(_, loose)| loose.stage.part() == StagePart::Opens).map(|(index, loose)| (index, loose.at))
    }

    fn loose_ends(&self) -> impl Iterator<Item = Timestamp> {
        self.loose().iter().filter(|loose| loose.stage.part() == StagePart::Ends).map(|loose| loose.at)
    }

    fn has_end(&self, from: Timestamp, to: Option<Timestamp>) -> bool {
        let ended = (0..self.count()).filter_map(|index| self.round(index).ended());
        ended.chain(self.loose_ends()).any(|end| is_within(end, from, to))
    }
}

/// Whether a moment is at or after `from`, and before `to`.
pub(super) fn is_within(at: Timestamp, from: Timestamp, to: Option<Timestamp>) -> bool {
    at >= from && to.is_none_or(|to| at < to)
}
