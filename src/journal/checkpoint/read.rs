//! Finds the newest whole checkpoint, and gives its payload.

use std::fmt;
use std::io::{self, Read, SeekFrom};

use crc32c::{crc32c, crc32c_append};

use super::format::{
    ABOUT_BYTES, BUFFER_BYTES, FOOTER_BYTES, FORMAT_1, FORMAT_2, FORMAT_VERSION, HEADER_BYTES, LINK_BYTES, MAGIC,
};
use crate::journal::disk::{Disk, Source};
use crate::journal::error::Fatal;
use crate::journal::names;
use crate::journal::record::{Predecessor, u32_at, u64_at};
use crate::journal::version::Version;

/// A checkpoint that was found whole: it was read once, to check it, and is not in memory.
pub struct Checkpoint {
    /// The last record that it includes.
    pub sequence: u64,
    /// [`FORMAT_1`], or a later one.
    pub format: u32,
    /// Which day90 wrote it; format 1 doesn't say.
    pub written_by: Option<Version>,
    /// The last frame that it includes, if it says so.
    pub(in crate::journal) link: Option<Predecessor>,
    payload_bytes: u64,
    /// Positioned at the payload.
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

/// What came of looking for a checkpoint.
#[derive(Default)]
pub(in crate::journal) struct Found {
    pub(in crate::journal) newest: Option<Checkpoint>,
    /// Sequence numbers of the files that are not known to be damaged, ascending.
    pub(in crate::journal) kept: Vec<u64>,
    pub(in crate::journal) damaged: Vec<u64>,
    pub(in crate::journal) warnings: Vec<String>,
}

impl Found {
    /// The journal was once at least this long: a checkpoint is written only of what was synced.
    pub(in crate::journal) fn reach(&self) -> u64 {
        self.kept.iter().chain(&self.damaged).copied().max().unwrap_or(0)
    }
}

/// Finds the newest whole checkpoint. Damaged ones are left alone, with a warning.
pub(in crate::journal) fn find(disk: &dyn Disk, names: impl Iterator<Item = String>) -> Result<Found, Fatal> {
    let mut found = Found { kept: names.filter_map(|file| names::sequence_of(&file)).collect(), ..Found::default() };
    found.kept.sort_unstable();
    while let Some(&sequence) = found.kept.last() {
        let path = disk.path(&names::checkpoint(sequence));
        let checked = disk.source(&names::checkpoint(sequence)).and_then(|file| check(file, sequence));
        match checked.map_err(|error| Fatal::io("reading", path.clone(), error))? {
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
    Newer(u32, Option<Version>),
}

/// Reads the whole file once, a piece at a time, and says whether it is whole.
fn check(mut file: Box<dyn Source>, sequence: u64) -> io::Result<Result<Checkpoint, Bad>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut head = Vec::new();
    (&mut file).take((HEADER_BYTES + ABOUT_BYTES + LINK_BYTES) as u64).read_to_end(&mut head)?;
    let (format, about) = match read_head(&head, length) {
        Ok(read) => read,
        Err(bad) => return Ok(Err(bad)),
    };
    let footer = match read_content(&mut file, crc32c(&head[..HEADER_BYTES]), length)? {
        Ok(footer) => footer,
        Err(bad) => return Ok(Err(bad)),
    };
    let head_bytes = head_bytes(format);
    let payload_bytes = length - (head_bytes + FOOTER_BYTES) as u64;
    if u64_at(&head, 12) != sequence || u64_at(&footer, 0) != payload_bytes {
        return Ok(Err(Bad::Damaged("its name or its length is not what it was written with")));
    }
    let link = match read_link(&head, format) {
        Ok(link) => link,
        Err(bad) => return Ok(Err(bad)),
    };
    file.seek(SeekFrom::Start(head_bytes as u64))?;
    Ok(Ok(Checkpoint { sequence, format, written_by: about, link, payload_bytes, file }))
}

/// The length of what precedes the payload.
fn head_bytes(format: u32) -> usize {
    match format {
        FORMAT_1 => HEADER_BYTES,
        FORMAT_2 => HEADER_BYTES + ABOUT_BYTES,
        _ => HEADER_BYTES + ABOUT_BYTES + LINK_BYTES,
    }
}

fn read_link(head: &[u8], format: u32) -> Result<Option<Predecessor>, Bad> {
    if format <= FORMAT_2 {
        return Ok(None);
    }
    let link = &head[HEADER_BYTES + ABOUT_BYTES..];
    if crc32c(&link[..12]) != u32_at(link, 12) {
        return Err(Bad::Damaged("what it says about the journal does not match its checksum"));
    }
    let is_known = link[..12].iter().any(|byte| *byte != 0);
    Ok(is_known.then(|| Predecessor { salt: u64_at(link, 0), crc: u32_at(link, 8) }))
}

/// Reads what follows the header, whose checksum is `crc`, and gives the footer.
fn read_content(file: &mut Box<dyn Source>, mut crc: u32, length: u64) -> io::Result<Result<Vec<u8>, Bad>> {
    file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
    let mut left = length - HEADER_BYTES as u64;
    let mut piece = Vec::with_capacity(BUFFER_BYTES);
    while left > FOOTER_BYTES as u64 {
        piece.clear();
        let wanted = (left - FOOTER_BYTES as u64).min(BUFFER_BYTES as u64);
        if file.take(wanted).read_to_end(&mut piece)? as u64 != wanted {
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
    Ok(Ok(piece))
}

/// The format, and who wrote it.
fn read_head(head: &[u8], length: u64) -> Result<(u32, Option<Version>), Bad> {
    if length < (HEADER_BYTES + FOOTER_BYTES) as u64 || head.len() < HEADER_BYTES {
        return Err(Bad::Damaged("it is too short"));
    }
    if head[..8] != MAGIC || crc32c(&head[..20]) != u32_at(head, 20) {
        return Err(Bad::Damaged("its header does not match its checksum"));
    }
    let about =
        head.get(HEADER_BYTES..HEADER_BYTES + ABOUT_BYTES).filter(|about| crc32c(&about[..12]) == u32_at(about, 12));
    let format = u32_at(head, 8);
    let needs = about.map(|about| Version::decode(&about[6..]));
    match (format, about) {
        (0, _) => Err(Bad::Damaged("its format version was never written")),
        (FORMAT_1, _) => Ok((format, None)),
        (newer, _) if newer > FORMAT_VERSION => Err(Bad::Newer(newer, needs)),
        (_, None) => Err(Bad::Damaged("what it says about itself does not match its checksum")),
        _ if length < (head_bytes(format) + FOOTER_BYTES) as u64 => Err(Bad::Damaged("it is too short")),
        _ if needs > Some(Version::this()) => Err(Bad::Newer(format, needs)),
        (_, Some(about)) => Ok((format, Some(Version::decode(about)))),
    }
}
