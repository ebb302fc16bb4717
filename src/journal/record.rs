//! The bytes of a journal: what a segment and a frame look like, how they are written and how they are checked. Pure: no
//! file, no clock.
//!
//! # On disk
//! A segment is a header, then frames without gaps. All integers are little-endian.
//!
//! ```text
//! segment: magic "day90jnl" | format version u32 | first sequence u64 | salt u64 | header crc u32
//! frame:   magic u32 | length u32 | sequence u64 | count u32 | payload crc u32 | header crc u32 | payload
//! ```
//!
//! * A checksum is CRC-32C. A segment's header crc covers the 28 bytes before it. A frame's header crc covers the
//!   segment's salt, then the 24 bytes before it. The salt is random and secret, so that bytes inside an event never
//!   look like a frame, and a frame of another segment is not taken for one of this.
//! * A frame is valid only when both checksums match.
//! * `length` is the payload's, in bytes; a frame is at most [`FRAME_BYTES_MAX`] with its header.
//! * `sequence` is the number of the frame's first record and `count` says how many it holds, at least 1. The next
//!   frame begins at `sequence + count`. Numbers begin at 1 and never repeat.
//! * In format 2 the salt says what a segment follows: see [`Predecessor`]. So one of another directory, of another time, or in another's
//!   place is known. The first segment of a journal, and one after a repair, begin with a random one. Format 1, of day90 0.1.0
//!   and 0.2.0, has a random one always.
//! * What a payload says is the caller's. A new kind of record there (see `pipeline::payload`) leaves this format as it is: a
//!   day90 that doesn't know the kind refuses to start, and says so.
//! * Every later format keeps the layout of the segment's header, so that an older day90 can say which version it needs.

mod predecessor;

use std::fmt;

use crc32c::{crc32c, crc32c_append};
use memchr::memmem;

pub use predecessor::Predecessor;

/// The format that this module writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 2;
/// The format of day90 0.1.0 and 0.2.0, which is still read.
pub const FORMAT_1: u32 = 1;
pub const SEGMENT_HEADER_BYTES: usize = 32;
pub const FRAME_HEADER_BYTES: usize = 28;
/// The longest frame with its header. What claims to be longer is damage, not a reason to allocate.
pub const FRAME_BYTES_MAX: usize = 64 << 20;
pub const FRAME_PAYLOAD_BYTES_MAX: usize = FRAME_BYTES_MAX - FRAME_HEADER_BYTES;

const SEGMENT_MAGIC: [u8; 8] = *b"day90jnl";
const FOREIGN: &str = "it does not follow the records before it. One of the two is of another directory, or of another time; put back \
                       the one that belongs here";
/// Where the salt is in a segment's header, in bytes.
const SALT_AT: usize = 20;
/// No UTF-8 text has these bytes in a row, so a search for frames is quick.
const FRAME_MAGIC: [u8; 4] = [0xd9, 0x90, 0xf5, 0xfa];

/// The head of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The sequence number of the segment's first record, also before there is one.
    pub first: u64,
    pub salt: u64,
    /// [`FORMAT_1`], or a later one.
    pub format: u32,
}

/// Why a segment's header is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadSegment {
    /// Shorter than a header, as after a crash while the segment was created.
    Short,
    Damaged,
    /// Whole, and written in a later format.
    Newer(u32),
}

impl SegmentHeader {
    pub fn new(first: u64, salt: u64) -> SegmentHeader {
        SegmentHeader { first, salt, format: FORMAT_VERSION }
    }

