//! The journal's only writer: one frame appended, one sync, and only then the next.
//!
//! * **Reserve** (`space`): space is taken a step ahead, so that a full disk shows before a write and not in the middle
//!   of it. A file's length stays what was written. The rest is given back when a segment is closed, and at a stop.
//! * **Roll**: a frame that would make a segment longer than its bound is written to a new one. The new segment's header
//!   and its name are synced before the frame is written.
//! * **A write that fails** (a full disk) is cut back to the last frame and the cut is synced, so that nothing of it can
//!   appear later. Then the next append may try again.
//! * **A directory that was moved, removed or replaced** is found by a look at the segment's path after each sync. The frame is
//!   cut back, since it isn't where the next start looks, and the next append looks before it writes.
//! * **A sync that fails**, or a cut that fails, poisons the writer for ever: what is on the disk is then unknown, and
//!   a second sync would succeed without having written anything.
//!
//! `open` goes on from what recovery found; `trim` takes checkpoints and removes what they cover; `erase` is about
//! forgetting a case.

mod erase;
mod open;
mod space;
mod trim;

use std::io;
use std::sync::Arc;

use super::disk::{Disk, DiskFile, Lock};
use super::error::AppendError;
use super::names;
use super::record::{FRAME_HEADER_BYTES, Predecessor, SEGMENT_HEADER_BYTES, SegmentHeader, seal_frame};
use super::recovered::{SegmentFile, Torn};
use super::sizes::Sizes;
pub use open::TORN_FILES_KEPT;

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
    disk: Arc<dyn Disk>,
    options: Options,
    /// Every segment, oldest first. While `current` is there, the last is the one it writes.
    segments: Vec<SegmentFile>,
    /// `None` means that the next frame begins a new segment.
    current: Option<Current>,
    next_sequence: u64,
    /// The frame that was appended and is not synced yet.
    unsynced: Option<Unsynced>,
    /// The last frame that was synced; `None` when there is none, or when it cannot be read any more.
    link: Option<Predecessor>,
    /// The directory's name led elsewhere, last time.
    away: bool,
    poisoned: Option<String>,
    /// A torn tail that could not be kept yet, for lack of room. Nothing is appended before it is cut.
    uncut: Option<Torn>,
    /// Checkpoints that are not known to be damaged, ascending.
    checkpoints: Vec<u64>,
    damaged_checkpoints: Vec<u64>,
    /// Lengths of the files next to the segments.
    sizes: Sizes,
    _lock: Lock,
}

#[derive(Clone, Copy)]
struct Unsynced {
    bytes: u64,
    count: u32,
    link: Predecessor,
}

struct Current {
    file: Box<dyn DiskFile>,
    salt: u64,
    /// Space is reserved up to here, in bytes; at least the segment's length.
    reserved: u64,
}

impl Journal {
    /// Writes a frame that [`super::begin_frame`] began, of `count` records, and says the number of the first. It is
    /// neither durable nor to be counted before [`Journal::sync`]. After an error the same buffer may be given again.
    ///
    /// # Panics
    /// When the frame before it was not synced, when `count` is 0, or when the payload is over
    /// [`super::FRAME_PAYLOAD_BYTES_MAX`].
    pub fn append(&mut self, frame: &mut [u8], count: u32) -> Result<u64, AppendError> {
        self.check_poison()?;
        assert!(self.unsynced.is_none(), "one frame at a time is unsynced");
        assert!(frame.len() >= FRAME_HEADER_BYTES, "begin_frame reserves the header");
        if self.away {
            self.check_place().map_err(AppendError::Retry)?;
        }
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
        self.unsynced = Some(Unsynced { bytes: frame_bytes, count, link: Predecessor::of(salt, frame) });
        Ok(sequence)
    }

    /// Makes the appended frame durable, where the next start looks for it. After an error that is not
    /// [`AppendError::Retry`] nothing is known, and every later call fails.
    pub fn sync(&mut self) -> Result<(), AppendError> {
        self.check_poison()?;
        let Some(frame) = self.unsynced else { return Ok(()) };
        let current = self.current.as_mut().expect("an appended frame has a segment");
        if let Err(error) = current.file.sync_data() {
            return Err(self.poison("syncing", error));
        }
        self.unsynced = None;
        let Err(lost) = self.check_place() else {
            self.link = Some(frame.link);
            return Ok(());
        };
        self.last_segment().bytes -= frame.bytes;
        self.next_sequence -= u64::from(frame.count);
        Err(self.cut_back(lost))
    }

    /// Fails when the directory's name no longer leads to the segment that is written.
    pub fn check_place(&mut self) -> io::Result<()> {
        let found = self.current.as_ref().map_or(Ok(()), |current| current.file.check_place());
        self.away = found.is_err();
        found
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

    fn has_room(&self, frame_bytes: u64) -> bool {
        let bytes = self.segments.last().map_or(0, |segment| segment.bytes);
        // A frame that is longer than a segment gets a separate one.
        bytes <= SEGMENT_HEADER_BYTES as u64 || bytes + frame_bytes <= self.options.segment_bytes
    }

    fn write_at_end(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.last_segment().bytes;
        self.current.as_mut().expect("append has rolled").file.write_at(end, bytes)
    }

    /// Begins a new segment, durable before it takes a frame. From then on the old one is never written again: what may be
    /// left of the new one would contradict frames that were written to the old one later.
    fn roll(&mut self, frame_bytes: u64) -> Result<u64, AppendError> {
        self.give_back();
        self.current = None;
        let first = self.next_sequence;
        let name = names::segment(first);
        let reserved = self.reserved_for(0, SEGMENT_HEADER_BYTES as u64 + frame_bytes);
        let (mut file, salt) = self.begin_segment(first, reserved).map_err(|error| {
            // Best effort: recovery takes an unfinished segment for a torn tail, and the next try overwrites it.
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
        let salt = self.link.map_or_else(|| self.disk.random(), |link| Ok(link.next_salt(first)))?;
        let mut file = self.disk.create(&names::segment(first))?;
        file.reserve(0, reserved)?;
        file.write_at(0, &SegmentHeader::new(first, salt).encode())?;
        Ok((file, salt))
    }

    /// Undoes a write that failed. The cut is synced: if it were lost later, after a new segment was begun, what it
    /// removed would count as damage.
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
        let name = names::segment(self.last_segment().first);
        self.poison_at(&name, doing, &error)
    }

    fn poison_at(&mut self, name: &str, doing: &str, error: &io::Error) -> AppendError {
        let why = format!("{doing} {} failed: {error}", self.disk.path(name));
        self.poisoned = Some(why.clone());
        AppendError::Poisoned(why)
    }
}
