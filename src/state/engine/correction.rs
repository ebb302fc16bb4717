//! [`Correction`]: takes the time of the fold back, after the machine's clock was ahead and was set right.
//!
//! What was noted while the clock was wrong lies later than now. Left alone it would hide what happens until the clock gets
//! there again: the last event would be one of tomorrow, a series would be too young to be shown, and the version in force
//! would be one that is deployed next week. So each moment that cannot be true moves back by as much as the clock did.
//! What happened by a sender's own clock, which was right, stays where it is.
//!
//! A deadline moves with its opening. A time until which something waits or is remembered moves when it is farther away than
//! it can have been set.

use std::collections::BTreeMap;

use super::deadline::{ByDeadline, Deadline};
use super::maybe::Maybe;
use crate::config::model::Bounds;
use crate::event::Timestamp;
use crate::event::kinds::AHEAD_MAX;

/// A clock that was ahead.
#[derive(Clone, Copy, Debug)]
pub struct Correction {
    /// What time it really is.
    to: Timestamp,
    /// By how much the clock was ahead. Nanoseconds.
    by: i64,
    /// How long what arrives may be followed by what belongs before it, and how long what is over is remembered.
    /// Nanoseconds.
    grace: i64,
    memory: i64,
    resolution_memory: i64,
}

impl Correction {
    pub fn new(to: Timestamp, by: i64, limits: &Bounds) -> Correction {
        let Bounds { arrival_grace, lifecycle_memory, resolution_memory, .. } = *limits;
        Correction { to, by, grace: arrival_grace, memory: lifecycle_memory, resolution_memory }
    }

    /// What time it really is.
    pub fn to(&self) -> Timestamp {
        self.to
    }

    /// By how much the clock was ahead. Nanoseconds.
    pub fn by(&self) -> i64 {
        self.by
    }

    /// Moves the end of something that lasts at most this long, in nanoseconds, if it began while the clock was wrong.
    pub fn end_of(&self, span: i64, end: &mut impl Moments) {
        Correction { to: self.to.plus(span), ..*self }.correct(end);
    }

    /// As [`Correction::end_of`], of the time in which events may arrive in another order.
    pub fn end_of_grace(&self, end: &mut impl Moments) {
        self.end_of(self.grace, end);
    }

    /// As [`Correction::end_of`], of the time for which a lifecycle waits or is remembered.
    pub fn end_of_memory(&self, end: &mut impl Moments) {
        self.end_of(self.memory.max(self.grace), end);
    }

    /// As [`Correction::end_of`], of the time for which a closed case is remembered.
    pub fn end_of_resolution_memory(&self, end: &mut impl Moments) {
        self.end_of(self.resolution_memory.max(self.memory), end);
    }

    /// Moves moments at which something happened, where they lie later than a sender's clock may be ahead.
    pub fn correct(&self, moments: &mut impl Moments) {
        self.correct_after(self.to.plus(AHEAD_MAX), moments);
    }

    /// Moves moments at which something came to day90, by its own clock, where they lie later than now.
    pub fn correct_receipt(&self, moments: &mut impl Moments) {
        self.correct_after(self.to, moments);
    }

    fn correct_after(&self, latest: Timestamp, moments: &mut impl Moments) {
        moments.each(&mut |at| {
            if *at > latest {
                *at = at.plus(-self.by);
            }
        });
    }

    /// Moves an opening, and the deadlines that were counted from it.
    pub fn correct_opening(&self, opened: &mut Timestamp, deadlines: &mut impl Moments) {
        let before = *opened;
        self.correct(opened);
        if *opened != before {
            deadlines.each(&mut |at| *at = at.plus(-self.by));
        }
    }
}

/// Moments in one place.
pub trait Moments {
    fn each(&mut self, change: &mut dyn FnMut(&mut Timestamp));
}

impl Moments for Timestamp {
    fn each(&mut self, change: &mut dyn FnMut(&mut Timestamp)) {
        change(self);
    }
}

impl Moments for Maybe {
    fn each(&mut self, change: &mut dyn FnMut(&mut Timestamp)) {
        if let Some(mut at) = self.get() {
            change(&mut at);
            *self = at.into();
        }
    }
}

impl<T: Moments> Moments for Option<T> {
    fn each(&mut self, change: &mut dyn FnMut(&mut Timestamp)) {
        self.iter_mut().for_each(|it| it.each(change));
    }
}

impl<T: Moments> Moments for Vec<T> {
    fn each(&mut self, change: &mut dyn FnMut(&mut Timestamp)) {
        self.iter_mut().for_each(|it| it.each(change));
    }
}

impl<T: Moments> Moments for ByDeadline<T> {
    fn each(&mut self, change: &mut dyn FnMut(&mut Timestamp)) {
        Deadline::ALL.iter().for_each(|deadline| self[*deadline].each(change));
    }
}

impl<K, T: Moments> Moments for BTreeMap<K, T> {
    fn each(&mut self, change: &mut dyn FnMut(&mut Timestamp)) {
        self.values_mut().for_each(|it| it.each(change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::time::{DAY, HOUR, MINUTE};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn corrected(mut at: Timestamp, by: i64) -> Timestamp {
        Correction::new(NOW, by, &Bounds::default()).correct(&mut at);
        at
    }

    #[test]
    fn what_would_lie_ahead_moves_and_what_senders_may_say_stays() {
        assert_eq!(corrected(NOW.plus(HOUR - MINUTE), HOUR), NOW.plus(-MINUTE));
        for at in [NOW.plus(-DAY), NOW, NOW.plus(AHEAD_MAX)] {
            assert_eq!(corrected(at, HOUR), at);
        }
        let mut received = vec![NOW, NOW.plus(MINUTE)];
        Correction::new(NOW, HOUR, &Bounds::default()).correct_receipt(&mut received);
        assert_eq!(received, [NOW, NOW.plus(MINUTE - HOUR)], "nobody else's clock is in it");
    }

    #[test]
    fn a_deadline_moves_with_its_opening_and_only_then() {
        let clock = Correction::new(NOW, HOUR, &Bounds::default());
        for (opened, moves) in [(NOW.plus(40 * MINUTE), true), (NOW.plus(-MINUTE), false)] {
            let (mut at, mut due) = (opened, vec![Maybe::from(opened.plus(DAY)), Maybe::NEVER]);
            clock.correct_opening(&mut at, &mut due);
            let by = if moves { -HOUR } else { 0 };
            assert_eq!((at, due[0].get(), due[1].get()), (opened.plus(by), Some(opened.plus(DAY + by)), None));
        }
    }

    #[test]
    fn an_end_moves_when_it_is_farther_away_than_it_can_be_set() {
        let clock = Correction::new(NOW, HOUR, &Bounds::default());
        let ends = [(NOW.plus(DAY + 30 * MINUTE), -HOUR), (NOW.plus(DAY), 0)];
        for (end, by) in ends {
            let mut moved = end;
            clock.end_of_memory(&mut moved);
            assert_eq!(moved, end.plus(by));
        }
    }
}
