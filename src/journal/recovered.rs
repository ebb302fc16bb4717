//! What reading a journal finds: its frames, its end, and where the writer goes on.

use super::names;
use super::record::Predecessor;

/// A frame as replay gives it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The number of its first record; the next ones follow.
    pub sequence: u64,
    /// How many records it holds.
    pub count: u32,
    pub payload: &'a [u8],
    pub place: FramePlace,
}

/// Where a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePlace {
    /// The first record of its segment.
    pub segment: u64,
    /// Bytes from the start of the segment.
    pub offset: u64,
}

/// What was found, once every frame was given.
#[derive(Debug)]
pub struct Recovered {
    /// The number that the next record will have.
    pub next_sequence: u64,
    /// The checkpoint that reading began with.
    pub checkpoint_sequence: Option<u64>,
    /// Whether an earlier release wrote that checkpoint.
    pub checkpoint_is_earlier: bool,
    /// Frames that were given, and the records in them.
    pub frames: u64,
    pub records: u64,
    /// The length of those frames, in bytes: what a start would read again.
    pub replayed_bytes: u64,
    /// The length of all segments, in bytes, including those that the checkpoint made unnecessary to read.
    pub journal_bytes: u64,
    pub torn: Option<Torn>,
    /// What a person should know, as sentences.
    pub warnings: Vec<String>,
    pub(super) segments: Vec<SegmentFile>,
    pub(super) tail: Option<Tail>,
    /// The last frame, if it is known.
    pub(super) link: Option<Predecessor>,
    pub(super) checkpoints: Vec<u64>,
    pub(super) damaged_checkpoints: Vec<u64>,
}

impl Recovered {
    pub fn torn_bytes(&self) -> u64 {
        self.torn.as_ref().map_or(0, |torn| torn.bytes)
    }
}

/// The end of the last segment, as a crash left it. It is still there: only the writer cuts it.
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

impl SegmentFile {
    /// The segments among the files of a directory, in order.
    pub(super) fn among(files: &[(String, u64)]) -> Vec<SegmentFile> {
        let segment =
            |(name, bytes): &(String, u64)| Some(SegmentFile { first: names::first_of(name)?, bytes: *bytes });
        let mut segments: Vec<SegmentFile> = files.iter().filter_map(segment).collect();
        segments.sort_unstable_by_key(|segment| segment.first);
        segments
    }
}

/// Where the writer goes on in the last segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    pub(super) salt: u64,
    /// Where the last whole frame begins; 0 when there is only the header.
    pub(super) last_offset: u64,
    pub(super) end: u64,
}
