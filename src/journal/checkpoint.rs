//! Checkpoints: the caller's whole state as of one sequence number, as opaque bytes.
//!
//! # On disk
//! `checkpoint-<sequence>.ckpt`; all integers are little-endian, checksums are CRC-32C.
//!
//! ```text
//! magic "day90ckp" | format version u32 | sequence u64 | header crc u32 | about | payload | payload length u64 | crc u32
//! about:  written by 3 × u16 | needs 3 × u16 | about crc u32
//! ```
//!
//! * The header crc covers the 20 bytes before it, the about crc the 12 before it, the last crc everything before it.
//! * `about` says which release wrote it and the lowest that reads it. Format 1, of day90 0.1.0, has none. Every later
//!   format has it here, so that whoever cannot read one can say what can.
//! * The length stands behind the payload, so that a payload can be written as it is made.
//! * It is written to `….ckpt.tmp`, synced, renamed, and the directory synced: under its own name it is whole, or it was
//!   damaged later. The two newest are kept; one that is damaged falls back to the other.

use std::fmt;
use std::io::{self, Read, SeekFrom, Write};
use std::sync::Arc;

use crc32c::{crc32c, crc32c_append};

use super::Fatal;
use super::disk::{Disk, DiskFile, Source};
use super::record::{u32_at, u64_at};

/// The format that this module writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 2;
/// The format of day90 0.1.0: read, and written for the way back to it.
pub const FORMAT_1: u32 = 1;
/// The lowest release that reads what is written now. Also raised when the payload needs a later one.
pub const NEEDS: Release = Release([0, 2, 0]);
/// Checkpoints that are kept: the newest, and one to fall back to.
pub const CHECKPOINTS_KEPT: usize = 2;

const MAGIC: [u8; 8] = *b"day90ckp";
const HEADER_BYTES: usize = 24;
const ABOUT_BYTES: usize = 16;
const FOOTER_BYTES: usize = 12;
/// What is gathered before it is written, and what is read at once to check it.
const BUFFER_BYTES: usize = 256 << 10;

/// A release of day90: major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(pub [u16; 3]);

