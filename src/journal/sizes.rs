//! The lengths of the files next to the segments, and how much space a segment takes ahead.

use std::collections::BTreeMap;
use std::io;

use super::disk::Disk;
use super::names;

/// What a segment takes ahead, in bytes.
pub const RESERVE_BYTES: u64 = 1 << 20;

/// The lengths of the files next to the segments.
#[derive(Default)]
pub(super) struct Sizes {
    /// By sequence; including damaged ones, as long as they are there.
    pub(super) checkpoints: BTreeMap<u64, u64>,
    /// Of all torn tails that were kept.
    pub(super) torn: u64,
}

impl Sizes {
    pub(super) fn of(disk: &dyn Disk) -> io::Result<Sizes> {
        let mut sizes = Sizes::default();
        for (name, bytes) in disk.list()? {
            if let Some(sequence) = names::sequence_of(&name) {
                sizes.checkpoints.insert(sequence, bytes);
            } else if name.starts_with("torn-") {
                sizes.torn += bytes;
            }
        }
        Ok(sizes)
    }
}

/// The length of the newest checkpoint in bytes, damaged or not; 0 when there is none.
pub fn newest_checkpoint_bytes(disk: &dyn Disk) -> io::Result<u64> {
    Ok(Sizes::of(disk)?.checkpoints.last_key_value().map_or(0, |(_, bytes)| *bytes))
}
