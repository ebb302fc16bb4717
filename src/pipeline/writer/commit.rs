//! Commits: one frame, one sync, one fold, and then the replies.

use std::time::Instant;

use super::Writer;
use super::chosen::Submission;
use crate::config::Model;
use crate::journal::{AppendError, FRAME_HEADER_BYTES, begin_frame};
use crate::pipeline::outcome::{Health, Refusal};
use crate::pipeline::payload;

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
        let outcomes = self.chosen.choose(&self.handle.fold().state, &submissions, &mut self.frame);
        match self.write_and_fold_events() {
            Err(refusal) => refuse(submissions, &refusal),
            Ok(()) => {
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

    /// Writes the events that were chosen, if any, and ends the commit.
    fn write_and_fold_events(&mut self) -> Result<(), Refusal> {
        let count = self.chosen.fresh().len() as u32;
        let written = if count > 0 { self.write(count, Asks::Room) } else { Ok(0) };
        let folded = &self.frame[FRAME_HEADER_BYTES..];
        self.handle.end_commit(|state| {
            if let (Ok(sequence), true) = (&written, count > 0) {
                payload::apply_with_ids(state, *sequence, count, folded, Some(self.chosen.fresh()))
                    .expect("what was just encoded can be decoded");
            }
        });
        self.way_back &= written.is_err() || count == 0;
        written.map(drop)
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

fn refuse(submissions: Vec<Submission>, refusal: &Refusal) {
    for (_, reply) in submissions {
        let _ = reply.send(Err(refusal.clone()));
    }
}
