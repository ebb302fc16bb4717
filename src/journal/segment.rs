//! The journal's only writer: one frame appended, one sync, and only then the next.
//!
//! * **Reserve**: space is taken a step ahead, so that a full disk shows before a write and not in the middle of it. A
//!   file's length stays what was written. What is left over is given back when a segment is closed, and at a stop.
//! * **Roll**: a frame that would make a segment longer than its bound goes to a new one. The new segment's header and
//!   its name are synced before the frame is written.
//! * **A write that fails** (a full disk) is cut back to the last frame and the cut is synced, so that nothing of it can
//!   come up later. Then the next append may try again.
//! * **A sync that fails**, or a cut that fails, poisons the writer for ever: what is on the disk is then unknown, and
//!   a second sync would succeed without having written anything.
//!
//! Opening goes on from what recovery found, and makes that durable first: after kill -9, and even more after a failed
//! sync, the last frame may have been read from memory that no disk has seen.

mod erase;

use std::io;
use std::sync::Arc;

use super::checkpoint::{self, CHECKPOINTS_KEPT, CheckpointWriter, Written};
use super::disk::{Disk, DiskFile, Lock};
use super::record::{FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader, seal_frame};
use super::recover::{Recovered, SegmentFile, Tail, Torn};
use super::space::Sizes;
use super::{AppendError, Fatal};

/// Torn tails that are kept for a person to look at; the oldest are removed.
pub const TORN_FILES_KEPT: usize = 16;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A segment is not made longer than this, in bytes, unless a single frame is.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { segment_bytes: 16 << 20 }
    }
}

/// The writer. It holds the directory's lock as long as it lives.
pub struct Journal {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) options: Options,
    /// Every segment, oldest first. While `current` is there, the last is the one it writes.
    pub(super) segments: Vec<SegmentFile>,
    /// `None` means that the next frame begins a new segment.
    pub(super) current: Option<Current>,
    next_sequence: u64,
    /// A frame was appended and is not synced.
    pub(super) unsynced: bool,
    poisoned: Option<String>,
    /// A torn tail that there was no room to keep yet. Nothing is appended before it is cut.
    pub(super) uncut: Option<Torn>,
    /// Checkpoints that are not known to be damaged, ascending.
    pub(super) checkpoints: Vec<u64>,
    damaged_checkpoints: Vec<u64>,
    /// Of the files beside the segments.
    pub(super) sizes: Sizes,
    _lock: Lock,
}

pub(super) struct Current {
    pub(super) file: Box<dyn DiskFile>,
    salt: u64,
    /// Up to here space is taken; at least the segment's length.
    pub(super) reserved: u64,
}

