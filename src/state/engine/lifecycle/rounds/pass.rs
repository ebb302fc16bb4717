//! Time passes: stages stop waiting, deadlines are missed, rounds are forgotten.

use super::arrive::let_go;
use super::{AllFound, Found, Round, Rounds, StagePart, Staged, When};
use crate::event::Timestamp;

impl<R: Round> Rounds<R> {
    /// Does all that is due at this when.
    pub(in super::super) fn pass(&mut self, when: When, found: &mut AllFound<R::Facts>) {
        // Before the rounds: what waits may be what a round has to be judged by.
        while let Some(index) = self.next_over(when.now) {
            let loose = self.more_mut().loose.remove(index);
            match loose.stage.part() {
                StagePart::Opens => found.push(Found::Repeat(loose.stage.kind())),
                StagePart::Ends | StagePart::Other => {
                    self.place_at_once((loose.at, loose.stage), index, when, found);
                }
            }
            self.settle(when, found);
        }
        for index in 0..self.count() {
            let round = self.round_mut(index).0;
            if round.due().is_some_and(|due| due <= when.now) {
                let before = round.facts();
                round.tick(when.now);
                found.push(Found::Facts { before, after: round.facts(), began: false });
            }
        }
        self.forget_rounds(when.now, found);
        self.tidy();
    }

    /// The loose stage that has waited for longest of those that no longer wait.
    fn next_over(&self, now: Timestamp) -> Option<usize> {
        let over = self.loose().iter().enumerate().filter_map(|(index, loose)| Some((loose.until.get()?, index)));
        over.filter(|(until, _)| *until <= now).min().map(|(_, index)| index)
    }

    fn forget_rounds(&mut self, now: Timestamp, found: &mut AllFound<R::Facts>) {
        while let Some(index) = (0..self.count()).find(|index| self.is_forgotten(*index, now)) {
            let_go(self.remove_round(index), found);
        }
        if self.more.is_some() && self.count() > 0 {
            let first = self.begun(0);
            self.more_mut().loose.retain(|loose| loose.until.is_some() || loose.at >= first);
        }
    }

    fn is_forgotten(&self, index: usize, now: Timestamp) -> bool {
        let until = self.earlier().get(index).map_or(self.until, |(_, until)| *until);
        self.round(index).ended().is_some() && until <= now
    }

    fn remove_round(&mut self, index: usize) -> R {
        let earlier = self.more.as_mut().map(|more| &mut more.earlier);
        match earlier {
            Some(earlier) if index < earlier.len() => earlier.remove(index).0,
            earlier => {
                let before = earlier.and_then(Vec::pop).unwrap_or_else(|| (R::default(), self.until));
                self.until = before.1;
                std::mem::replace(&mut self.newest, before.0)
            }
        }
    }
}