    pub fn encode(self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(&SEGMENT_MAGIC);
        bytes[8..12].copy_from_slice(&self.format.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.first.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Whether a segment follows this frame, in a journal of which some segment before has this format.
    pub(super) fn check(self, link: Predecessor, format: u32) -> Result<(), &'static str> {
        match self.format {
            // An earlier release says nothing, but it doesn't go on after a later one.
            FORMAT_1 if format == FORMAT_1 => Ok(()),
            FORMAT_1 => Err(FOREIGN),
            _ if self.salt == link.next_salt(self.first) => Ok(()),
            _ => Err(FOREIGN),
        }
    }

    /// The salt of a header that may be damaged: valid only when the checksum of a frame agrees.
    pub(super) fn salt_in(bytes: &[u8]) -> Option<u64> {
        bytes.get(..SEGMENT_HEADER_BYTES).map(|header| u64_at(header, SALT_AT))
    }

    /// The header with one bit of its salt flipped back, when that makes its checksum match.
    pub(super) fn with_one_bit_of_salt_flipped(bytes: &[u8]) -> Option<SegmentHeader> {
        let mut header: [u8; SEGMENT_HEADER_BYTES] = bytes.get(..SEGMENT_HEADER_BYTES)?.try_into().ok()?;
        (0..64).find_map(|bit| {
            let (at, mask) = (SALT_AT + bit / 8, 1 << (bit % 8));
            header[at] ^= mask;
            let flipped = SegmentHeader::decode(&header).ok();
            header[at] ^= mask;
            flipped
        })
    }

    pub fn decode(bytes: &[u8]) -> Result<SegmentHeader, BadSegment> {
        let header = bytes.get(..SEGMENT_HEADER_BYTES).ok_or(BadSegment::Short)?;
        if header[..8] != SEGMENT_MAGIC || crc32c(&header[..28]) != u32_at(header, 28) {
            return Err(BadSegment::Damaged);
        }
        match u32_at(header, 8) {
            format @ (FORMAT_1 | FORMAT_VERSION) => {
                Ok(SegmentHeader { first: u64_at(header, 12), salt: u64_at(header, SALT_AT), format })
            }
            newer if newer > FORMAT_VERSION => Err(BadSegment::Newer(newer)),
            _ => Err(BadSegment::Damaged),
        }
    }
}

/// Makes room for a frame's header. The caller appends the payload, then [`seal_frame`] fills in the header: the payload
/// is never copied, and the buffer serves again for the next frame.
pub fn begin_frame(frame: &mut Vec<u8>) {
    frame.clear();
    frame.resize(FRAME_HEADER_BYTES, 0);
}

/// Fills in the header of a frame that [`begin_frame`] began. Sealing again, also for another segment, is fine.
///
/// # Panics
/// When the frame is longer than [`FRAME_BYTES_MAX`] or holds no record: every reader would reject it.
pub fn seal_frame(frame: &mut [u8], salt: u64, sequence: u64, count: u32) {
    assert!(frame.len() <= FRAME_BYTES_MAX, "a frame of {} bytes is over the bound", frame.len());
    assert!(count > 0 && sequence > 0, "a frame holds at least one record, and numbers begin at 1");
    let (header, payload) = frame.split_at_mut(FRAME_HEADER_BYTES);
    let length = u32::try_from(payload.len()).expect("bounded above");
    header[..4].copy_from_slice(&FRAME_MAGIC);
    header[4..8].copy_from_slice(&length.to_le_bytes());
    header[8..16].copy_from_slice(&sequence.to_le_bytes());
    header[16..20].copy_from_slice(&count.to_le_bytes());
    header[20..24].copy_from_slice(&crc32c(payload).to_le_bytes());
    let crc = header_crc(salt, header);
    header[24..28].copy_from_slice(&crc.to_le_bytes());
}

/// A frame whose checksums match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<'a> {
    /// Where it begins, in bytes from the start of the segment.
    pub offset: usize,
    pub sequence: u64,
    pub count: u32,
    pub payload: &'a [u8],
    /// The checksum of its header.
    pub header_crc: u32,
}

impl Whole<'_> {
    /// The sequence number that the next frame must begin with.
    pub fn next_sequence(&self) -> u64 {
        self.sequence + u64::from(self.count)
    }
    /// Where the next frame begins.
    pub fn end(&self) -> usize {
        self.offset + FRAME_HEADER_BYTES + self.payload.len()
    }
}

/// Why a frame is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// The bytes end inside the header.
    ShortHeader,
    Header,
    /// The header is whole; the bytes end inside the payload.
    ShortPayload,
    /// The header is whole; the payload, which would end at `end`, does not match it.
    Payload {
        end: usize,
    },
}

