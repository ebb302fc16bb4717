//! Checkpoints: the caller's whole state as of one sequence number, as opaque bytes.
//!
//! # On disk
//! `checkpoint-<sequence>.ckpt`; all integers are little-endian, checksums are CRC-32C.
//!
//! ```text
//! magic "day90ckp" | format version u32 | sequence u64 | header crc u32 | payload | payload length u64 | crc u32
//! ```
//!
//! * The header crc covers the 20 bytes before it, the last crc everything before it.
//! * The length stands behind the payload, so that a payload can be written as it is made.
//! * It is written to `….ckpt.tmp`, synced, renamed, and the directory synced: under its own name it is whole, or it was
//!   damaged later. The two newest are kept; one that is damaged falls back to the other.

use std::io::{self, Write};
use std::sync::Arc;

use crc32c::{crc32c, crc32c_append};

use super::Fatal;
use super::disk::{Disk, DiskFile};
use super::record::{u32_at, u64_at};

/// The format that this module writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;
/// Checkpoints that are kept: the newest, and one to fall back to.
pub const CHECKPOINTS_KEPT: usize = 2;

const MAGIC: [u8; 8] = *b"day90ckp";
const HEADER_BYTES: usize = 24;
const FOOTER_BYTES: usize = 12;
/// What is gathered before it is written.
const BUFFER_BYTES: usize = 256 << 10;

/// A checkpoint that was read whole.
#[derive(Debug)]
pub struct Checkpoint {
    /// The last record that it includes.
    pub sequence: u64,
    file: Vec<u8>,
}

impl Checkpoint {
    pub fn payload(&self) -> &[u8] {
        &self.file[HEADER_BYTES..self.file.len() - FOOTER_BYTES]
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
    /// Space that was taken ahead, from the beginning.
    reserved: u64,
    crc: u32,
}

impl CheckpointWriter {
    pub(super) fn create(disk: Arc<dyn Disk>, sequence: u64) -> io::Result<CheckpointWriter> {
        let file = disk.create(&temporary_name(sequence))?;
        let mut buffer = Vec::with_capacity(BUFFER_BYTES);
        buffer.extend_from_slice(&MAGIC);
        buffer.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        buffer.extend_from_slice(&sequence.to_le_bytes());
        let crc = crc32c(&buffer);
        buffer.extend_from_slice(&crc.to_le_bytes());
        Ok(CheckpointWriter { disk, sequence, file: Some(file), buffer, flushed: 0, reserved: 0, crc: 0 })
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
        let length = self.flushed + self.buffer.len() as u64 - HEADER_BYTES as u64;
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
        let mut file = Vec::new();
        let path = disk.path(&name(sequence));
        disk.read(&name(sequence), &mut file).map_err(|error| Fatal::io("reading", path.clone(), error))?;
        match believe(&file, sequence) {
            Ok(()) => {
                found.newest = Some(Checkpoint { sequence, file });
                break;
            }
            Err(Bad::Newer(version)) => {
                return Err(Fatal::NewerFormat { path, found: version, known: FORMAT_VERSION });
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
    Newer(u32),
}

fn believe(file: &[u8], sequence: u64) -> Result<(), Bad> {
    if file.len() < HEADER_BYTES + FOOTER_BYTES {
        return Err(Bad::Damaged("it is too short"));
    }
    if file[..8] != MAGIC || crc32c(&file[..20]) != u32_at(file, 20) {
        return Err(Bad::Damaged("its header does not match its checksum"));
    }
    match u32_at(file, 8) {
        FORMAT_VERSION => {}
        newer if newer > FORMAT_VERSION => return Err(Bad::Newer(newer)),
        _ => return Err(Bad::Damaged("its format version was never written")),
    }
    let crc_at = file.len() - 4;
    if crc32c(&file[..crc_at]) != u32_at(file, crc_at) {
        return Err(Bad::Damaged("its content does not match its checksum"));
    }
    let payload_bytes = (file.len() - HEADER_BYTES - FOOTER_BYTES) as u64;
    if u64_at(file, 12) != sequence || u64_at(file, file.len() - FOOTER_BYTES) != payload_bytes {
        return Err(Bad::Damaged("its name or its length is not what it was written with"));
    }
    Ok(())
}

pub(super) fn name(sequence: u64) -> String {
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
