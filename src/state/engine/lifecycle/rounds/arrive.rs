//! Stages arrive: each finds its place, or waits for what it needs.

use super::place::{Place, is_within};
use super::{AllFound, EARLIER_MAX, Found, LOOSE_MAX, Loose, Round, Rounds, StagePart, Staged, When, begun};
use crate::event::Timestamp;
use crate::state::engine::maybe::Maybe;

impl<R: Round> Rounds<R> {
    /// Takes a stage that arrives at this when.
    pub(in super::super) fn arrive(
        &mut self,
        at: Timestamp,
        stage: R::Stage,
        when: When,
        found: &mut AllFound<R::Facts>,
    ) {
        match stage.part() {
            StagePart::Opens => self.arrive_opening(at, stage, when, found),
            StagePart::Ends | StagePart::Other => self.arrive_stage(at, stage, when, found),
        }
        self.settle(when, found);
        self.tidy();
    }

    fn arrive_opening(&mut self, at: Timestamp, stage: R::Stage, when: When, found: &mut AllFound<R::Facts>) {
        let kind = stage.kind();
        if self.count() == 0 {
            self.begin(at, &stage, when, found);
        } else if let Some(index) = self.without_opening(at) {
            self.join(index, at, stage, when, found);
        } else if self.named || self.knows_opening(at) {
            found.push(Found::Repeat(kind));
        } else if self.may_begin(at) {
            self.begin(at, &stage, when, found);
        } else if self.put_aside(at, stage, when, when.settled().into()).is_some() {
            found.push(Found::Repeat(kind));
        }
    }

    fn arrive_stage(&mut self, at: Timestamp, stage: R::Stage, when: When, found: &mut AllFound<R::Facts>) {
        let until = match self.place(at, true) {
            Place::Join(index) => return self.join(index, at, stage, when, found),
            Place::Soon => when.settled(),
            Place::Later if R::ENDS_ALONE && stage.part() == StagePart::Ends => when.settled(),
            Place::Later => when.forgotten(),
        };
        if let Some(index) = self.last_begun_by(at) {
            self.round_mut(index).0.expect(&stage, until);
        }
        if let Some(stage) = self.put_aside(at, stage, when, until.into()) {
            self.place_at_once((at, stage), self.loose().len(), when, found);
        }
    }

    /// Puts a stage where it belongs by what is known now. `before` is how many of the loose ones arrived before it.
    pub(super) fn place_at_once(
        &mut self,
        (at, stage): (Timestamp, R::Stage),
        before: usize,
        when: When,
        found: &mut AllFound<R::Facts>,
    ) {
        match self.place(at, false) {
            Place::Join(index) => self.join(index, at, stage, when, found),
            Place::Soon | Place::Later if R::ENDS_ALONE && stage.part() == StagePart::Ends => {
                let round = self.known_before(at, before, when, found);
                self.begin_with(round, at, &stage, when, found);
            }
            Place::Soon | Place::Later => found.push(Found::Orphan(stage.kind())),
        }
    }

    /// A round that has no opening, of the stages that had arrived before its end at this time.
    fn known_before(&mut self, at: Timestamp, before: usize, when: When, found: &mut AllFound<R::Facts>) -> R {
        let mut round = R::default();
        let mut index = 0;
        for _ in 0..before {
            let loose = &self.loose()[index];
            let is_between = loose.until.is_some() && loose.stage.part() == StagePart::Other && loose.at <= at;
            if !is_between || matches!(self.place(loose.at, true), Place::Join(_)) {
                index += 1;
                continue;
            }
            let Loose { at, stage, .. } = self.more_mut().loose.remove(index);
            if !round.take(at, &stage, when.settled()) {
                found.push(Found::Repeat(stage.kind()));
            }
        }
        round
    }

    /// Keeps a stage among the loose ones. Returns it where there is no room.
    fn put_aside(&mut self, at: Timestamp, stage: R::Stage, when: When, until: Maybe) -> Option<R::Stage> {
        if !when.may_keep || self.loose().len() >= LOOSE_MAX {
            return Some(stage);
        }
        self.more_mut().loose.push(Loose { at, stage, received: when.now, until });
        None
    }

