//! What a verification finds, in numbers and in sentences.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use crate::journal::record::Predecessor;
use crate::journal::recovered::Torn;

/// The last frame of each checkpoint that says it.
pub(in crate::journal) type Links = BTreeMap<u64, Predecessor>;

/// All that was found.
#[derive(Debug, Default)]
pub struct Verification {
    pub segments: u64,
    /// The length of all segments.
    pub bytes: u64,
    /// Whole frames, and the records in them.
    pub frames: u64,
    pub records: u64,
    /// Whole checkpoints, ascending.
    pub checkpoints: Vec<u64>,
    /// In the order of the files, segments first.
    pub damage: Vec<Damage>,
    /// What is no whole frame at the end. A crash leaves it of a write that was never acknowledged, so it is not damage; of
    /// anything else that removed the end, nothing is left that could show it.
    pub torn: Option<Torn>,
    /// Records that are in no whole frame and in no whole checkpoint, ascending.
    pub lost: Vec<RangeInclusive<u64>>,
    /// The last record that any frame or the name of any checkpoint mentions.
    pub last: u64,
    /// Whether records followed [`Verification::last`] is unknown.
    pub end_is_missing: bool,
    /// Whole parts contradict each other; there is no way to choose between them.
    pub contradiction: bool,
    /// Records that an earlier repair set aside, and that its checkpoint includes.
    pub set_aside: Vec<RangeInclusive<u64>>,
    /// Records of missing segments that every checkpoint includes, though an older segment is there: a crash undid a part
    /// of the removal of what was no longer needed. It is not damage.
    pub removed: Vec<RangeInclusive<u64>>,
    /// The first record of each segment, ascending.
    pub(in crate::journal) firsts: Vec<u64>,
}

impl Verification {
    /// The newest whole checkpoint; 0 when there is none.
    pub fn base(&self) -> u64 {
        self.checkpoints.last().copied().unwrap_or(0)
    }

    /// The first record that a segment begins with; older ones are in checkpoints alone.
    pub fn first(&self) -> Option<u64> {
        self.firsts.first().copied()
    }

    /// How much of the files cannot be read.
    pub fn damaged_bytes(&self) -> u64 {
        self.damage.iter().map(|damage| damage.bytes).sum()
    }

    pub fn lost_records(&self) -> u64 {
        self.lost.iter().map(|lost| lost.end() - lost.start() + 1).sum()
    }
}

/// One damage: where it is, how long it is, and which records it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub kind: Kind,
    /// The whole path of the file, or of the directory when a file is missing at its end.
    pub path: String,
    pub offset: u64,
    /// 0 when something is missing here.
    pub bytes: u64,
    /// Records that cannot be read because of it. Some may be in a checkpoint; [`Verification::lost`] has those that are not.
    pub records: Option<RangeInclusive<u64>>,
    pub why: String,
    pub(in crate::journal) file: File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::journal) enum File {
    /// The segment with this first record.
    Segment(u64),
    Checkpoint(u64),
    /// No file is at fault: one is missing.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SegmentHeader,
    Frame,
    /// Records are missing between two that are there.
    Gap,
    /// The journal ends too early.
    End,
    /// Whole, but contradicts something else that is whole.
    Contradiction,
    Checkpoint,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::SegmentHeader => "segment_header",
            Kind::Frame => "frame",
            Kind::Gap => "gap",
            Kind::End => "end",
            Kind::Contradiction => "contradiction",
            Kind::Checkpoint => "checkpoint",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.path, self.offset)?;
        if self.bytes > 0 {
            write!(f, ", {} bytes", self.bytes)?;
        }
        if let Some(records) = &self.records {
            write!(f, ", {}", in_words(records))?;
        }
        write!(f, ": {}", self.why)
    }
}

/// A range of records, as a sentence says it.
pub fn in_words(records: &RangeInclusive<u64>) -> String {
    match (records.start(), records.end()) {
        (first, last) if first == last => format!("record {first}"),
        (first, last) => format!("records {first} to {last}"),
    }
}
