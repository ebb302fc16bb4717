//! Reads a journal. Changes nothing, so that `check` and `serve` share it, and says what it found.
//!
//! What is believed, and what is not:
//! * Frames are given in order, up to the first that is not believed.
//! * A frame is written only when the one before it is synced. So a crash leaves at most one torn frame, at the very end
//!   of the last segment, and no byte behind it. That is a **torn tail**: it was never acknowledged; the writer cuts it.
//! * A segment's header is synced before its first frame. So a last segment that is no longer than a header, and whose
//!   header is not whole, is a torn tail too: the crash came while it was created.
//! * Anything else is **damage**, and recovery refuses: a bad frame with a whole header behind it or with bytes behind
//!   its end, or in a segment that is not the last; a gap between segments, or between the checkpoint and the first; a
//!   number that doesn't continue; a journal that ends before a checkpoint that was once taken of it.

use super::checkpoint::{self, Checkpoint};
use super::disk::Disk;
use super::record::{
    BadFrame, BadSegment, FORMAT_VERSION, FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES, Scanner, SegmentHeader,
};
use super::{Fatal, segment};

/// Looks at what is there and finds the newest whole checkpoint. [`Reading::replay`] goes on from it.
///
/// Without the lock a daemon may write meanwhile; its unfinished frame then looks like a torn tail.
pub fn read(disk: &dyn Disk) -> Result<Reading<'_>, Fatal> {
    let files = disk.list().map_err(|error| Fatal::io("listing", disk.path(""), error))?;
    let found = checkpoint::find(disk, files.iter().map(|(name, _)| name.clone()))?;
    let mut segments: Vec<SegmentFile> = files
        .iter()
        .filter_map(|(name, bytes)| Some(SegmentFile { first: segment::first_of(name)?, bytes: *bytes }))
        .collect();
    segments.sort_unstable_by_key(|segment| segment.first);
    let after = found.newest.as_ref().map_or(0, |checkpoint| checkpoint.sequence);
    Ok(Reading { disk, after, found, segments })
}

/// A journal of which the checkpoint was read and the frames were not.
pub struct Reading<'d> {
    disk: &'d dyn Disk,
    /// Records up to this one are in the checkpoint.
    after: u64,
    found: checkpoint::Found,
    segments: Vec<SegmentFile>,
}

/// A frame as [`Reading::replay`] gives it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The number of its first record; the next ones follow.
    pub sequence: u64,
    /// How many records it holds.
    pub count: u32,
    pub payload: &'a [u8],
}

/// What was found, once every frame was given.
#[derive(Debug)]
pub struct Recovered {
    /// The number that the next record will have.
    pub next_sequence: u64,
    /// The checkpoint that reading began with.
    pub checkpoint_sequence: Option<u64>,
    /// Frames that were given, and the records in them.
    pub frames: u64,
    pub records: u64,
    /// The length of those frames: what a start would read again.
    pub replayed_bytes: u64,
    /// All that the segments hold, with those that the checkpoint made it unnecessary to read.
    pub journal_bytes: u64,
    pub torn: Option<Torn>,
    /// What a person should know, as sentences.
    pub warnings: Vec<String>,
    pub(super) segments: Vec<SegmentFile>,
    pub(super) tail: Option<Tail>,
    pub(super) checkpoints: Vec<u64>,
    pub(super) damaged_checkpoints: Vec<u64>,
}

impl Recovered {
    pub fn torn_bytes(&self) -> u64 {
        self.torn.as_ref().map_or(0, |torn| torn.bytes)
    }
}

/// The end of the last segment, as a crash left it. Still there: only the writer cuts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The whole path of the segment.
    pub path: String,
    pub offset: u64,
    pub bytes: u64,
    /// The sequence number that was expected there.
    pub sequence: u64,
    pub why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentFile {
    pub(super) first: u64,
    pub(super) bytes: u64,
}