    pub(super) fn join(
        &mut self,
        index: usize,
        at: Timestamp,
        stage: R::Stage,
        when: When,
        found: &mut AllFound<R::Facts>,
    ) {
        let (round, until) = self.round_mut(index);
        let before = round.facts();
        if round.take(at, &stage, when.settled()) {
            let after = round.facts();
            if round.ended().is_some() {
                *until = when.forgotten();
            }
            found.push(Found::Facts { before, after, began: false });
            return;
        }
        let shows_more = round.ended().is_some_and(|end| at < end) || begun(round).is_some_and(|begun| at < begun);
        found.push(Found::Repeat(stage.kind()));
        if stage.part() == StagePart::Ends && shows_more {
            // A round was over by then, should an opening lie between the two ends.
            self.put_aside(at, stage, when, Maybe::NEVER);
        }
    }

    /// Begins a round: the stages of other rounds that lie in it are its own. What they counted there stays counted.
    pub(super) fn begin(&mut self, at: Timestamp, stage: &R::Stage, when: When, found: &mut AllFound<R::Facts>) {
        self.begin_with(R::default(), at, stage, when, found);
    }

    fn begin_with(
        &mut self,
        mut round: R,
        at: Timestamp,
        stage: &R::Stage,
        when: When,
        found: &mut AllFound<R::Facts>,
    ) {
        let index = self.last_begun_by(at).map_or(0, |last| last + 1);
        let next = (index < self.count()).then(|| self.begun(index));
        round.take(at, stage, when.settled());
        if self.count() > 0 && stage.part() == StagePart::Opens {
            for other in 0..self.count() {
                let stages = self.round(other).stages().into_iter();
                for (at, stage) in stages.filter(|(time, _)| is_within(*time, at, next)) {
                    round.take(at, &stage, when.settled());
                }
            }
            // With an end that no longer waits. One that still does finds its place among the other loose stages, in the
            // order of their arrival.
            if let Some(more) = &mut self.more {
                let is_its_end = |loose: &Loose<R::Stage>| {
                    loose.until.is_none() && loose.stage.part() == StagePart::Ends && is_within(loose.at, at, next)
                };
                more.loose.retain(|loose| !(is_its_end(loose) && round.take(loose.at, &loose.stage, when.settled())));
            }
        }
        found.push(Found::Facts { before: R::Facts::default(), after: round.facts(), began: true });
        self.insert(index, round, when, found);
    }

    fn insert(&mut self, index: usize, round: R, when: When, found: &mut AllFound<R::Facts>) {
        let until = when.forgotten();
        let count = self.count();
        if count == 0 {
            (self.newest, self.until) = (round, until);
            return;
        }
        let (index, earlier) = if index == count {
            let newest = (std::mem::replace(&mut self.newest, round), std::mem::replace(&mut self.until, until));
            (index - 1, newest)
        } else {
            (index, (round, until))
        };
        if !when.may_keep {
            return let_go(earlier.0, found);
        }
        let rounds = &mut self.more_mut().earlier;
        rounds.insert(index, earlier);
        if rounds.len() > EARLIER_MAX {
            let_go(rounds.remove(0).0, found);
        }
    }

    /// Lets the loose stages find their places, now that something has changed.
    pub(super) fn settle(&mut self, when: When, found: &mut AllFound<R::Facts>) {
        while self.more.is_some() {
            if let Some(index) = self.ready_opening() {
                let loose = self.more_mut().loose.remove(index);
                self.begin(loose.at, &loose.stage, when, found);
            } else if let Some((loose, index)) = self.ready_stage(when) {
                self.join(index, loose.at, loose.stage, when, found);
            } else {
                return;
            }
        }
    }

    /// Takes a loose stage out whose place is known by now, with its round.
    fn ready_stage(&mut self, when: When) -> Option<(Loose<R::Stage>, usize)> {
        for index in 0..self.loose().len() {
            let loose = &self.loose()[index];
            if loose.until.is_none() || loose.stage.part() == StagePart::Opens {
                continue;
            }
            let soon = loose.received.plus(when.grace);
            match self.place(loose.at, soon > when.now) {
                Place::Join(round) => return Some((self.more_mut().loose.remove(index), round)),
                // Its opening isn't what it waits for any more.
                Place::Soon => self.more_mut().loose[index].until = soon.into(),
                Place::Later => {}
            }
        }
        None
    }
}

/// Settles a round that is forgotten, since nothing can change it any more.
pub(super) fn let_go<R: Round>(mut round: R, found: &mut AllFound<R::Facts>) {
    if round.due().is_some() {
        let before = round.facts();
        round.tick(Timestamp::from_nanos(i64::MAX));
        found.push(Found::Facts { before, after: round.facts(), began: false });
    }
}
