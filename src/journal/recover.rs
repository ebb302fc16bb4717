//! Reads a journal. Changes nothing, so that `check` and `serve` share it, and says what it found.
//!
//! What is valid, and what is not:
//! * Frames are given in order, up to the first that is not valid.
//! * A frame is written only when the one before it is synced. So a crash leaves at most one torn frame, at the very end
//!   of the last segment, and nothing after it. That is a **torn tail**: it was never acknowledged; the writer cuts it.
//! * A segment's header is synced before its first frame. So a last segment that is no longer than a header, and whose
//!   header is not whole, is a torn tail too: the crash came while it was created.
//! * Anything else is **damage**, and recovery refuses: a bad frame that is followed by a whole header or by any bytes
//!   after its end, or in a segment that is not the last; a gap between segments, or between the checkpoint and the
//!   first; a number that doesn't continue; a journal that ends before a checkpoint that was once taken of it.

mod walk;

use super::checkpoint::{self, Checkpoint};
use super::disk::Disk;
use super::error::Fatal;
use super::names;
use super::record::Predecessor;
use super::recovered::{Frame, Recovered, SegmentFile};
use walk::Walk;

/// Lists the files and finds the newest whole checkpoint. [`Reading::replay`] goes on from it.
///
/// Without the lock a daemon may write meanwhile; its unfinished frame then looks like a torn tail.
pub fn read(disk: &dyn Disk) -> Result<Reading<'_>, Fatal> {
    let files = disk.list().map_err(|error| Fatal::io("listing", disk.path(""), error))?;
    let found = checkpoint::find(disk, files.iter().map(|(name, _)| name.clone()))?;
    Ok(Reading::new(disk, found, SegmentFile::among(&files)))
}

/// A journal of which the checkpoint was read and the frames were not.
pub struct Reading<'d> {
    disk: &'d dyn Disk,
    /// Records up to this one are in the checkpoint.
    after: u64,
    found: checkpoint::Found,
    segments: Vec<SegmentFile>,
    checkpoint_is_earlier: bool,
    /// The last frame that the checkpoint includes.
    link: Option<Predecessor>,
}

impl<'d> Reading<'d> {
    /// Begins with the newest of these checkpoints.
    pub(super) fn new(disk: &'d dyn Disk, found: checkpoint::Found, segments: Vec<SegmentFile>) -> Reading<'d> {
        let newest = found.newest.as_ref();
        let after = newest.map_or(0, |checkpoint| checkpoint.sequence);
        let is_earlier =
            |checkpoint: &Checkpoint| checkpoint.written_by.is_none_or(|release| release < checkpoint::NEEDS);
        let checkpoint_is_earlier = newest.is_some_and(is_earlier);
        let link = newest.and_then(|checkpoint| checkpoint.link);
        Reading { disk, after, found, segments, checkpoint_is_earlier, link }
    }

    /// The state to begin with; [`Reading::replay`] gives the frames after it.
    pub fn take_checkpoint(&mut self) -> Option<Checkpoint> {
        self.found.newest.take()
    }

    /// The checkpoint's sequence number, also when it was taken.
    pub fn checkpoint_sequence(&self) -> Option<u64> {
        self.found.kept.last().copied()
    }

    /// What a person should know, as sentences.
    pub fn warnings(&self) -> &[String] {
        &self.found.warnings
    }

    /// Gives every frame after the checkpoint, in order, with one segment in memory at a time. `on_frame` fails with a
    /// reason when it cannot read a payload.
    pub fn replay(self, mut on_frame: impl FnMut(Frame<'_>) -> Result<(), String>) -> Result<Recovered, Fatal> {
        let start = self.start()?;
        let first = self.segments.get(start).map_or(1, |segment| segment.first);
        let mut walk = Walk::new(self.disk, self.after, first, self.link);
        let mut content = Vec::new();
        for (at, segment) in self.segments.iter().enumerate().skip(start) {
            let is_last = at + 1 == self.segments.len();
            walk.segment(*segment, is_last, &mut content, &mut on_frame)?;
        }
        self.check_reach(walk.expected)?;
        Ok(self.recovered(walk))
    }

    /// The segment that holds the first record after the checkpoint.
    fn start(&self) -> Result<usize, Fatal> {
        let wanted = self.after + 1;
        match self.segments.iter().rposition(|segment| segment.first <= wanted) {
            Some(start) => Ok(start),
            None if self.segments.is_empty() => Ok(0),
            None => {
                let first = self.segments[0].first;
                let beginning = match self.after {
                    0 => "no checkpoint can be read".to_owned(),
                    after => format!("the newest checkpoint that can be read ends with record {after}"),
                };
                let why = format!(
                    "the journal begins here with record {first}, but {beginning}: records {wanted} to {} are \
                     missing{}",
                    first - 1,
                    self.passed_over()
                );
                Err(Fatal::Corrupt { path: self.disk.path(&names::segment(first)), offset: 0, why })
            }
        }
    }

    /// A checkpoint is taken only of what was synced: a journal that ends before one has lost acknowledged records, and
    /// perhaps more than that checkpoint knows.
    fn check_reach(&self, next: u64) -> Result<(), Fatal> {
        let reach = self.found.reach();
        if next > reach {
            return Ok(());
        }
        let (path, offset) = match self.segments.last() {
            Some(last) => (self.disk.path(&names::segment(last.first)), last.bytes),
            None => (self.disk.path(""), 0),
        };
        let why = format!(
            "the journal ends before record {next}, but {} was written when it held record {reach}: its end is \
             missing or damaged{}",
            names::checkpoint(reach),
            self.passed_over()
        );
        Err(Fatal::Corrupt { path, offset, why })
    }

    fn passed_over(&self) -> String {
        self.found.warnings.iter().map(|warning| format!("; {warning}")).collect()
    }

    fn recovered(mut self, walk: Walk<'_>) -> Recovered {
        if !self.found.damaged.is_empty() {
            let from = match self.found.kept.last() {
                Some(sequence) => names::checkpoint(*sequence),
                None => "the beginning".to_owned(),
            };
            self.found.warnings.push(format!("the journal is whole since {from}, so nothing is missing"));
        }
        if let Some(torn) = &walk.torn {
            self.found.warnings.push(format!(
                "{} ends at byte {} in {} bytes that are no whole frame ({}), as after a crash in the middle of a write, \
                 which was never acknowledged. Nothing here says whether there was more after record {}",
                torn.path,
                torn.offset,
                torn.bytes,
                torn.why,
                torn.sequence - 1
            ));
        }
        Recovered {
            next_sequence: walk.expected,
            checkpoint_sequence: self.found.kept.last().copied(),
            checkpoint_is_earlier: self.checkpoint_is_earlier,
            frames: walk.frames,
            records: walk.records,
            replayed_bytes: walk.bytes,
            journal_bytes: self.segments.iter().map(|segment| segment.bytes).sum(),
            torn: walk.torn,
            warnings: self.found.warnings,
            segments: self.segments,
            tail: walk.tail,
            link: walk.link,
            checkpoints: self.found.kept,
            damaged_checkpoints: self.found.damaged,
        }
    }
}