/// Where the writer goes on in the last segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    pub(super) salt: u64,
    /// Where the last whole frame begins; 0 when there is none: then the header is all there is.
    pub(super) last_offset: u64,
    pub(super) end: u64,
}

impl Reading<'_> {
    /// The state to begin with; reading the frames goes on behind it.
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

    /// Gives every frame behind the checkpoint, in order, one segment in memory at a time. `on_frame` fails with a
    /// reason when it cannot make sense of a payload.
    pub fn replay(self, mut on_frame: impl FnMut(Frame<'_>) -> Result<(), String>) -> Result<Recovered, Fatal> {
        let start = self.start()?;
        let mut walk = Walk {
            disk: self.disk,
            after: self.after,
            expected: self.segments.get(start).map_or(1, |segment| segment.first),
            frames: 0,
            records: 0,
            bytes: 0,
            tail: None,
            torn: None,
        };
        let mut content = Vec::new();
        for (at, segment) in self.segments.iter().enumerate().skip(start) {
            let is_last = at + 1 == self.segments.len();
            walk.segment(*segment, is_last, &mut content, &mut on_frame)?;
        }
        self.check_reach(walk.expected)?;
        Ok(self.recovered(walk))
    }

    /// The segment that holds the first record behind the checkpoint.
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
                Err(Fatal::Corrupt { path: self.disk.path(&segment::name(first)), offset: 0, why })
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
            Some(last) => (self.disk.path(&segment::name(last.first)), last.bytes),
            None => (self.disk.path(""), 0),
        };
        let why = format!(
            "the journal ends before record {next}, but {} was written when it held record {reach}: its end is \
             missing or damaged{}",
            checkpoint::name(reach),
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
                Some(sequence) => checkpoint::name(*sequence),
                None => "the beginning".to_owned(),
            };
            self.found.warnings.push(format!("the journal is whole since {from}, so nothing is missing"));
        }
        if let Some(torn) = &walk.torn {
            self.found.warnings.push(format!(
                "{} ends at byte {} in {} bytes that are no whole frame ({}): a write that a crash cut short, never \
                 acknowledged",
                torn.path, torn.offset, torn.bytes, torn.why
            ));
        }
        Recovered {
            next_sequence: walk.expected,
            checkpoint_sequence: self.found.kept.last().copied(),
            frames: walk.frames,
            records: walk.records,
            replayed_bytes: walk.bytes,
            journal_bytes: self.segments.iter().map(|segment| segment.bytes).sum(),
            torn: walk.torn,
            warnings: self.found.warnings,
            segments: self.segments,
            tail: walk.tail,
            checkpoints: self.found.kept,
            damaged_checkpoints: self.found.damaged,
        }
    }
}

/// The way through the segments.
struct Walk<'d> {
    disk: &'d dyn Disk,
    after: u64,
    expected: u64,
    frames: u64,
    records: u64,
    bytes: u64,
    tail: Option<Tail>,
    torn: Option<Torn>,
}

