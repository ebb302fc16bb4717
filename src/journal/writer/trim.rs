//! Checkpoints, and the removal of what they cover.

use std::io;
use std::sync::Arc;

use super::Journal;
use crate::journal::checkpoint::{CHECKPOINTS_KEPT, CheckpointWriter, Written};
use crate::journal::names;
use crate::journal::sizes::RESERVE_BYTES;

impl Journal {
    /// Begins a checkpoint of the state as of `sequence`, which was synced. It may be written by another thread.
    pub fn checkpoint(&self, sequence: u64) -> io::Result<CheckpointWriter> {
        assert!(sequence <= self.last_sequence(), "a checkpoint holds only what is durable");
        let link = self.link.filter(|_| sequence == self.last_sequence());
        CheckpointWriter::create(Arc::clone(&self.disk), sequence, link)
    }

    /// Removes what a new checkpoint makes unnecessary: all but the two newest checkpoints, those that were damaged,
    /// and the segments that the older of the two covers. On an error the rest stays until the next time.
    pub fn trim(&mut self, written: &Written) -> io::Result<()> {
        self.damaged_checkpoints.retain(|&damaged| damaged != written.sequence);
        self.checkpoints.retain(|&kept| kept != written.sequence);
        self.checkpoints.push(written.sequence);
        self.checkpoints.sort_unstable();
        self.sizes.checkpoints.insert(written.sequence, written.bytes);
        while let Some(&damaged) = self.damaged_checkpoints.last() {
            self.remove(&names::checkpoint(damaged))?;
            self.sizes.checkpoints.remove(&damaged);
            self.damaged_checkpoints.pop();
        }
        while self.checkpoints.len() > CHECKPOINTS_KEPT {
            self.remove(&names::checkpoint(self.checkpoints[0]))?;
            self.sizes.checkpoints.remove(&self.checkpoints.remove(0));
        }
        if self.checkpoints.len() == CHECKPOINTS_KEPT {
            self.remove_segments_covered_by(self.checkpoints[0])?;
        }
        self.disk.sync_dir()
    }

    /// The lengths of the checkpoints that are not known to be damaged, oldest first.
    pub fn checkpoint_sizes(&self) -> Vec<u64> {
        self.checkpoints.iter().map(|sequence| self.sizes.checkpoints.get(sequence).copied().unwrap_or(0)).collect()
    }

    /// Whether one more checkpoint would make segments unnecessary, if a new segment were begun before it: the newest
    /// checkpoint covers some that the older does not, or the last segment is long.
    pub fn could_trim(&self) -> bool {
        let newest = self.checkpoints.last().copied().unwrap_or(0);
        self.segments.get(1).is_some_and(|second| second.first <= newest + 1)
            || self.last_bytes() > RESERVE_BYTES.min(self.options.segment_bytes)
    }

    /// Oldest first, so that a crash in between leaves no gap that matters. The last segment always stays.
    fn remove_segments_covered_by(&mut self, sequence: u64) -> io::Result<()> {
        while self.segments.get(1).is_some_and(|second| second.first <= sequence + 1) {
            self.remove(&names::segment(self.segments[0].first))?;
            self.segments.remove(0);
        }
        Ok(())
    }

    /// Removes a file; one that is gone already is fine.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match self.disk.remove(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}
