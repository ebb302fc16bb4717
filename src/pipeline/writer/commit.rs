//! Commits: one frame, one sync, one fold, and then the replies.

use std::time::Instant;

use super::Writer;
use super::chosen::Submission;
use crate::config::Model;
use crate::journal::{AppendError, FRAME_HEADER_BYTES, begin_frame};
use crate::pipeline::outcome::{Health, Outcome, Refusal, Warning};
use crate::pipeline::payload;
use crate::state::signals::warnings::Said;

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
        if let Err(refusal) = self.commit_pending() {
            return refuse(submissions, &refusal);
        }
        let now = self.handle.begin_commit();
        begin_frame(&mut self.draft.frame);
        payload::begin_events(now, &mut self.draft.frame);
        let mut outcomes = self.draft.choose(&self.handle.fold().state, &submissions);
        match self.write_and_fold_events() {
            Err(refusal) => refuse(submissions, &refusal),
            Ok(warnings) => {
                warn(&mut outcomes, warnings, |position| self.draft.chosen.index(position));
                for ((batch, reply), outcome) in submissions.into_iter().zip(outcomes) {
                    let _ = reply.send(Ok(outcome));
                    self.pool.put_batch(batch);
                }
            }
        }
        self.draft.shrink();
    }

    /// Writes the events that were chosen, if any, and ends the commit. Returns what the fold has to say about them, each
    /// with the position of its event in the frame.
    fn write_and_fold_events(&mut self) -> Result<Vec<(u64, Said)>, Refusal> {
        let count = self.draft.chosen.fresh().len() as u32;
        let written = if count > 0 { self.write(count, Asks::Room) } else { Ok(0) };
        let folded = &self.draft.frame[FRAME_HEADER_BYTES..];
        let mut warnings = Vec::new();
        self.handle.end_commit(|state| {
            if let (Ok(sequence), true) = (&written, count > 0) {
                state.begin_warnings();
                payload::apply_with_ids(state, *sequence, count, folded, Some(self.draft.chosen.fresh()))
                    .expect("what was just encoded can be decoded");
                warnings = state.end_warnings();
            }
        });
        if written.is_ok() && count > 0 {
            self.memory.close_way_back();
        }
        written.map(|first| warnings.into_iter().map(|said| (said.sequence - first, said)).collect())
    }

    /// Puts a model into the journal and into force, if it joins no two states.
    pub(super) fn configure(&mut self, model: Model) -> Result<(), Refusal> {
        if let Some(why) = self.handle.fold().state.conflict(&model) {
            return Err(Refusal::Conflict(why));
        }
        self.pending.model = Some(model);
        self.commit_pending()
    }

    /// Writes what waits to be written before any event. Also shows whether the disk takes writes again.
    pub(super) fn commit_pending(&mut self) -> Result<(), Refusal> {
        self.write_model(Asks::Room)
    }

    /// Puts a model that waits into the journal and into force.
    pub(super) fn write_model(&mut self, asks: Asks) -> Result<(), Refusal> {
        let Some(model) = self.pending.model.take() else { return Ok(()) };
        let now = self.handle.begin_commit();
        begin_frame(&mut self.draft.frame);
        payload::model(now, &model, &mut self.draft.frame);
        self.memory.record = self.draft.frame.len() as u64;
        let written = self.write(1, asks);
        // The same as a replay does, without parsing a large model again while snapshots wait.
        self.handle.end_commit(|state| {
            if let Ok(sequence) = written {
                state.advance(now);
                state.configure(model.clone(), sequence);
            }
        });
        written.map(drop).inspect_err(|_| self.pending.model = Some(model))
    }

    /// Makes the model in force wait to be written again: a record that changes nothing.
    pub(super) fn repeat_model(&mut self) {
        if self.pending.model.is_none() {
            self.pending.model = Some(self.handle.model());
        }
    }

    /// Appends and syncs the frame, and says whether the disk can be written.
    pub(super) fn write(&mut self, count: u32, asks: Asks) -> Result<u64, Refusal> {
        let bytes = self.draft.frame.len() as u64;
        if asks == Asks::Room {
            self.ask_for_room(bytes)?;
        }
        let written = self.journal.append(&mut self.draft.frame, count).and_then(|sequence| {
            let begun = Instant::now();
            self.journal.sync()?;
            self.telemetry.journal_synced(begun.elapsed());
            Ok(sequence)
        });
        match written {
            Ok(sequence) => {
                self.memory.checkpoints.add(bytes);
                if self.memory.budget.short().is_none() {
                    self.set_health(Health::Writable);
                }
                Ok(sequence)
            }
            Err(AppendError::Retry(error)) => {
                self.memory.note_failed_append(&error, bytes);
                let why = error.to_string();
                self.set_health(Health::Unwritable(why.clone()));
                // Writing the model again, now and then, shows when the disk takes writes again.
                self.repeat_model();
                Err(Refusal::Disk(why))
            }
            Err(AppendError::Poisoned(why)) => {
                self.memory.lose_journal();
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
