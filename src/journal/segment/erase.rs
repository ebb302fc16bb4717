//! What an erasure asks of the journal: that nothing of before a record is left in the directory.

use std::io;

use super::{Journal, first_of};
use crate::journal::checkpoint::{self, CHECKPOINTS_KEPT};

impl Journal {
    /// Whether every segment and both checkpoints are later than a record.
    pub fn is_behind(&self, record: u64) -> bool {
        self.segments.first().is_none_or(|first| first.first > record)
            && self.checkpoints.len() == CHECKPOINTS_KEPT
            && self.checkpoints.iter().all(|sequence| *sequence >= record)
            && self.damaged_checkpoints.is_empty()
    }

    /// The last record of the newest checkpoint; 0 when there is none.
    pub fn newest_checkpoint(&self) -> u64 {
        self.checkpoints.last().copied().unwrap_or(0)
    }

    /// Removes the torn tails that were kept for a look.
    pub fn remove_torn(&mut self) -> io::Result<()> {
        let files = self.disk.list()?.into_iter().map(|(name, _)| name);
        files.filter(|name| is_torn(name)).try_for_each(|name| self.remove(&name))?;
        self.sizes.torn = 0;
        self.disk.sync_dir()
    }

    /// The paths of files that are in the directory and not the journal's: set aside by a repair, or put there by a hand.
    pub fn strangers(&self) -> io::Result<Vec<String>> {
        let own = |name: &str| first_of(name).is_some() || checkpoint::sequence_of(name).is_some() || name == "lock";
        let files = self.disk.list()?.into_iter().map(|(name, _)| name);
        let mut found: Vec<String> = files.filter(|name| !own(name)).map(|name| self.disk.path(&name)).collect();
        found.sort_unstable();
        Ok(found)
    }
}

fn is_torn(name: &str) -> bool {
    name.starts_with("torn-") && name.ends_with(".bin")
}
