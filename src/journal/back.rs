//! The way back to an earlier release: what a later one added is removed, and what the earlier one wrote stays as it was.
//!
//! [`read`] begins with the newest checkpoint that the earlier release can read, and gives the frames after it. [`cut`] then
//! removes everything from a frame on. It removes the later files first, so that wherever it is interrupted the rest is a
//! journal that both releases, or the later one, can read.

use super::checkpoint::{self, NEEDS};
use super::disk::Disk;
use super::error::Fatal;
use super::names;
use super::record::{FORMAT_1, SegmentHeader};
use super::recover::Reading;
use super::recovered::{FramePlace, SegmentFile};
use super::version::Version;

/// What both releases can read, and what only the later one can.
pub struct Before<'d> {
    pub reading: Reading<'d>,
    /// The release that wrote the checkpoint to begin with; `None` where there is no such checkpoint.
    pub written_by: Option<Version>,
    /// Sequence numbers of checkpoints that only the later release reads, ascending.
    pub newer: Vec<u64>,
}

/// Reads as an earlier release would, were it not for what this one wrote.
pub fn read(disk: &dyn Disk) -> Result<Before<'_>, Fatal> {
    let files = disk.list().map_err(|error| Fatal::io("listing", disk.path(""), error))?;
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let (mut newer, mut older) = (Vec::new(), Vec::new());
    for name in names.iter().filter(|name| names::sequence_of(name).is_some()) {
        let alone = checkpoint::find(disk, std::iter::once(name.clone()))?;
        match alone.newest.filter(|found| found.written_by.is_some_and(|release| release >= NEEDS)) {
            Some(found) => newer.push(found.sequence),
            None => older.push(name.clone()),
        }
    }
    newer.sort_unstable();
    let found = checkpoint::find(disk, older.into_iter())?;
    let written_by = found.newest.as_ref().map(|checkpoint| checkpoint.written_by.unwrap_or(Version([0, 1, 0])));
    Ok(Before { reading: Reading::new(disk, found, SegmentFile::among(&files)), written_by, newer })
}

/// Removes these checkpoints, and everything from this place of the journal on.
pub fn cut(disk: &dyn Disk, newer: &[u64], from: Option<FramePlace>) -> Result<(), Fatal> {
    let failed = |error| Fatal::io("removing what this release wrote from", disk.path(""), error);
    for sequence in newer.iter().rev() {
        disk.remove(&names::checkpoint(*sequence)).map_err(failed)?;
    }
    disk.sync_dir().map_err(failed)?;
    let segments = SegmentFile::among(&disk.list().map_err(failed)?);
    // A segment of this release's format has only what is to be removed.
    let mut content = Vec::new();
    let mut goes = |segment: &SegmentFile| {
        disk.read(&names::segment(segment.first), &mut content).map_err(failed)?;
        let is_later = SegmentHeader::decode(&content).is_ok_and(|header| header.format > FORMAT_1);
        Ok(is_later || from.is_some_and(|from| segment.first > from.segment))
    };
    let mut left = segments.len();
    while left > 0 && goes(&segments[left - 1])? {
        left -= 1;
        disk.remove(&names::segment(segments[left].first)).map_err(failed)?;
        disk.sync_dir().map_err(failed)?;
    }
    let is_left = |from: &FramePlace| segments[..left].iter().any(|segment| segment.first == from.segment);
    let Some(from) = from.filter(is_left) else { return Ok(()) };
    let mut file = disk.open(&names::segment(from.segment)).map_err(failed)?;
    file.set_len(from.offset).and_then(|()| file.sync_data()).map_err(failed)
}
