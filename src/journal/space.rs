//! What the journal takes on disk, and the space that it takes ahead.
//!
//! A segment takes its space in steps of [`RESERVE_BYTES`], and never beyond its bound: an idle day90 keeps a mebibyte for
//! nothing, not a whole segment, and still asks the file system for space once in thousands of commits.

use std::collections::BTreeMap;
use std::io;

use super::checkpoint;
use super::disk::Disk;
use super::record::SEGMENT_HEADER_BYTES;
use super::segment::Journal;

/// What a segment takes ahead, in bytes.
pub const RESERVE_BYTES: u64 = 1 << 20;

/// The lengths of the files beside the segments.
#[derive(Default)]
pub(super) struct Sizes {
    /// By sequence; damaged ones too, as long as they are there.
    pub(super) checkpoints: BTreeMap<u64, u64>,
    /// Of all torn tails that were kept.
    pub(super) torn: u64,
}

impl Sizes {
    pub(super) fn of(disk: &dyn Disk) -> io::Result<Sizes> {
        let mut sizes = Sizes::default();
        for (name, bytes) in disk.list()? {
            if let Some(sequence) = checkpoint::sequence_of(&name) {
                sizes.checkpoints.insert(sequence, bytes);
            } else if name.starts_with("torn-") {
                sizes.torn += bytes;
            }
        }
        Ok(sizes)
    }
}

/// The length of the newest checkpoint, damaged or not; 0 when there is none.
pub fn newest_checkpoint_bytes(disk: &dyn Disk) -> io::Result<u64> {
    Ok(Sizes::of(disk)?.checkpoints.last_key_value().map_or(0, |(_, bytes)| *bytes))
}

impl Journal {
    /// What all segments, what is reserved in them, all checkpoints and the torn tails that were kept take together.
    pub fn used_bytes(&self) -> u64 {
        let reserved = self.current.as_ref().map_or(0, |current| current.reserved - self.last_bytes());
        self.bytes() + reserved + self.checkpoint_bytes() + self.sizes.torn
    }

    /// The length of all checkpoints.
    pub fn checkpoint_bytes(&self) -> u64 {
        self.sizes.checkpoints.values().sum()
    }

    /// The lengths of the checkpoints that are not known to be damaged, oldest first.
    pub fn checkpoint_sizes(&self) -> Vec<u64> {
        self.checkpoints.iter().map(|sequence| self.sizes.checkpoints.get(sequence).copied().unwrap_or(0)).collect()
    }

    /// Whether one more checkpoint would let segments go, were a new one begun before it: the newest covers some that the
    /// older does not, or the last one is long.
    pub fn could_trim(&self) -> bool {
        let newest = self.checkpoints.last().copied().unwrap_or(0);
        self.segments.get(1).is_some_and(|second| second.first <= newest + 1)
            || self.last_bytes() > RESERVE_BYTES.min(self.options.segment_bytes)
    }

    /// The next frame begins a new segment, so that the last one can go. One that is empty already is where it begins: made
    /// again under the same name, it would be gone when that fails, and nothing would show how far the journal reaches.
    pub fn close_segment(&mut self) {
        let is_empty = self.last_bytes() <= SEGMENT_HEADER_BYTES as u64;
        // A torn tail is cut first, by way of the open file.
        if self.uncut.is_none() && !self.unsynced && !is_empty {
            self.give_back();
            self.current = None;
        }
    }

    /// What the disk has left.
    pub fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }

    /// What appending a frame of this length would newly take from the disk; 0 while it fits what is reserved.
    pub fn asks(&self, frame_bytes: u64) -> u64 {
        match &self.current {
            Some(current) if self.last_bytes() + frame_bytes <= current.reserved => 0,
            Some(current) if self.has_room(frame_bytes) => {
                self.reserved_for(self.last_bytes(), frame_bytes) - current.reserved
            }
            _ => self.reserved_for(0, SEGMENT_HEADER_BYTES as u64 + frame_bytes),
        }
    }

    /// Segments that begin from now on are not made longer than this.
    pub fn set_segment_bytes(&mut self, bytes: u64) {
        self.options.segment_bytes = bytes;
    }

    /// Gives back what the last segment has reserved and not used. Where that fails it stays taken, and harms nothing.
    pub fn give_back(&mut self) {
        let bytes = self.last_bytes();
        let Some(current) = &mut self.current else { return };
        if current.reserved > bytes && current.file.set_len(bytes).is_ok() {
            current.reserved = bytes;
        }
    }

    /// Takes the space for a frame in the last segment, and some ahead.
    pub(super) fn reserve(&mut self, frame_bytes: u64) -> io::Result<()> {
        let bytes = self.last_bytes();
        let target = self.reserved_for(bytes, frame_bytes);
        let Some(current) = &mut self.current else { return Ok(()) };
        if bytes + frame_bytes <= current.reserved {
            return Ok(());
        }
        let reserved = current.file.reserve(current.reserved, target - current.reserved);
        if reserved.is_ok() {
            current.reserved = target;
        } else if current.file.set_len(bytes).is_ok() {
            // A part may have been taken, of the little that there is: the next checkpoint may need it.
            current.reserved = bytes;
        }
        reserved
    }

    /// Up to where space is taken when a frame of this length is written at an offset.
    pub(super) fn reserved_for(&self, at: u64, frame_bytes: u64) -> u64 {
        let end = at + frame_bytes;
        (at + RESERVE_BYTES).min(self.options.segment_bytes).max(end)
    }

    /// After a cut: it gave back what was reserved.
    pub(super) fn nothing_is_reserved(&mut self) {
        let bytes = self.last_bytes();
        if let Some(current) = &mut self.current {
            current.reserved = bytes;
        }
    }

    fn last_bytes(&self) -> u64 {
        self.segments.last().map_or(0, |segment| segment.bytes)
    }
}
