//! The state as a checkpoint stores it: named sections, each with a version, so that it can grow. Pure.
//!
//! ```text
//! payload:  sections, one after the other
//! section:  name length u8 | name | version u16 | lost length u8 | lost | chunks | 0 u32
//! chunk:    length u32, not 0 | bytes
//! ```
//! Integers are little-endian. The bytes of a section are one field of [`State`] as postcard encodes it; they come in
//! chunks, so that they can be written as they are made. `lost` says what a day90 does without that doesn't know the
//! section and skips it; where it is empty, the section must not be skipped.
//!
//! A reader takes the sections in any order, one in memory at a time. One that isn't there is as new: an upgrade has
//! added it. One that it doesn't know is skipped with a warning, if it may be. Anything else is refused.
//!
//! # Adding and changing
//! * A new signal is a field in [`State`] and a line at the end of [`SECTIONS`], with the release that brings it and, if
//!   the release before may go on without it, what that loses.
//! * A field that changes its layout gets the next version and a decoder that still reads the one before.
//! * A section that must not be skipped, or a new version, raises `journal::checkpoint::NEEDS` to that release.
//!
//! **Format 1**, of day90 0.1.0, is the bytes of the sections that it knew, in the order of the table, with nothing
//! between them. It is read, and written for the way back.

use std::io::{self, Read, Write};

use super::{Snapshot, State};
use crate::state::engine::dedupe::HashKey;

/// A release of day90: major, minor, patch.
pub type Release = [u16; 3];

/// What a chunk holds at most, as it is written.
const CHUNK_BYTES: usize = 64 << 10;
/// The release that wrote format 1: it has every section of that time, and they are never absent.
const FIRST: Release = [0, 1, 0];

/// One part of the state.
struct Section {
    name: &'static str,
    version: u16,
    /// The first release that reads this version.
    since: Release,
    /// What a reader loses that skips it; empty when it must not.
    lost: &'static str,
    encode: fn(&State, &mut dyn Write) -> postcard::Result<()>,
    /// Puts it into the state, and gives the bytes behind it.
    decode: for<'a> fn(&mut State, &'a [u8]) -> postcard::Result<&'a [u8]>,
}

/// How a part is written: by serde, and the ids in pieces.
macro_rules! encode {
    ($state:ident, $out:ident, dedupe) => {
        $state.dedupe.write_to($out)
    };
    ($state:ident, $out:ident, $($field:ident).+) => {
        postcard::to_io(&$state.$($field).+, $out).map(drop)
    };
}

macro_rules! sections {
    ($($($field:ident).+: $version:literal since $since:expr, lost $lost:literal;)* ; $($other:expr),*) => {
        &[$(Section {
            name: *[$(stringify!($field)),+].last().expect("it has a name"),
            version: $version,
            since: $since,
            lost: $lost,
            encode: |state, out| encode!(state, out, $($field).+),
            decode: |state, bytes| {
                let (value, rest) = postcard::take_from_bytes(bytes)?;
                state.$($field).+ = value;
                Ok(rest)
            },
        }),*, $($other),*]
    };
}

/// The native buckets of all histograms: put into the state when all of it is there.
const NATIVES: Section = Section {
    name: "natives",
    version: 1,
    since: [0, 2, 0],
    lost: "native buckets of histograms; they are made anew of the classic ones",
    encode: |state, out| postcard::to_io(&state.natives(), out).map(drop),
    decode: |state, bytes| {
        let (natives, rest) = postcard::take_from_bytes(bytes)?;
        state.read_natives = natives;
        Ok(rest)
    },
};

/// Every section, in the order in which they are written. The first ones are those of format 1, in its order.
const SECTIONS: &[Section] = sections! {
    core: 1 since FIRST, lost "";
    dedupe: 1 since FIRST, lost "";
    key: 1 since FIRST, lost "";
    itself: 1 since FIRST, lost "";
    objectives: 1 since FIRST, lost "";
    work: 1 since FIRST, lost "";
    escalations: 1 since FIRST, lost "";
    reviews: 1 since FIRST, lost "";
    resolutions: 1 since FIRST, lost "";
    trust: 1 since FIRST, lost "";
    changes: 1 since FIRST, lost "";
    rollbacks: 1 since FIRST, lost "";
    boundaries: 1 since FIRST, lost "";
    inputs: 1 since FIRST, lost "";
    upkeep: 1 since FIRST, lost "";
    spikes: 1 since [0, 2, 0], lost "what the spike detector has learned; it learns anew";
    core.forgotten: 1 since [0, 2, 0], lost "how many finished lifecycles were forgotten for want of memory";
    ; NATIVES
};

/// The lowest release that reads what is written here, as far as the sections decide it.
pub fn needs() -> Release {
    SECTIONS.iter().filter(|section| section.lost.is_empty()).map(|section| section.since).max().unwrap_or(FIRST)
}

/// What goes lost in format 1, as sentences.
pub fn lost_in_format_1() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().filter(|section| section.since > FIRST).map(|section| section.lost)
}

