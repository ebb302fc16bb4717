//! What an erasure asks of the journal: that nothing older than a record is left in the directory.

use std::io;

use super::Journal;
use crate::journal::checkpoint::CHECKPOINTS_KEPT;
use crate::journal::names;

impl Journal {
    /// Whether every segment and both checkpoints are newer than a record.
    pub fn is_past(&self, record: u64) -> bool {
        self.segments.first().is_none_or(|first| first.first > record)
            && self.checkpoints.len() == CHECKPOINTS_KEPT
            && self.checkpoints.iter().all(|sequence| *sequence >= record)
            && self.damaged_checkpoints.is_empty()
    }

    /// The last record of the newest checkpoint; 0 when there is none.
    pub fn newest_checkpoint(&self) -> u64 {
        self.checkpoints.last().copied().unwrap_or(0)
    }

    /// Removes the torn tails that were kept for a person to read.
    pub fn remove_torn(&mut self) -> io::Result<()> {
        let files = self.disk.list()?.into_iter().map(|(name, _)| name);
        files.filter(|name| names::is_torn(name)).try_for_each(|name| self.remove(&name))?;
        self.sizes.torn = 0;
        self.disk.sync_dir()
    }

    /// The paths of files in the directory that are not the journal's: set aside by a repair, or put there by someone.
    pub fn strangers(&self) -> io::Result<Vec<String>> {
        let own =
            |name: &str| names::first_of(name).is_some() || names::sequence_of(name).is_some() || name == names::LOCK;
        let files = self.disk.list()?.into_iter().map(|(name, _)| name);
        let mut found: Vec<String> = files.filter(|name| !own(name)).map(|name| self.disk.path(&name)).collect();
        found.sort_unstable();
        Ok(found)
    }
}
