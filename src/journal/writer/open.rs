//! Opening: from what recovery found to a journal that can be written.
//!
//! What was found is made durable first: after kill -9, and even more after a failed sync, the last frame may have been
//! read from memory that was never written to the disk.

use std::io;
use std::sync::Arc;

use super::{Current, Journal, Options};
use crate::journal::chain::last_link;
use crate::journal::disk::{Disk, Lock};
use crate::journal::error::Fatal;
use crate::journal::names;
use crate::journal::recovered::{Recovered, SegmentFile, Tail};
use crate::journal::sizes::Sizes;

/// Torn tails that are kept for a person to read; the oldest are removed.
pub const TORN_FILES_KEPT: usize = 16;

impl Journal {
    /// Goes on from what recovery found, under the lock that was taken before it read.
    pub fn open(disk: Arc<dyn Disk>, lock: Lock, recovered: Recovered, options: Options) -> Result<Journal, Fatal> {
        let mut journal = Journal {
            disk,
            options,
            segments: recovered.segments,
            current: None,
            next_sequence: recovered.next_sequence,
            unsynced: None,
            away: false,
            link: recovered.link,
            poisoned: None,
            uncut: recovered.torn,
            checkpoints: recovered.checkpoints,
            damaged_checkpoints: recovered.damaged_checkpoints,
            sizes: Sizes::default(),
            _lock: lock,
        };
        let dir = journal.disk.path("");
        journal.remove_unfinished_checkpoints().map_err(|error| Fatal::io("cleaning up in", dir.clone(), error))?;
        if let (Some(tail), Some(last)) = (recovered.tail, journal.segments.last().copied()) {
            let current = journal.take_up(last, tail);
            journal.current = Some(current.map_err(|error| Fatal::io("syncing", journal.path_of(last.first), error))?);
        }
        journal.disk.sync_dir().map_err(|error| Fatal::io("syncing", dir.clone(), error))?;
        journal.sizes = Sizes::of(&*journal.disk).map_err(|error| Fatal::io("listing", dir, error))?;
        journal.learn_link().map_err(|error| Fatal::io("reading", journal.last_path(), error))?;
        match journal.keep_torn_tail() {
            // Metrics and health must be served from a full disk too; the cut comes before the first append.
            Err(error) if is_full(&error) => return Ok(journal),
            kept => kept.map_err(|error| Fatal::io("keeping the torn tail of", journal.last_path(), error))?,
        }
        journal.cut_torn_tail().map_err(|error| Fatal::io("cutting the torn tail of", journal.last_path(), error))?;
        Ok(journal)
    }

    /// Recovery doesn't read what a checkpoint includes, and a checkpoint doesn't always say its last frame.
    fn learn_link(&mut self) -> io::Result<()> {
        if self.link.is_none() {
            let firsts: Vec<u64> = self.segments.iter().map(|segment| segment.first).collect();
            self.link = last_link(&*self.disk, &firsts)?;
        }
        Ok(())
    }

    /// Opens the last segment and writes its last frame again. After a sync that failed, the system still shows what was
    /// written, but takes it for synced; only writing it again makes a sync write it.
    fn take_up(&mut self, last: SegmentFile, tail: Tail) -> io::Result<Current> {
        let mut content = Vec::new();
        self.disk.read(&names::segment(last.first), &mut content)?;
        let (from, to) = (tail.last_offset as usize, tail.end as usize);
        let doubtful = content.get(from..to).ok_or_else(|| io::Error::other("it is shorter than it was"))?;
        let mut file = self.disk.open(&names::segment(last.first))?;
        // A crash may have left more reserved.
        let reserved = content.len() as u64;
        file.set_len(reserved)?;
        file.write_at(tail.last_offset, doubtful)?;
        file.sync_data()?;
        Ok(Current { file, salt: tail.salt, reserved })
    }

    /// Keeps the bytes of a torn tail in a separate file, durable, before they are cut.
    pub(super) fn keep_torn_tail(&self) -> io::Result<()> {
        let (Some(torn), Some(last)) = (&self.uncut, self.segments.last()) else { return Ok(()) };
        if torn.bytes == 0 {
            return Ok(());
        }
        let mut content = Vec::new();
        self.disk.read(&names::segment(last.first), &mut content)?;
        let bytes = content.get(torn.offset as usize..).unwrap_or_default();
        let name = names::torn(torn.sequence, torn.offset);
        let mut file = self.disk.create(&name)?;
        if let Err(error) = file.write_at(0, bytes).and_then(|()| file.sync_data()) {
            // A part of it is of no use, and the disk may be full.
            let _ = self.disk.remove(&name);
            return Err(error);
        }
        self.remove_oldest_torn()?;
        self.disk.sync_dir()
    }

    pub(super) fn cut_torn_tail(&mut self) -> io::Result<()> {
        let (Some(torn), Some(last)) = (&self.uncut, self.segments.last_mut()) else { return Ok(()) };
        match &mut self.current {
            Some(current) => {
                current.file.set_len(torn.offset)?;
                current.file.sync_data()?;
                (current.reserved, last.bytes) = (torn.offset, torn.offset);
            }
            // It has no whole header, so no frame was ever in it.
            None => {
                self.disk.remove(&names::segment(last.first))?;
                self.disk.sync_dir()?;
                self.segments.pop();
            }
        }
        self.uncut = None;
        if let Ok(sizes) = Sizes::of(&*self.disk) {
            self.sizes = sizes;
        }
        Ok(())
    }

    fn remove_oldest_torn(&self) -> io::Result<()> {
        let files = self.disk.list()?.into_iter().map(|(name, _)| name);
        let mut torn: Vec<String> = files.filter(|name| names::is_torn(name)).collect();
        torn.sort_unstable();
        let surplus = torn.len().saturating_sub(TORN_FILES_KEPT);
        torn[..surplus].iter().try_for_each(|name| self.disk.remove(name))
    }

    fn remove_unfinished_checkpoints(&self) -> io::Result<()> {
        let files = self.disk.list()?.into_iter().map(|(name, _)| name);
        files.filter(|name| names::is_temporary(name)).try_for_each(|name| self.disk.remove(&name))
    }

    fn path_of(&self, first: u64) -> String {
        self.disk.path(&names::segment(first))
    }

    fn last_path(&self) -> String {
        self.segments.last().map_or_else(|| self.disk.path(""), |last| self.path_of(last.first))
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
