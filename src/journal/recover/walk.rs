//! The way through the segments: gives each frame, and tells a torn tail from damage.

use crate::journal::disk::Disk;
use crate::journal::error::Fatal;
use crate::journal::names;
use crate::journal::record::{
    BadFrame, BadSegment, FORMAT_1, FORMAT_VERSION, FRAME_HEADER_BYTES, Predecessor, SEGMENT_HEADER_BYTES, Scanner,
    SegmentHeader, Whole,
};
use crate::journal::recovered::{Frame, FramePlace, SegmentFile, Tail, Torn};

/// The way through the segments.
pub(super) struct Walk<'d> {
    disk: &'d dyn Disk,
    /// Records up to this one are in the checkpoint.
    after: u64,
    /// The record that should come next.
    pub(super) expected: u64,
    pub(super) frames: u64,
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) tail: Option<Tail>,
    pub(super) torn: Option<Torn>,
    /// The frame before; `None` where it is not known.
    pub(super) link: Option<Predecessor>,
    /// The last frame of the checkpoint, if that says it.
    checkpoint: Option<Predecessor>,
    /// The newest format of the segments before.
    format: u32,
}

/// One segment that is being read.
struct Place<'d> {
    disk: &'d dyn Disk,
    first: u64,
    /// Its length.
    bytes: usize,
    is_last: bool,
}

