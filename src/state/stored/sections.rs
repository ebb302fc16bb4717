//! Sections as bytes: their heads, and the chunks in which they are written as they are made.

use std::io::{self, Read, Write};

/// What a chunk holds at most, as it is written. Bytes.
pub(super) const CHUNK_BYTES: usize = 64 << 10;

pub(super) fn put_head(out: &mut impl Write, name: &str, version: u16, lost: &str) -> io::Result<()> {
    out.write_all(&[name.len() as u8])?;
    out.write_all(name.as_bytes())?;
    out.write_all(&version.to_le_bytes())?;
    out.write_all(&[lost.len() as u8])?;
    out.write_all(lost.as_bytes())
}

/// How a section begins.
pub(super) struct Head {
    pub name: String,
    pub version: u16,
    /// What is lost without it.
    pub lost: String,
}

/// The head of the next section; `None` at the end.
pub(super) fn take_head(payload: &mut dyn Read) -> io::Result<Option<Head>> {
    let mut first = Vec::with_capacity(1);
    if payload.take(1).read_to_end(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = [first[0]];
    let name = take_text(payload, length[0])?;
    let mut version = [0; 2];
    payload.read_exact(&mut version).map_err(cut_short)?;
    payload.read_exact(&mut length).map_err(cut_short)?;
    Ok(Some(Head { name, version: u16::from_le_bytes(version), lost: take_text(payload, length[0])? }))
}

fn take_text(payload: &mut dyn Read, length: u8) -> io::Result<String> {
    let mut bytes = vec![0; usize::from(length)];
    payload.read_exact(&mut bytes).map_err(cut_short)?;
    String::from_utf8(bytes).map_err(|_| invalid("the name of a section is not text".to_owned()))
}

pub(super) fn take_chunks(payload: &mut dyn Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.clear();
    loop {
        let mut length = [0; 4];
        payload.read_exact(&mut length).map_err(cut_short)?;
        let length = u64::from(u32::from_le_bytes(length));
        if length == 0 {
            return Ok(());
        }
        if payload.take(length).read_to_end(bytes)? as u64 != length {
            return Err(cut_short(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

pub(super) fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn cut_short(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => invalid("it ends in the middle of a section".to_owned()),
        _ => error,
    }
}

/// Cuts what is written into chunks.
pub(super) struct Chunks<'a, W> {
    out: &'a mut W,
    bytes: Vec<u8>,
}

impl<'a, W: Write> Chunks<'a, W> {
    pub fn new(out: &'a mut W) -> Chunks<'a, W> {
        Chunks { out, bytes: Vec::with_capacity(CHUNK_BYTES) }
    }

    fn write_out(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        self.out.write_all(&(self.bytes.len() as u32).to_le_bytes())?;
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }

    pub fn end(mut self) -> io::Result<()> {
        self.write_out()?;
        self.out.write_all(&0u32.to_le_bytes())
    }
}

impl<W: Write> Write for Chunks<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() == CHUNK_BYTES {
            self.write_out()?;
        }
        let taken = bytes.len().min(CHUNK_BYTES - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
    /// A section's end writes it out.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