impl Release {
    /// This one.
    pub fn this() -> Release {
        let number = |text: &str| text.parse().unwrap_or(0);
        let part = [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH")];
        Release(part.map(number))
    }

    fn decode(bytes: &[u8]) -> Release {
        Release([0, 2, 4].map(|at| u16::from_le_bytes([bytes[at], bytes[at + 1]])))
    }

    fn encode(self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|part| out.extend_from_slice(&part.to_le_bytes()));
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// A checkpoint that was found whole: it was read once, to check it, and is not in memory.
pub struct Checkpoint {
    /// The last record that it includes.
    pub sequence: u64,
    /// [`FORMAT_1`], or a later one.
    pub format: u32,
    /// Which day90 wrote it; format 1 doesn't say.
    pub written_by: Option<Release>,
    payload_bytes: u64,
    /// Stands at the payload.
    file: Box<dyn Source>,
}

impl Checkpoint {
    /// The caller's bytes, to be read once.
    pub fn into_payload(self) -> io::Take<Box<dyn Source>> {
        self.file.take(self.payload_bytes)
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint {{ sequence: {}, format: {} }}", self.sequence, self.format)
    }
}

/// Says that a checkpoint is durable; [`super::Journal::trim`] wants to see it.
#[derive(Debug)]
pub struct Written {
    pub sequence: u64,
    /// The length of its file.
    pub bytes: u64,
}

/// Writes one checkpoint. Owns no part of the journal, so that another thread can write it. Dropped before
/// [`CheckpointWriter::finish`], it leaves nothing.
pub struct CheckpointWriter {
    disk: Arc<dyn Disk>,
    sequence: u64,
    file: Option<Box<dyn DiskFile>>,
    buffer: Vec<u8>,
    flushed: u64,
    /// What stands before the payload, in bytes.
    head: u64,
    /// Space that was taken ahead, from the beginning.
    reserved: u64,
    crc: u32,
}

impl CheckpointWriter {
    pub(super) fn create(disk: Arc<dyn Disk>, sequence: u64) -> io::Result<CheckpointWriter> {
        CheckpointWriter::create_as(disk, sequence, FORMAT_VERSION)
    }

    /// In an older format, for the release that wrote that one.
    pub(super) fn create_as(disk: Arc<dyn Disk>, sequence: u64, format: u32) -> io::Result<CheckpointWriter> {
        let file = disk.create(&temporary_name(sequence))?;
        let mut buffer = Vec::with_capacity(BUFFER_BYTES);
        buffer.extend_from_slice(&MAGIC);
        buffer.extend_from_slice(&format.to_le_bytes());
        buffer.extend_from_slice(&sequence.to_le_bytes());
        let crc = crc32c(&buffer);
        buffer.extend_from_slice(&crc.to_le_bytes());
        if format > FORMAT_1 {
            Release::this().encode(&mut buffer);
            NEEDS.encode(&mut buffer);
            let crc = crc32c(&buffer[HEADER_BYTES..]);
            buffer.extend_from_slice(&crc.to_le_bytes());
        }
        let head = buffer.len() as u64;
        Ok(CheckpointWriter { disk, sequence, file: Some(file), buffer, flushed: 0, head, reserved: 0, crc: 0 })
    }

    /// Takes the space that it will need, about. Where that fails it may still fit. Says whether it has it.
    pub fn reserve(&mut self, bytes: u64) -> bool {
        let file = self.file.as_deref_mut().expect("there until it is finished");
        let taken = file.reserve(0, bytes).is_ok();
        if taken {
            self.reserved = bytes;
        } else {
            // A part may have been taken.
            let _ = file.set_len(self.flushed);
        }
        taken
    }

    /// Makes it durable under its own name. When it fails, the checkpoints of before are as they were.
    pub fn finish(mut self) -> io::Result<Written> {
        let length = self.flushed + self.buffer.len() as u64 - self.head;
        self.buffer.extend_from_slice(&length.to_le_bytes());
        let crc = crc32c_append(self.crc, &self.buffer);
        self.buffer.extend_from_slice(&crc.to_le_bytes());
        self.write_out()?;
        let file = self.file.as_deref_mut().expect("there until it is finished");
        if self.reserved > self.flushed {
            file.set_len(self.flushed)?;
        }
        file.sync_data()?;
        self.disk.rename(&temporary_name(self.sequence), &name(self.sequence))?;
        self.file = None;
        self.disk.sync_dir()?;
        Ok(Written { sequence: self.sequence, bytes: self.flushed })
    }

    fn write_out(&mut self) -> io::Result<()> {
        let file = self.file.as_deref_mut().expect("there until it is finished");
        file.write_at(self.flushed, &self.buffer)?;
        self.crc = crc32c_append(self.crc, &self.buffer);
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

impl Write for CheckpointWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() >= BUFFER_BYTES {
            self.write_out()?;
        }
        let taken = bytes.len().min(BUFFER_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
    /// Only [`CheckpointWriter::finish`] makes anything durable.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for CheckpointWriter {
    fn drop(&mut self) {
        if self.file.is_some() {
            // What stays behind is ignored by every reader, and removed by the next writer.
            let _ = self.disk.remove(&temporary_name(self.sequence));
        }
    }
}

/// What came of looking for a checkpoint.
#[derive(Default)]
pub(super) struct Found {
    pub(super) newest: Option<Checkpoint>,
    /// Sequence numbers of the files that are not known to be damaged, ascending.
    pub(super) kept: Vec<u64>,
    pub(super) damaged: Vec<u64>,
    pub(super) warnings: Vec<String>,
}

impl Found {
    /// The journal was once at least this long: a checkpoint is written only of what was synced.
    pub(super) fn reach(&self) -> u64 {
        self.kept.iter().chain(&self.damaged).copied().max().unwrap_or(0)
    }
}

/// Reads the newest checkpoint that is whole. What is damaged is left alone, and said.
pub(super) fn find(disk: &dyn Disk, names: impl Iterator<Item = String>) -> Result<Found, Fatal> {
    let mut found = Found { kept: names.filter_map(|file| sequence_of(&file)).collect(), ..Found::default() };
    found.kept.sort_unstable();
    while let Some(&sequence) = found.kept.last() {
        let path = disk.path(&name(sequence));
        let believed = disk.source(&name(sequence)).and_then(|file| believe(file, sequence));
        match believed.map_err(|error| Fatal::io("reading", path.clone(), error))? {
            Ok(checkpoint) => {
                found.newest = Some(checkpoint);
                break;
            }
            Err(Bad::Newer(found, needs)) => {
                return Err(Fatal::NewerFormat { path, found, known: FORMAT_VERSION, needs });
            }
            Err(Bad::Damaged(why)) => {
                found.warnings.push(format!("{path} is damaged and was passed over: {why}"));
                found.damaged.push(sequence);
                found.kept.pop();
            }
        }
    }
    Ok(found)
}

enum Bad {
    Damaged(&'static str),
    /// Its format, and the release that reads it.
    Newer(u32, Option<Release>),
}

/// Reads the whole file once, a piece at a time, and believes it or not.
fn believe(mut file: Box<dyn Source>, sequence: u64) -> io::Result<Result<Checkpoint, Bad>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut head = Vec::new();
    (&mut file).take((HEADER_BYTES + ABOUT_BYTES) as u64).read_to_end(&mut head)?;
    let (format, about) = match read_head(&head, length) {
        Ok(read) => read,
        Err(bad) => return Ok(Err(bad)),
    };
    file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
    let mut crc = crc32c(&head[..HEADER_BYTES]);
    let mut left = length - HEADER_BYTES as u64;
    let mut piece = Vec::with_capacity(BUFFER_BYTES);
    while left > FOOTER_BYTES as u64 {
        piece.clear();
        let wanted = (left - FOOTER_BYTES as u64).min(BUFFER_BYTES as u64);
        if (&mut file).take(wanted).read_to_end(&mut piece)? as u64 != wanted {
            return Ok(Err(Bad::Damaged("it became shorter while it was read")));
        }
        crc = crc32c_append(crc, &piece);
        left -= wanted;
    }
    piece.clear();
    file.read_to_end(&mut piece)?;
    if piece.len() != FOOTER_BYTES || crc32c_append(crc, &piece[..8]) != u32_at(&piece, 8) {
        return Ok(Err(Bad::Damaged("its content does not match its checksum")));
    }
    let head_bytes = HEADER_BYTES + if about.is_some() { ABOUT_BYTES } else { 0 };
    let payload_bytes = length - (head_bytes + FOOTER_BYTES) as u64;
    if u64_at(&head, 12) != sequence || u64_at(&piece, 0) != payload_bytes {
        return Ok(Err(Bad::Damaged("its name or its length is not what it was written with")));
    }
    file.seek(SeekFrom::Start(head_bytes as u64))?;
    Ok(Ok(Checkpoint { sequence, format, written_by: about, payload_bytes, file }))
}

/// The format, and who wrote it.
fn read_head(head: &[u8], length: u64) -> Result<(u32, Option<Release>), Bad> {
    if length < (HEADER_BYTES + FOOTER_BYTES) as u64 || head.len() < HEADER_BYTES {
        return Err(Bad::Damaged("it is too short"));
    }
    if head[..8] != MAGIC || crc32c(&head[..20]) != u32_at(head, 20) {
        return Err(Bad::Damaged("its header does not match its checksum"));
    }
    let about =
        head.get(HEADER_BYTES..HEADER_BYTES + ABOUT_BYTES).filter(|about| crc32c(&about[..12]) == u32_at(about, 12));
    let format = u32_at(head, 8);
    let needs = about.map(|about| Release::decode(&about[6..]));
    match (format, about) {
        (0, _) => Err(Bad::Damaged("its format version was never written")),
        (FORMAT_1, _) => Ok((format, None)),
        (newer, _) if newer > FORMAT_VERSION => Err(Bad::Newer(newer, needs)),
        (_, None) => Err(Bad::Damaged("what it says about itself does not match its checksum")),
        _ if length < (HEADER_BYTES + ABOUT_BYTES + FOOTER_BYTES) as u64 => Err(Bad::Damaged("it is too short")),
        _ if needs > Some(Release::this()) => Err(Bad::Newer(format, needs)),
        (_, Some(about)) => Ok((format, Some(Release::decode(about)))),
    }
}

pub(crate) fn name(sequence: u64) -> String {
    format!("checkpoint-{sequence:020}.ckpt")
}

fn temporary_name(sequence: u64) -> String {
    name(sequence) + ".tmp"
}

pub(super) fn is_temporary(file: &str) -> bool {
    file.starts_with("checkpoint-") && file.ends_with(".ckpt.tmp")
}

pub(super) fn sequence_of(file: &str) -> Option<u64> {
    let digits = file.strip_prefix("checkpoint-")?.strip_suffix(".ckpt")?;
    if digits.len() == 20 { digits.parse().ok() } else { None }
}