impl fmt::Display for BadFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadFrame::ShortHeader => "the file ends inside the frame's header",
            BadFrame::Header => "the frame's header does not match its checksum",
            BadFrame::ShortPayload => "the file ends inside the frame",
            BadFrame::Payload { .. } => "the frame's payload does not match its checksum",
        })
    }
}

/// Reads the frames of one segment in order, to the end or to the first that is not valid.
pub struct Scanner<'a> {
    salt: u64,
    segment: &'a [u8],
    offset: usize,
}

impl<'a> Scanner<'a> {
    /// `segment` is the whole file with its header, which the caller has decoded.
    pub fn new(salt: u64, segment: &'a [u8]) -> Scanner<'a> {
        Scanner { salt, segment, offset: SEGMENT_HEADER_BYTES }
    }

    /// Where the next frame begins: after a bad one, where that one begins.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The next whole header after the start of the frame at [`Scanner::offset`]: where it is, and its first record. A
    /// frame is written only when the previous one is synced. So a header after a bad frame proves that the bad one was
    /// whole once: it is damaged, not torn.
    pub fn whole_header_after(&self) -> Option<(usize, u64)> {
        let from = self.offset + 1;
        let rest = self.segment.get(from..)?;
        memmem::find_iter(rest, &FRAME_MAGIC).find_map(|found| {
            let header = FrameHeader::decode(self.salt, &rest[found..]).ok()?;
            Some((from + found, header.sequence))
        })
    }

    /// What the header at [`Scanner::offset`] says, when it is whole: the first record and how many.
    pub(super) fn header(&self) -> Option<(u64, u32)> {
        let header = FrameHeader::decode(self.salt, self.segment.get(self.offset..)?).ok()?;
        Some((header.sequence, header.count))
    }

    /// Goes on where the caller knows that a frame begins.
    pub(super) fn skip_to(&mut self, offset: usize) {
        self.offset = offset;
    }

    fn read(&self) -> Result<Whole<'a>, BadFrame> {
        let bytes = &self.segment[self.offset..];
        let header = FrameHeader::decode(self.salt, bytes)?;
        let rest = &bytes[FRAME_HEADER_BYTES..];
        let payload = rest.get(..header.length).ok_or(BadFrame::ShortPayload)?;
        if crc32c(payload) != header.payload_crc {
            return Err(BadFrame::Payload { end: self.offset + FRAME_HEADER_BYTES + header.length });
        }
        let FrameHeader { sequence, count, header_crc, .. } = header;
        Ok(Whole { offset: self.offset, sequence, count, payload, header_crc })
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Result<Whole<'a>, BadFrame>;

    /// `None` where the bytes end with a frame. A bad frame is given at every call: there is no way past it.
    fn next(&mut self) -> Option<Self::Item> {
        if self.offset >= self.segment.len() {
            return None;
        }
        let read = self.read();
        if let Ok(frame) = &read {
            self.offset = frame.end();
        }
        Some(read)
    }
}

struct FrameHeader {
    length: usize,
    sequence: u64,
    count: u32,
    payload_crc: u32,
    header_crc: u32,
}

impl FrameHeader {
    fn decode(salt: u64, bytes: &[u8]) -> Result<FrameHeader, BadFrame> {
        let bytes = bytes.get(..FRAME_HEADER_BYTES).ok_or(BadFrame::ShortHeader)?;
        if bytes[..4] != FRAME_MAGIC || header_crc(salt, bytes) != u32_at(bytes, 24) {
            return Err(BadFrame::Header);
        }
        let length = u32_at(bytes, 4) as usize;
        let (sequence, count) = (u64_at(bytes, 8), u32_at(bytes, 16));
        let possible = sequence > 0 && count > 0 && sequence.checked_add(u64::from(count)).is_some();
        if !possible || length > FRAME_PAYLOAD_BYTES_MAX {
            return Err(BadFrame::Header);
        }
        Ok(FrameHeader { length, sequence, count, payload_crc: u32_at(bytes, 20), header_crc: u32_at(bytes, 24) })
    }
}

fn header_crc(salt: u64, header: &[u8]) -> u32 {
    crc32c_append(crc32c(&salt.to_le_bytes()), &header[..24])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests;
