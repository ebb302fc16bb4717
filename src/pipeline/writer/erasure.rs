//! The writer's part of an erasure: a record, and then two checkpoints, until no file that it writes has the case.
//!
//! The record takes effect at once. What came before it is still in older segments and checkpoints, so the writer closes
//! the segment and takes a checkpoint; then it writes another record and takes another checkpoint, since both that are
//! kept must be newer than the case. Then the older segments are removed. Events are taken all the while. A flood of
//! erasures is slowed down, see [`crate::pipeline::pace`].

use tokio::sync::oneshot;
use tracing::{info, warn};

use super::Writer;
use super::commit::Asks;
use super::erasing::Erasing;
use crate::journal::begin_frame;
use crate::pipeline::outcome::{CaseName, Erased, Refusal};
use crate::pipeline::payload;
use crate::pipeline::policy::{self, ErasureAction};

impl Writer {
    /// Writes the record of an erasure and folds it.
    pub(super) fn forget(&mut self, case: &CaseName, reply: oneshot::Sender<Result<Erased, Refusal>>) {
        if let Err(refusal) = self.commit_pending() {
            return drop(reply.send(Err(refusal)));
        }
        let now = self.handle.begin_commit();
        let names = self.handle.fold().state.names_of_case(&case.case, case.system.as_deref());
        begin_frame(&mut self.draft.frame);
        payload::forget(now, &names, &mut self.draft.frame);
        let written = self.write(1, Asks::Room);
        let mut work = 0;
        self.handle.end_commit(|state| {
            if let Ok(sequence) = written {
                state.advance(now);
                work = state.forget(names.into_iter(), sequence);
            }
        });
        match written {
            Ok(record) => {
                self.memory.close_way_back();
                self.erasing.push(Erasing { record, work, reply, checkpoints: 0 });
            }
            Err(refusal) => drop(reply.send(Err(refusal))),
        }
    }

    /// Takes the next step of the erasures that wait, if it can be taken now.
    pub(super) fn erase(&mut self) {
        if self.memory.checkpoints.is_running() {
            return;
        }
        for erasing in std::mem::take(&mut self.erasing) {
            match self.journal.is_past(erasing.record) {
                true => self.complete(erasing),
                false => self.erasing.push(erasing),
            }
        }
        if !self.memory.erasures.may_begin(self.handle.since_boot()) {
            return;
        }
        // Those that wait longest had the most.
        let Some(checkpoints) = self.erasing.iter().map(|erasing| erasing.checkpoints).max() else { return };
        let is_covered = self.journal.last_sequence() == self.journal.newest_checkpoint();
        match policy::go_on_erasing(checkpoints, is_covered) {
            ErasureAction::GiveUp => {
                self.give_up_erasing("checkpoints were taken, and older segments are still there");
            }
            ErasureAction::RecordThenCheckpoint => {
                self.repeat_model();
                match self.commit_pending() {
                    Ok(()) => self.checkpoint_to_erase(),
                    Err(refusal) => self.give_up_erasing(&refusal.to_string()),
                }
            }
            ErasureAction::Checkpoint => self.checkpoint_to_erase(),
        }
    }

    /// Begins a checkpoint that lets the segments before it go.
    fn checkpoint_to_erase(&mut self) {
        self.erasing.iter_mut().for_each(|erasing| erasing.checkpoints += 1);
        self.journal.close_segment();
        self.memory.erasures.begin(self.handle.since_boot());
        self.begin_checkpoint();
        if !self.memory.checkpoints.is_running() {
            self.give_up_erasing("no checkpoint could be begun; the log says why");
        }
    }

    fn complete(&mut self, erasing: Erasing) {
        let done = self.journal.remove_torn().and_then(|()| self.journal.strangers());
        let answer = done.map(|left| Erased { work: erasing.work, left }).map_err(|error| {
            Refusal::Disk(format!(
                "the case is forgotten, but other files in the directory could not be listed: {error}"
            ))
        });
        info!(record = erasing.record, complete = answer.is_ok(), "a case was forgotten");
        let _ = erasing.reply.send(answer);
    }

    /// The record is kept: the rest is done by the checkpoints that come anyway, or by asking again.
    pub(super) fn give_up_erasing(&mut self, why: &str) {
        for erasing in self.erasing.drain(..) {
            warn!(record = erasing.record, why, "a case is forgotten, and still in older files");
            let why = format!(
                "the case is forgotten, but stays in older files until the next two checkpoints ({why}); ask again \
                 to have them taken at once"
            );
            let _ = erasing.reply.send(Err(Refusal::Disk(why)));
        }
    }
}