impl Snapshot {
    /// Writes the state as a checkpoint stores it; [`State::decode`] reads it.
    pub fn encode_to(&self, out: &mut impl Write) -> io::Result<()> {
        for section in SECTIONS {
            put_head(out, section.name, section.version, section.lost)?;
            let mut chunks = Chunks { out, bytes: Vec::with_capacity(CHUNK_BYTES) };
            (section.encode)(&self.state, &mut chunks).map_err(io::Error::other)?;
            chunks.end()?;
        }
        Ok(())
    }

    /// Writes the state as day90 0.1.0 reads it.
    pub fn encode_format_1_to(&self, out: &mut impl Write) -> io::Result<()> {
        // The encoder writes a few bytes at a time.
        let mut buffered = io::BufWriter::with_capacity(CHUNK_BYTES, out);
        let mut state = self.state.with_first_buckets().into_owned();
        let ids = state.core.model.limits.dedupe_ids;
        state.dedupe.divide_as_0_1_0(ids);
        for section in SECTIONS.iter().filter(|section| section.since == FIRST) {
            (section.encode)(&state, &mut buffered).map_err(io::Error::other)?;
        }
        buffered.flush()
    }
}

impl State {
    /// Reads what [`Snapshot::encode_to`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<State, String> {
        State::read(&mut &*bytes).map(|(state, _)| state).map_err(|error| error.to_string())
    }

    /// Reads what [`Snapshot::encode_to`] wrote, and says what of it was skipped. `InvalidData` is what cannot be
    /// understood; other errors are the reader's.
    pub fn read(payload: &mut dyn Read) -> io::Result<(State, Vec<String>)> {
        let mut state = State::new(HashKey(0, 0));
        let mut warnings = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut bytes = Vec::new();
        while let Some((name, version, lost)) = take_head(payload)? {
            take_chunks(payload, &mut bytes)?;
            let Some(section) = SECTIONS.iter().find(|section| section.name == name) else {
                if lost.is_empty() {
                    return Err(invalid(format!("section {name} is not known here, and must not be skipped")));
                }
                warnings.push(format!("section {name} was skipped, since this day90 doesn't know it: lost is {lost}"));
                continue;
            };
            if version > section.version {
                let known = section.version;
                return Err(invalid(format!("section {name} has version {version}, and this day90 knows {known}")));
            }
            if seen.contains(&section.name) {
                return Err(invalid(format!("section {name} is there twice")));
            }
            seen.push(section.name);
            match (section.decode)(&mut state, &bytes) {
                Ok([]) => {}
                Ok(rest) => return Err(invalid(format!("{} bytes follow section {name}", rest.len()))),
                Err(error) => return Err(invalid(format!("section {name}: {error}"))),
            }
            // Not kept for the next one: a table of cases may have needed most of the memory there is.
            bytes = Vec::new();
        }
        let required = SECTIONS.iter().filter(|section| section.since == FIRST);
        if let Some(section) = required.into_iter().find(|section| !seen.contains(&section.name)) {
            return Err(invalid(format!("section {} is missing", section.name)));
        }
        state.rebuild();
        Ok((state, warnings))
    }

    /// Reads a checkpoint's payload of format 1.
    pub fn decode_format_1(mut bytes: &[u8]) -> Result<State, String> {
        let mut state = State::new(HashKey(0, 0));
        for section in SECTIONS.iter().filter(|section| section.since == FIRST) {
            bytes = (section.decode)(&mut state, bytes).map_err(|error| format!("{}: {error}", section.name))?;
        }
        state.rebuild();
        if bytes.is_empty() { Ok(state) } else { Err(format!("{} bytes follow the state", bytes.len())) }
    }
}

fn put_head(out: &mut impl Write, name: &str, version: u16, lost: &str) -> io::Result<()> {
    out.write_all(&[name.len() as u8])?;
    out.write_all(name.as_bytes())?;
    out.write_all(&version.to_le_bytes())?;
    out.write_all(&[lost.len() as u8])?;
    out.write_all(lost.as_bytes())
}

/// Name, version and what is lost without it; `None` at the end.
fn take_head(payload: &mut dyn Read) -> io::Result<Option<(String, u16, String)>> {
    let mut first = Vec::with_capacity(1);
    if payload.take(1).read_to_end(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = [first[0]];
    let name = take_text(payload, length[0])?;
    let mut version = [0; 2];
    payload.read_exact(&mut version).map_err(cut_short)?;
    payload.read_exact(&mut length).map_err(cut_short)?;
    Ok(Some((name, u16::from_le_bytes(version), take_text(payload, length[0])?)))
}

fn take_text(payload: &mut dyn Read, length: u8) -> io::Result<String> {
    let mut bytes = vec![0; usize::from(length)];
    payload.read_exact(&mut bytes).map_err(cut_short)?;
    String::from_utf8(bytes).map_err(|_| invalid("a section's name is no text".to_owned()))
}

fn take_chunks(payload: &mut dyn Read, bytes: &mut Vec<u8>) -> io::Result<()> {
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

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn cut_short(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => invalid("it ends in the middle of a section".to_owned()),
        _ => error,
    }
}

/// Cuts what is written into chunks.
struct Chunks<'a, W> {
    out: &'a mut W,
    bytes: Vec<u8>,
}

impl<W: Write> Chunks<'_, W> {
    fn write_out(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        self.out.write_all(&(self.bytes.len() as u32).to_le_bytes())?;
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
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

#[cfg(test)]
mod tests;
