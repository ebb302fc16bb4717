//! Names every damage of a journal, and changes nothing. Where [`super::recover`] stops at the first frame that is not
//! believed, this goes on behind it.
//!
//! A frame's header has a checksum that is salted with its segment's secret. So a whole header behind damage proves the
//! number of its first record, and the records that the damage took are an exact range, not an estimate.
//!
//! What a start reads is in recovery's hands alone; nothing here decides it.

mod walk;

use std::fmt;
use std::io;
use std::ops::RangeInclusive;

use super::disk::Disk;
use super::recover::{Frame, Torn};
use super::{Fatal, checkpoint, repair, segment};

/// How often reading begins again when a daemon removes files meanwhile.
const ATTEMPTS_MAX: u32 = 10;

/// All that was found.
#[derive(Debug, Default)]
pub struct Report {
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
    /// An unfinished write at the end. No damage: it was never acknowledged.
    pub torn: Option<Torn>,
    /// Records that are in no whole frame and in no whole checkpoint, ascending.
    pub lost: Vec<RangeInclusive<u64>>,
    /// The last record that any frame, or any checkpoint's name, speaks of.
    pub last: u64,
    /// Nobody can know whether records followed [`Report::last`].
    pub end_is_missing: bool,
    /// What whole parts say contradicts each other; there is no way to choose.
    pub contradiction: bool,
    /// Records that an earlier repair set aside, and that its checkpoint includes.
    pub set_aside: Vec<RangeInclusive<u64>>,
    /// Records of segments that are gone though an older one is there, and that every checkpoint includes: a crash undid
    /// a part of the removal of what wasn't needed any more. No damage.
    pub removed: Vec<RangeInclusive<u64>>,
    /// The first record of each segment, ascending.
    pub(super) firsts: Vec<u64>,
}

impl Report {
    /// The newest whole checkpoint; 0 when there is none.
    pub fn base(&self) -> u64 {
        self.checkpoints.last().copied().unwrap_or(0)
    }

    /// How much of the files cannot be read.
    pub fn damaged_bytes(&self) -> u64 {
        self.damage.iter().map(|damage| damage.bytes).sum()
    }

    pub fn lost_records(&self) -> u64 {
        self.lost.iter().map(|lost| lost.end() - lost.start() + 1).sum()
    }
}

/// One damage: where it is, how far it goes, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub kind: Kind,
    /// The whole path of the file, or of the directory when a file is missing at its end.
    pub path: String,
    pub offset: u64,
    /// 0 when something is missing here.
    pub bytes: u64,
    /// Records that cannot be read for it. Some may be in a checkpoint; [`Report::lost`] has those that are not.
    pub records: Option<RangeInclusive<u64>>,
    pub why: String,
    pub(super) file: File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
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
    /// Whole, and in contradiction to something else that is whole.
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

/// Looks at everything. A daemon may write meanwhile; its unfinished frame then looks like a torn tail.
pub fn verify(disk: &dyn Disk) -> Result<Report, Fatal> {
    let mut attempt = 1;
    loop {
        match survey(disk, |_| Ok(())) {
            // A checkpoint made a file superfluous between the list and the look.
            Err(Fatal::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS_MAX => {
                attempt += 1;
            }
            done => return done,
        }
    }
}

/// As [`verify`], and gives every whole frame on the way, in order, those behind damage too. A frame that contradicts
/// those before it is not given.
pub fn survey(disk: &dyn Disk, mut on_frame: impl FnMut(Frame<'_>) -> Result<(), String>) -> Result<Report, Fatal> {
    let files = disk.list().map_err(|error| Fatal::io("listing", disk.path(""), error))?;
    let mut report = Report::default();
    let damaged = look_at_checkpoints(disk, &files, &mut report)?;
    let reach = report.checkpoints.iter().copied().chain(damaged.iter().map(|(at, _)| *at)).max().unwrap_or(0);
    let mut firsts: Vec<u64> = files.iter().filter_map(|(name, _)| segment::first_of(name)).collect();
    firsts.sort_unstable();
    let repaired = files.iter().filter_map(|(name, _)| repair::repaired_to(name)).max().unwrap_or(0);
    walk::Walk::new(disk, &mut report, reach, repaired).run(&firsts, &mut on_frame)?;
    report.firsts = firsts;
    report.damage.extend(damaged.into_iter().map(|(_, damage)| damage));
    Ok(report)
}

/// Reads each checkpoint, also those that a start would not come to.
fn look_at_checkpoints(
    disk: &dyn Disk,
    files: &[(String, u64)],
    report: &mut Report,
) -> Result<Vec<(u64, Damage)>, Fatal> {
    let mut found: Vec<(u64, u64)> =
        files.iter().filter_map(|(name, bytes)| Some((checkpoint::sequence_of(name)?, *bytes))).collect();
    found.sort_unstable();
    let mut damaged = Vec::new();
    for (sequence, bytes) in found {
        let name = checkpoint::name(sequence);
        let alone = checkpoint::find(disk, std::iter::once(name.clone()))?;
        if alone.newest.is_some() {
            report.checkpoints.push(sequence);
            continue;
        }
        let damage = Damage {
            kind: Kind::Checkpoint,
            path: disk.path(&name),
            offset: 0,
            bytes,
            records: None,
            why: alone.warnings.join("; "),
            file: File::Checkpoint(sequence),
        };
        damaged.push((sequence, damage));
    }
    Ok(damaged)
}