impl<'d> Walk<'d> {
    /// `checkpoint` is the last frame that the checkpoint includes.
    pub(super) fn new(disk: &'d dyn Disk, after: u64, expected: u64, checkpoint: Option<Predecessor>) -> Walk<'d> {
        let link = checkpoint.filter(|_| expected == after + 1);
        Walk {
            disk,
            after,
            expected,
            frames: 0,
            records: 0,
            bytes: 0,
            tail: None,
            torn: None,
            link,
            checkpoint,
            format: FORMAT_1,
        }
    }

    /// Gives the frames of one segment. `content` is a buffer that serves for all of them.
    pub(super) fn segment(
        &mut self,
        file: SegmentFile,
        is_last: bool,
        content: &mut Vec<u8>,
        on_frame: &mut impl FnMut(Frame<'_>) -> Result<(), String>,
    ) -> Result<(), Fatal> {
        let name = names::segment(file.first);
        let mut place = Place { disk: self.disk, first: file.first, bytes: 0, is_last };
        if file.first != self.expected {
            let why =
                format!("record {} should follow here, but this segment begins with {}", self.expected, file.first);
            return Err(place.corrupt(0, why));
        }
        self.disk.read(&name, content).map_err(|error| Fatal::io("reading", self.disk.path(&name), error))?;
        place.bytes = content.len();
        match place.salt(content)? {
            Some(salt) => {
                self.check_link(&place, content)?;
                self.frames(&place, Scanner::new(salt, content), salt, on_frame)
            }
            None => {
                let why = "the segment was being created".to_owned();
                self.torn = Some(place.torn(0, self.expected, why));
                self.tail = None;
                Ok(())
            }
        }
    }

    fn frames(
        &mut self,
        place: &Place<'_>,
        mut scanner: Scanner<'_>,
        salt: u64,
        on_frame: &mut impl FnMut(Frame<'_>) -> Result<(), String>,
    ) -> Result<(), Fatal> {
        let mut last_offset = 0;
        while let Some(read) = scanner.next() {
            let frame = match read {
                Ok(frame) => frame,
                Err(bad) => {
                    self.torn = Some(self.judge(place, &scanner, bad)?);
                    break;
                }
            };
            self.check(place, &frame)?;
            last_offset = frame.offset as u64;
            self.expected = frame.next_sequence();
            self.link = Some(Predecessor { salt, crc: frame.header_crc });
            if self.expected == self.after + 1 && self.checkpoint.is_some_and(|said| Some(said) != self.link) {
                return Err(self.foreign_checkpoint(&place.path()));
            }
            if self.expected <= self.after + 1 {
                continue;
            }
            let at = FramePlace { segment: place.first, offset: frame.offset as u64 };
            let given = Frame { sequence: frame.sequence, count: frame.count, payload: frame.payload, place: at };
            on_frame(given).map_err(|why| place.content(frame.offset, why))?;
            self.frames += 1;
            self.records += u64::from(frame.count);
            self.bytes += (FRAME_HEADER_BYTES + frame.payload.len()) as u64;
        }
        self.tail = Some(Tail { salt, last_offset, end: scanner.offset() as u64 });
        Ok(())
    }

    /// Whether the segment follows the frame before it.
    fn check_link(&mut self, place: &Place<'_>, content: &[u8]) -> Result<(), Fatal> {
        let Ok(header) = SegmentHeader::decode(content) else { return Ok(()) };
        let Some(link) = self.link else {
            self.format = header.format;
            return Ok(());
        };
        match header.check(link, self.format) {
            Ok(()) => {
                self.format = header.format;
                Ok(())
            }
            // Nothing but the checkpoint says what was before.
            Err(_) if self.frames == 0 && self.checkpoint == self.link && self.expected == self.after + 1 => {
                Err(self.foreign_checkpoint(&place.path()))
            }
            Err(why) => Err(place.corrupt(0, why.to_owned())),
        }
    }

    fn foreign_checkpoint(&self, segment: &str) -> Fatal {
        let why = format!(
            "it was not written of the journal here: record {} in it is not the one that is here or comes before {segment}. One of \
             the two is of another directory, or of another time; put back the one that belongs here",
            self.after
        );
        Fatal::Corrupt { path: self.disk.path(&names::checkpoint(self.after)), offset: 0, why }
    }

    /// Whether the frame's number continues, and its records are all in the checkpoint or all after it.
    fn check(&self, place: &Place<'_>, frame: &Whole<'_>) -> Result<(), Fatal> {
        if frame.sequence != self.expected {
            let why = format!("record {} should be here, not {}", self.expected, frame.sequence);
            return Err(place.corrupt(frame.offset, why));
        }
        if frame.sequence <= self.after && frame.next_sequence() > self.after + 1 {
            let why = format!("the checkpoint ends with record {}, in the middle of this frame", self.after);
            return Err(place.corrupt(frame.offset, why));
        }
        Ok(())
    }

    /// A bad frame: torn by a crash, or damage.
    fn judge(&self, place: &Place<'_>, scanner: &Scanner<'_>, bad: BadFrame) -> Result<Torn, Fatal> {
        let offset = scanner.offset();
        let follows = if let Some((at, sequence)) = scanner.whole_header_after() {
            format!("the frame of record {sequence} follows at byte {at}")
        } else if let BadFrame::Payload { end } = bad
            && end < place.bytes
        {
            format!("{} bytes follow it", place.bytes - end)
        } else if !place.is_last {
            "another segment follows".to_owned()
        } else {
            return Ok(place.torn(offset, self.expected, bad.to_string()));
        };
        let expected = self.expected;
        let why = format!("record {expected} should be here, but {bad}; {follows}, so this one was whole once");
        Err(place.corrupt(offset, why))
    }
}

impl Place<'_> {
    /// The salt of the segment's header; `None` when a crash left no whole header.
    fn salt(&self, content: &[u8]) -> Result<Option<u64>, Fatal> {
        match SegmentHeader::decode(content) {
            Ok(header) if header.first == self.first => Ok(Some(header.salt)),
            Ok(header) => {
                let why =
                    format!("its name says it begins with record {}, its header says {}", self.first, header.first);
                Err(self.corrupt(0, why))
            }
            Err(BadSegment::Newer(found)) => {
                Err(Fatal::NewerFormat { path: self.path(), found, known: FORMAT_VERSION, needs: None })
            }
            Err(_) if self.is_last && content.len() <= SEGMENT_HEADER_BYTES => Ok(None),
            Err(_) => Err(self.corrupt(0, "a segment header that matches its checksum should be here".to_owned())),
        }
    }

    fn path(&self) -> String {
        self.disk.path(&names::segment(self.first))
    }
    fn corrupt(&self, offset: usize, why: String) -> Fatal {
        Fatal::Corrupt { path: self.path(), offset: offset as u64, why }
    }
    fn content(&self, offset: usize, why: String) -> Fatal {
        Fatal::Content { path: self.path(), offset: offset as u64, why }
    }
    fn torn(&self, offset: usize, sequence: u64, why: String) -> Torn {
        Torn { path: self.path(), offset: offset as u64, bytes: (self.bytes - offset) as u64, sequence, why }
    }
}
