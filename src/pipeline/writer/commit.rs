//! Commits: one frame, one sync, one fold, and then the replies.

use std::time::Instant;

use super::Writer;
use super::chosen::Submission;
use crate::config::Model;
use crate::journal::{AppendError, FRAME_HEADER_BYTES, begin_frame};
use crate::pipeline::outcome::{Health, Outcome, Refusal, Warning};
use crate::pipeline::payload;
use crate::state::signals::warnings::Said;

/// A frame's buffer is kept for the next one up to this many bytes.
const FRAME_KEPT_BYTES: usize = 6 << 20;

/// What a frame asks for before it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Room,
    /// The frame is written to make room, so it must not be refused for want of it.
    Nothing,
}

impl Writer {
    /// Commits submissions as one frame and answers each.
    pub(super) fn commit(&mut self, submissions: Vec<Submission>) {
        if submissions.is_empty() {
            return;
        }
        if let Err(refusal) = self.commit_model() {
            return refuse(submissions, &refusal);
        }
        let now = self.handle.begin_commit();
        begin_frame(&mut self.frame);
        payload::begin_events(now, &mut self.frame);
        let mut outcomes = self.chosen.choose(&self.handle.fold().state, &submissions, &mut self.frame);
        match self.write_and_fold_events() {
            Err(refusal) => refuse(submissions, &refusal),
            Ok(warnings) => {
                warn(&mut outcomes, warnings, |position| self.chosen.index(position));
                for ((batch, reply), outcome) in submissions.into_iter().zip(outcomes) {
                    let _ = reply.send(Ok(outcome));
                    self.pool.put_batch(batch);
                }
            }
        }
        if self.frame.capacity() > FRAME_KEPT_BYTES {
            self.frame = Vec::new();
        }
        self.chosen.shrink();
    }

    /// Writes the events that were chosen, if any, and ends the commit. Returns what the fold has to say about them, each
    /// with the position of its event in the frame.
    fn write_and_fold_events(&mut self) -> Result<Vec<(u64, Said)>, Refusal> {
        let count = self.chosen.fresh().len() as u32;
        let written = if count > 0 { self.write(count, Asks::Room) } else { Ok(0) };
        let folded = &self.frame[FRAME_HEADER_BYTES..];
        let mut warnings = Vec::new();
        self.handle.end_commit(|state| {
            if let (Ok(sequence), true) = (&written, count > 0) {
                state.begin_warnings();
                payload::apply_with_ids(state, *sequence, count, folded, Some(self.chosen.fresh()))
                    .expect("what was just encoded can be decoded");
                warnings = state.end_warnings();
            }
        });
        self.way_back &= written.is_err() || count == 0;
        written.map(|first| warnings.into_iter().map(|said| (said.sequence - first, said)).collect())
    }

    /// Puts a model into the journal and into force, if it joins no two states.
    pub(super) fn configure(&mut self, model: Model) -> Result<(), Refusal> {
        if let Some(why) = self.handle.fold().state.conflict(&model) {
            return Err(Refusal::Conflict(why));
        }
        self.pending = Some(model);
        self.commit_model()
    }

    /// Puts a pending model into the journal and into force. Also shows whether the disk takes writes again.
    pub(super) fn commit_model(&mut self) -> Result<(), Refusal> {
        self.write_model(Asks::Room)
    }

    pub(super) fn write_model(&mut self, asks: Asks) -> Result<(), Refusal> {
        let Some(model) = self.pending.take() else { return Ok(()) };
        let now = self.handle.begin_commit();
        begin_frame(&mut self.frame);
        payload::model(now, &model, &mut self.frame);
        self.room.record = self.frame.len() as u64;
        let written = self.write(1, asks);
        // The same as a replay does, without parsing a large model again while snapshots wait.
        self.handle.end_commit(|state| {
            if let Ok(sequence) = written {
                state.advance(now);
                state.configure(model.clone(), sequence);
            }
        });
        written.map(drop).inspect_err(|_| self.pending = Some(model))
    }

    /// Makes the model in force wait to be written again: a record that changes nothing.
    pub(super) fn repeat_model(&mut self) {
        if self.pending.is_none() {
            self.pending = Some(self.handle.model());
        }
    }

    /// Appends and syncs the frame, and says whether the disk can be written.
    pub(super) fn write(&mut self, count: u32, asks: Asks) -> Result<u64, Refusal> {
        let bytes = self.frame.len() as u64;
        if asks == Asks::Room {
            self.admit(bytes)?;
        }
        let written = self.journal.append(&mut self.frame, count).and_then(|sequence| {
            let begun = Instant::now();
            self.journal.sync()?;
            self.telemetry.journal_synced(begun.elapsed());
            Ok(sequence)
        });
        match written {
            Ok(sequence) => {
                self.checkpoints.since += bytes;
                if self.room.budget.short().is_none() {
                    self.set_health(Health::Writable);
                }
                Ok(sequence)
            }
            Err(AppendError::Retry(error)) => {
                self.room.ran_full(&error, bytes);
                let why = error.to_string();
                self.set_health(Health::Unwritable(why.clone()));
                // Writing the model again, now and then, shows when the disk takes writes again.
                self.repeat_model();
                Err(Refusal::Disk(why))
            }
            Err(AppendError::Poisoned(why)) => {
                self.set_health(Health::Poisoned(why.clone()));
                Err(Refusal::JournalLost(why))
            }
        }
    }
}

/// Gives each warning to the outcome of the request that has its event. They come with the position of the event in the
/// frame, in order; `index` is its position in its request.
fn warn(outcomes: &mut [Outcome], warnings: Vec<(u64, Said)>, index: impl Fn(usize) -> u32) {
    let (mut outcomes, mut begin) = (outcomes.iter_mut().peekable(), 0);
    for (position, Said { field, warning, .. }) in warnings {
        while let Some(outcome) = outcomes.next_if(|outcome| begin + outcome.accepted <= position) {
            begin += outcome.accepted;
        }
        let outcome = outcomes.peek_mut().expect("each event of the frame was accepted in a request");
        outcome.warnings.push(Warning { index: index(position as usize), field, warning });
    }
}

fn refuse(submissions: Vec<Submission>, refusal: &Refusal) {
    for (_, reply) in submissions {
        let _ = reply.send(Err(refusal.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_goes_to_the_request_that_has_its_event() {
        let outcome = |accepted| Outcome { accepted, duplicates: 1, ..Outcome::default() };
        let mut outcomes = [outcome(2), outcome(0), outcome(3), outcome(1)];
        // Of each event in the frame, its position in its request.
        let indexes = [0, 3, 1, 2, 7, 0];
        let said =
            |position| (position, Said { sequence: 90 + position, field: "f", warning: format!("at {position}") });
        warn(&mut outcomes, [1, 2, 4, 4, 5].map(said).into(), |position| indexes[position]);
        let told = outcomes.map(|outcome| {
            outcome.warnings.into_iter().map(|warning| (warning.index, warning.warning)).collect::<Vec<_>>()
        });
        let at = |index, position| (index, format!("at {position}"));
        assert_eq!(told, [vec![at(3, 1)], vec![], vec![at(1, 2), at(7, 4), at(7, 4)], vec![at(0, 5)]]);
    }
}