impl Walk<'_> {
    fn segment(
        &mut self,
        file: SegmentFile,
        is_last: bool,
        content: &mut Vec<u8>,
        on_frame: &mut impl FnMut(Frame<'_>) -> Result<(), String>,
    ) -> Result<(), Fatal> {
        let place = Place { disk: self.disk, first: file.first };
        if file.first != self.expected {
            let why =
                format!("record {} should follow here, but this segment begins with {}", self.expected, file.first);
            return Err(place.corrupt(0, why));
        }
        let name = segment::name(file.first);
        self.disk.read(&name, content).map_err(|error| Fatal::io("reading", self.disk.path(&name), error))?;
        let salt = match SegmentHeader::decode(content) {
            Ok(header) if header.first == file.first => header.salt,
            Ok(header) => {
                let why =
                    format!("its name says it begins with record {}, its header says {}", file.first, header.first);
                return Err(place.corrupt(0, why));
            }
            Err(BadSegment::Newer(found)) => {
                return Err(Fatal::NewerFormat {
                    path: self.disk.path(&name),
                    found,
                    known: FORMAT_VERSION,
                    needs: None,
                });
            }
            Err(_) if is_last && content.len() <= SEGMENT_HEADER_BYTES => {
                let why = "the segment was being created".to_owned();
                self.torn = Some(place.torn(0, content.len(), self.expected, why));
                self.tail = None;
                return Ok(());
            }
            Err(_) => {
                return Err(place.corrupt(0, "a segment header that matches its checksum should stand here".to_owned()));
            }
        };
        self.frames(&place, Scanner::new(salt, content), salt, content.len(), is_last, on_frame)
    }

    fn frames(
        &mut self,
        place: &Place<'_>,
        mut scanner: Scanner<'_>,
        salt: u64,
        bytes: usize,
        is_last: bool,
        on_frame: &mut impl FnMut(Frame<'_>) -> Result<(), String>,
    ) -> Result<(), Fatal> {
        let mut last_offset = 0;
        while let Some(read) = scanner.next() {
            let frame = match read {
                Ok(frame) => frame,
                Err(bad) => {
                    self.torn = Some(self.judge(place, &scanner, bad, bytes, is_last)?);
                    break;
                }
            };
            if frame.sequence != self.expected {
                let why = format!("record {} should stand here, not {}", self.expected, frame.sequence);
                return Err(place.corrupt(frame.offset, why));
            }
            last_offset = frame.offset as u64;
            self.expected = frame.next_sequence();
            if self.expected <= self.after + 1 {
                continue;
            }
            if frame.sequence <= self.after {
                let why = format!("the checkpoint ends with record {}, in the middle of this frame", self.after);
                return Err(place.corrupt(frame.offset, why));
            }
            let given = Frame { sequence: frame.sequence, count: frame.count, payload: frame.payload };
            on_frame(given).map_err(|why| place.content(frame.offset, why))?;
            self.frames += 1;
            self.records += u64::from(frame.count);
            self.bytes += (FRAME_HEADER_BYTES + frame.payload.len()) as u64;
        }
        self.tail = Some(Tail { salt, last_offset, end: scanner.offset() as u64 });
        Ok(())
    }

    /// A bad frame: torn by a crash, or damage.
    fn judge(
        &self,
        place: &Place<'_>,
        scanner: &Scanner<'_>,
        bad: BadFrame,
        bytes: usize,
        is_last: bool,
    ) -> Result<Torn, Fatal> {
        let offset = scanner.offset();
        let expected = format!("record {} should stand here, but {bad}", self.expected);
        if let Some((at, sequence)) = scanner.whole_header_behind() {
            let why =
                format!("{expected}; the frame of record {sequence} follows at byte {at}, so this one was whole once");
            return Err(place.corrupt(offset, why));
        }
        match bad {
            BadFrame::Payload { end } if end < bytes => {
                let why = format!("{expected}; {} bytes follow it, so it was whole once", bytes - end);
                Err(place.corrupt(offset, why))
            }
            _ if !is_last => {
                Err(place.corrupt(offset, format!("{expected}; another segment follows, so this one was whole once")))
            }
            _ => Ok(place.torn(offset, bytes - offset, self.expected, bad.to_string())),
        }
    }
}

/// One segment, for messages.
struct Place<'d> {
    disk: &'d dyn Disk,
    first: u64,
}

impl Place<'_> {
    fn path(&self) -> String {
        self.disk.path(&segment::name(self.first))
    }
    fn corrupt(&self, offset: usize, why: String) -> Fatal {
        Fatal::Corrupt { path: self.path(), offset: offset as u64, why }
    }
    fn content(&self, offset: usize, why: String) -> Fatal {
        Fatal::Content { path: self.path(), offset: offset as u64, why }
    }
    fn torn(&self, offset: usize, bytes: usize, sequence: u64, why: String) -> Torn {
        Torn { path: self.path(), offset: offset as u64, bytes: bytes as u64, sequence, why }
    }
}