impl Journal {
    /// Goes on from what recovery found, under the lock that was taken before it read.
    pub fn open(disk: Arc<dyn Disk>, lock: Lock, recovered: Recovered, options: Options) -> Result<Journal, Fatal> {
        let mut journal = Journal {
            disk,
            options,
            segments: recovered.segments,
            current: None,
            next_sequence: recovered.next_sequence,
            unsynced: false,
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
        match journal.keep_torn_tail() {
            // Metrics and health must be served from a full disk too; the cut comes before the first append.
            Err(error) if is_full(&error) => return Ok(journal),
            kept => kept.map_err(|error| Fatal::io("keeping the torn tail of", journal.last_path(), error))?,
        }
        journal.cut_torn_tail().map_err(|error| Fatal::io("cutting the torn tail of", journal.last_path(), error))?;
        Ok(journal)
    }

    /// Writes a frame that [`super::begin_frame`] began, of `count` records, and says the number of the first. It is
    /// neither durable nor to be counted before [`Journal::sync`]. After an error the same buffer may be given again.
    ///
    /// # Panics
    /// When the frame before it was not synced, when `count` is 0, or when the payload is over
    /// [`super::FRAME_PAYLOAD_BYTES_MAX`].
    pub fn append(&mut self, frame: &mut [u8], count: u32) -> Result<u64, AppendError> {
        self.check_poison()?;
        assert!(!self.unsynced, "one frame at a time is unsynced");
        assert!(frame.len() >= FRAME_HEADER_BYTES, "begin_frame reserves the header");
        if self.uncut.is_some() {
            self.keep_torn_tail().map_err(AppendError::Retry)?;
            self.cut_torn_tail().map_err(|error| self.poison("cutting the torn tail of", error))?;
        }
        let frame_bytes = frame.len() as u64;
        let salt = match &self.current {
            Some(current) if self.has_room(frame_bytes) => current.salt,
            _ => self.roll(frame_bytes)?,
        };
        self.reserve(frame_bytes).map_err(AppendError::Retry)?;
        let sequence = self.next_sequence;
        seal_frame(frame, salt, sequence, count);
        if let Err(error) = self.write_at_end(frame) {
            return Err(self.cut_back(error));
        }
        self.last_segment().bytes += frame_bytes;
        self.next_sequence += u64::from(count);
        self.unsynced = true;
        Ok(sequence)
    }

    /// Makes the appended frame durable. After an error nothing is known, and every later call fails.
    pub fn sync(&mut self) -> Result<(), AppendError> {
        self.check_poison()?;
        if !self.unsynced {
            return Ok(());
        }
        let current = self.current.as_mut().expect("an appended frame has a segment");
        if let Err(error) = current.file.sync_data() {
            return Err(self.poison("syncing", error));
        }
        self.unsynced = false;
        Ok(())
    }

    /// Begins a checkpoint of the state as of `sequence`, which was synced. It may be written by another thread.
    pub fn checkpoint(&self, sequence: u64) -> io::Result<CheckpointWriter> {
        assert!(sequence <= self.last_sequence(), "a checkpoint holds only what is durable");
        CheckpointWriter::create(Arc::clone(&self.disk), sequence)
    }

    /// As [`Journal::checkpoint`], in the format of the release before, for its payload.
    pub fn checkpoint_format_1(&self, sequence: u64) -> io::Result<CheckpointWriter> {
        assert!(sequence <= self.last_sequence(), "a checkpoint holds only what is durable");
        CheckpointWriter::create_as(Arc::clone(&self.disk), sequence, checkpoint::FORMAT_1)
    }

    /// Removes what a new checkpoint makes superfluous: all but the two newest checkpoints, those that were damaged,
    /// and the segments that the older of the two covers. On an error the rest stays until the next time.
    pub fn trim(&mut self, written: &Written) -> io::Result<()> {
        self.damaged_checkpoints.retain(|&damaged| damaged != written.sequence);
        self.checkpoints.retain(|&kept| kept != written.sequence);
        self.checkpoints.push(written.sequence);
        self.checkpoints.sort_unstable();
        self.sizes.checkpoints.insert(written.sequence, written.bytes);
        while let Some(&damaged) = self.damaged_checkpoints.last() {
            self.remove(&checkpoint::name(damaged))?;
            self.sizes.checkpoints.remove(&damaged);
            self.damaged_checkpoints.pop();
        }
        while self.checkpoints.len() > CHECKPOINTS_KEPT {
            self.remove(&checkpoint::name(self.checkpoints[0]))?;
            self.sizes.checkpoints.remove(&self.checkpoints.remove(0));
        }
        if self.checkpoints.len() == CHECKPOINTS_KEPT {
            self.remove_segments_covered_by(self.checkpoints[0])?;
        }
        self.disk.sync_dir()
    }

    /// The number that the next record will have.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// The number of the last record, 0 when there is none.
    pub fn last_sequence(&self) -> u64 {
        self.next_sequence - 1
    }

    /// The length of all segments.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Why nothing can be written until a restart; `None` while all is well.
    pub fn poisoned(&self) -> Option<&str> {
        self.poisoned.as_deref()
    }

    pub(super) fn has_room(&self, frame_bytes: u64) -> bool {
        let bytes = self.segments.last().map_or(0, |segment| segment.bytes);
        // A frame that is longer than a segment gets one of its own.
        bytes <= SEGMENT_HEADER_BYTES as u64 || bytes + frame_bytes <= self.options.segment_bytes
    }

    fn write_at_end(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.last_segment().bytes;
        self.current.as_mut().expect("append has rolled").file.write_at(end, bytes)
    }

    /// Begins a new segment, durable before it takes a frame. Once begun, there is no way back to the old one: what may
    /// be left of the new one would contradict frames that the old one took later.
    fn roll(&mut self, frame_bytes: u64) -> Result<u64, AppendError> {
        self.give_back();
        self.current = None;
        let first = self.next_sequence;
        let name = name(first);
        let reserved = self.reserved_for(0, SEGMENT_HEADER_BYTES as u64 + frame_bytes);
        let (mut file, salt) = self.begin_segment(first, reserved).map_err(|error| {
            // Best effort: an unfinished segment is a torn tail to recovery, and is overwritten by the next try.
            let _ = self.disk.remove(&name);
            AppendError::Retry(error)
        })?;
        file.sync_data().map_err(|error| self.poison_at(&name, "syncing", &error))?;
        self.disk.sync_dir().map_err(|error| self.poison_at(&name, "syncing the directory of", &error))?;
        self.segments.push(SegmentFile { first, bytes: SEGMENT_HEADER_BYTES as u64 });
        self.current = Some(Current { file, salt, reserved });
        Ok(salt)
    }

    fn begin_segment(&self, first: u64, reserved: u64) -> io::Result<(Box<dyn DiskFile>, u64)> {
        let salt = self.disk.random()?;
        let mut file = self.disk.create(&name(first))?;
        file.reserve(0, reserved)?;
        file.write_at(0, &SegmentHeader { first, salt }.encode())?;
        Ok((file, salt))
    }

    /// Undoes a write that failed. The cut is synced: were it lost later, with a new segment behind it, what it
    /// removed would be damage.
    fn cut_back(&mut self, error: io::Error) -> AppendError {
        let end = self.last_segment().bytes;
        let file = &mut self.current.as_mut().expect("a write failed in it").file;
        match file.set_len(end).and_then(|()| file.sync_data()) {
            Ok(()) => {
                self.nothing_is_reserved();
                AppendError::Retry(error)
            }
            Err(cut) => self.poison(&format!("writing failed ({error}), and then cutting back"), cut),
        }
    }

    fn last_segment(&mut self) -> &mut SegmentFile {
        self.segments.last_mut().expect("append has rolled")
    }

    fn check_poison(&self) -> Result<(), AppendError> {
        self.poisoned.clone().map_or(Ok(()), |why| Err(AppendError::Poisoned(why)))
    }

    fn poison(&mut self, doing: &str, error: io::Error) -> AppendError {
        let name = name(self.last_segment().first);
        self.poison_at(&name, doing, &error)
    }

    fn poison_at(&mut self, name: &str, doing: &str, error: &io::Error) -> AppendError {
        let why = format!("{doing} {} failed: {error}", self.disk.path(name));
        self.poisoned = Some(why.clone());
        AppendError::Poisoned(why)
    }

    fn path_of(&self, first: u64) -> String {
        self.disk.path(&name(first))
    }

    fn last_path(&self) -> String {
        self.segments.last().map_or_else(|| self.disk.path(""), |last| self.path_of(last.first))
    }
}

/// Opening: from what was found to what can be written.
impl Journal {
    /// Opens the last segment and writes its last frame once more. After a sync that failed, the system shows what was
    /// written and believes that it is on the disk; only writing it again makes it try.
    fn take_up(&mut self, last: SegmentFile, tail: Tail) -> io::Result<Current> {
        let mut content = Vec::new();
        self.disk.read(&name(last.first), &mut content)?;
        let (from, to) = (tail.last_offset as usize, tail.end as usize);
        let doubtful = content.get(from..to).ok_or_else(|| io::Error::other("it is shorter than it was"))?;
        let mut file = self.disk.open(&name(last.first))?;
        // What a crash left reserved.
        let reserved = content.len() as u64;
        file.set_len(reserved)?;
        file.write_at(tail.last_offset, doubtful)?;
        file.sync_data()?;
        Ok(Current { file, salt: tail.salt, reserved })
    }

