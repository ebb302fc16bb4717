//! What the journal takes on disk, and the space that it takes ahead.
//!
//! A segment takes its space in steps of [`RESERVE_BYTES`], and never beyond its bound: an idle day90 keeps a mebibyte
//! reserved, not a whole segment, and still asks the file system for space only once in thousands of commits.

use std::io;

use super::Journal;
use crate::journal::record::SEGMENT_HEADER_BYTES;
use crate::journal::sizes::RESERVE_BYTES;

impl Journal {
    /// What segments with the space reserved in them, checkpoints and kept torn tails take together, in bytes.
    pub fn used_bytes(&self) -> u64 {
        let reserved = self.current.as_ref().map_or(0, |current| current.reserved - self.last_bytes());
        self.bytes() + reserved + self.checkpoint_bytes() + self.sizes.torn
    }

    /// The length of all checkpoints.
    pub fn checkpoint_bytes(&self) -> u64 {
        self.sizes.checkpoints.values().sum()
    }

    /// Makes the next frame begin a new segment, so that the last one can be removed. An empty segment stays: its successor
    /// would have the same name, and if making that failed, nothing would show how far the journal reaches.
    pub fn close_segment(&mut self) {
        let is_empty = self.last_bytes() <= SEGMENT_HEADER_BYTES as u64;
        // A torn tail must be cut first, which needs the open file.
        if self.uncut.is_none() && self.unsynced.is_none() && !is_empty {
            self.give_back();
            self.current = None;
        }
    }

    /// What the disk has left, in bytes.
    pub fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }

    /// What appending a frame of this length would newly take from the disk, in bytes; 0 while it fits what is reserved.
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

    /// Gives back what the last segment has reserved and not used. If that fails it stays taken, which does no harm.
    pub fn give_back(&mut self) {
        let bytes = self.last_bytes();
        let Some(current) = &mut self.current else { return };
        if current.reserved > bytes && current.file.set_len(bytes).is_ok() {
            current.reserved = bytes;
        }
    }

    /// Takes the space for a frame in the last segment, and a step ahead.
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
            // A part may have been taken of the little that is left, and the next checkpoint may need it.
            current.reserved = bytes;
        }
        reserved
    }

    /// The offset up to which space is reserved when a frame of this length is written at `at`.
    pub(super) fn reserved_for(&self, at: u64, frame_bytes: u64) -> u64 {
        let end = at + frame_bytes;
        (at + RESERVE_BYTES).min(self.options.segment_bytes).max(end)
    }

    /// A cut has given back what was reserved.
    pub(super) fn nothing_is_reserved(&mut self) {
        let bytes = self.last_bytes();
        if let Some(current) = &mut self.current {
            current.reserved = bytes;
        }
    }

    pub(super) fn last_bytes(&self) -> u64 {
        self.segments.last().map_or(0, |segment| segment.bytes)
    }
}
