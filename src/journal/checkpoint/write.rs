//! Writes a checkpoint: to a temporary file, synced, renamed, and the directory synced.

use std::io::{self, Write};
use std::sync::Arc;

use crc32c::{crc32c, crc32c_append};

use super::format::{ABOUT_BYTES, BUFFER_BYTES, FORMAT_VERSION, HEADER_BYTES, MAGIC, NEEDS};
use crate::journal::disk::{Disk, DiskFile};
use crate::journal::names;
use crate::journal::record::Predecessor;
use crate::journal::version::Version;

/// Proof that a checkpoint is durable, for [`crate::journal::Journal::trim`].
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
    /// The length of what precedes the payload, in bytes.
    head: u64,
    /// Space that was taken ahead, from the beginning.
    reserved: u64,
    crc: u32,
}

impl CheckpointWriter {
    /// `link` is the last frame that it includes, if that is known.
    pub(in crate::journal) fn create(
        disk: Arc<dyn Disk>,
        sequence: u64,
        link: Option<Predecessor>,
    ) -> io::Result<CheckpointWriter> {
        let file = disk.create(&names::temporary(sequence))?;
        let mut buffer = Vec::with_capacity(BUFFER_BYTES);
        buffer.extend_from_slice(&MAGIC);
        buffer.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        buffer.extend_from_slice(&sequence.to_le_bytes());
        let crc = crc32c(&buffer);
        buffer.extend_from_slice(&crc.to_le_bytes());
        Version::this().encode(&mut buffer);
        NEEDS.encode(&mut buffer);
        let crc = crc32c(&buffer[HEADER_BYTES..]);
        buffer.extend_from_slice(&crc.to_le_bytes());
        let link = link.unwrap_or(Predecessor { salt: 0, crc: 0 });
        buffer.extend_from_slice(&link.salt.to_le_bytes());
        buffer.extend_from_slice(&link.crc.to_le_bytes());
        let crc = crc32c(&buffer[HEADER_BYTES + ABOUT_BYTES..]);
        buffer.extend_from_slice(&crc.to_le_bytes());
        let head = buffer.len() as u64;
        Ok(CheckpointWriter { disk, sequence, file: Some(file), buffer, flushed: 0, head, reserved: 0, crc: 0 })
    }

    /// Reserves about the space that it will need, in bytes, and says whether that worked. If not, it may still fit.
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
        self.disk.rename(&names::temporary(self.sequence), &names::checkpoint(self.sequence))?;
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
            // A file that stays is ignored by every reader, and removed by the next writer.
            let _ = self.disk.remove(&names::temporary(self.sequence));
        }
    }
}