    /// Keeps the bytes of a torn tail in a file of their own, durable, before they are cut.
    fn keep_torn_tail(&self) -> io::Result<()> {
        let (Some(torn), Some(last)) = (&self.uncut, self.segments.last()) else { return Ok(()) };
        if torn.bytes == 0 {
            return Ok(());
        }
        let mut content = Vec::new();
        self.disk.read(&name(last.first), &mut content)?;
        let bytes = content.get(torn.offset as usize..).unwrap_or_default();
        let name = format!("torn-{:020}-{:010}.bin", torn.sequence, torn.offset);
        let mut file = self.disk.create(&name)?;
        if let Err(error) = file.write_at(0, bytes).and_then(|()| file.sync_data()) {
            // A part of it helps nobody, and the disk may be full.
            let _ = self.disk.remove(&name);
            return Err(error);
        }
        self.remove_oldest_torn()?;
        self.disk.sync_dir()
    }

    fn cut_torn_tail(&mut self) -> io::Result<()> {
        let (Some(torn), Some(last)) = (&self.uncut, self.segments.last_mut()) else { return Ok(()) };
        match &mut self.current {
            Some(current) => {
                current.file.set_len(torn.offset)?;
                current.file.sync_data()?;
                (current.reserved, last.bytes) = (torn.offset, torn.offset);
            }
            // It has no whole header, so no frame was ever in it.
            None => {
                self.disk.remove(&name(last.first))?;
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
        let mut torn: Vec<String> = files.filter(|name| name.starts_with("torn-") && name.ends_with(".bin")).collect();
        torn.sort_unstable();
        let surplus = torn.len().saturating_sub(TORN_FILES_KEPT);
        torn[..surplus].iter().try_for_each(|name| self.disk.remove(name))
    }

    fn remove_unfinished_checkpoints(&self) -> io::Result<()> {
        let files = self.disk.list()?.into_iter().map(|(name, _)| name);
        files.filter(|name| checkpoint::is_temporary(name)).try_for_each(|name| self.disk.remove(&name))
    }

    /// The oldest first, so that a crash in between leaves no gap that matters. The last segment always stays.
    fn remove_segments_covered_by(&mut self, sequence: u64) -> io::Result<()> {
        while self.segments.get(1).is_some_and(|second| second.first <= sequence + 1) {
            self.remove(&name(self.segments[0].first))?;
            self.segments.remove(0);
        }
        Ok(())
    }

    /// What somebody else has removed needs no removing.
    fn remove(&self, name: &str) -> io::Result<()> {
        match self.disk.remove(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

pub(super) fn name(first: u64) -> String {
    format!("journal-{first:020}.seg")
}

/// The number in a segment's name; `None` when it is no segment.
pub(super) fn first_of(file: &str) -> Option<u64> {
    let digits = file.strip_prefix("journal-")?.strip_suffix(".seg")?;
    if digits.len() == 20 { digits.parse().ok().filter(|&first| first > 0) } else { None }
}
