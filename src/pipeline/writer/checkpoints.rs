//! Checkpoints: a snapshot is taken here and written elsewhere, while the writer goes on.

use tracing::{info, warn};

use super::Writer;
use crate::pipeline::queue::{CheckpointDone, Work};

impl Writer {
    /// Begins a checkpoint once enough of the journal is not covered by one.
    pub(super) fn checkpoint_when_due(&mut self) {
        let newest = self.journal.checkpoint_sizes().last().copied().unwrap_or(0);
        if self.memory.is_checkpoint_due(newest, self.options.checkpoint_bytes, self.handle.now()) {
            self.begin_checkpoint();
        }
    }

    /// Takes a snapshot and has it written elsewhere; the writer goes on meanwhile.
    pub fn begin_checkpoint(&mut self) {
        if !self.memory.can_checkpoint() {
            return;
        }
        let look = self.look_at_disk();
        self.note_look(&look, self.handle.now());
        let expected = look.next_checkpoint();
        let snapshot = self.handle.fold().snapshot();
        let mut file = match self.journal.checkpoint(snapshot.sequence()) {
            Ok(file) => file,
            Err(error) => return self.note_failed_checkpoint(&error),
        };
        let given = file.reserve(expected).then_some(expected);
        let handle = self.handle.clone();
        let begun = (self.options.spawner)(Box::new(move || {
            let done = snapshot.encode_to(&mut file).and_then(|()| file.finish());
            drop(snapshot);
            handle.queue().push_done(done);
        }));
        match begun {
            Ok(()) => self.memory.checkpoints.begin(given),
            Err(error) => self.note_failed_checkpoint(&error),
        }
    }

    pub(super) fn end_checkpoint(&mut self, done: CheckpointDone) {
        self.memory.erasures.end(self.handle.since_boot());
        match done.and_then(|written| self.journal.trim(&written).map(|()| written)) {
            Ok(written) => {
                self.memory.checkpoints.succeed();
                self.telemetry.checkpoint(self.handle.now());
                info!(sequence = written.sequence, bytes = written.bytes, "checkpoint written");
            }
            Err(error) => {
                self.note_failed_checkpoint(&error);
                self.give_up_erasing(&error.to_string());
            }
        }
    }

    fn note_failed_checkpoint(&mut self, error: &std::io::Error) {
        self.memory.checkpoints.fail(self.handle.now());
        warn!(%error, "no checkpoint was written; the journal keeps everything");
    }

    /// Ends a graceful stop with a checkpoint, which makes the next start quick. Waits for one that is being written.
    pub fn finish(mut self) {
        while self.memory.checkpoints.is_running() {
            if let Work::Checkpoint(done) = self.handle.queue().next() {
                self.end_checkpoint(done);
            }
        }
        if self.memory.is_lost() {
            return;
        }
        if self.memory.ends_with_checkpoint() {
            let snapshot = self.handle.fold().snapshot();
            let done = self.journal.checkpoint(snapshot.sequence()).and_then(|mut file| {
                snapshot.encode_to(&mut file)?;
                file.finish()
            });
            self.end_checkpoint(done);
        }
        self.journal.give_back();
    }
}
