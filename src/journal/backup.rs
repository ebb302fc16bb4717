//! Copies a journal while a daemon writes it. Takes no lock and changes nothing in the source.
//!
//! A copy is the newest whole checkpoint and the segments after it, up to the last whole frame. Frames are only ever
//! appended, each after the previous one is synced. So a copy is the journal as it was at one moment, which is not before
//! the copy began. The daemon may remove files meanwhile, because a newer checkpoint covers them: then the copy starts
//! over, and finds that checkpoint.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, RealDisk};
use super::error::Fatal;
use super::record::{BadFrame, SEGMENT_HEADER_BYTES, Scanner, SegmentHeader};
use super::{checkpoint, names};

/// How often a copy starts over when files are removed meanwhile. A daemon does that once in 64 MiB of journal.
const ATTEMPTS_MAX: u32 = 20;

/// What a copy is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    pub checkpoint: Option<u64>,
    pub segments: u64,
    pub bytes: u64,
    /// Bytes at the end that were not a whole frame: the one that the daemon was writing.
    pub left_out: u64,
}

/// Why there is no copy. Nothing is left under the target's name.
#[derive(Debug)]
pub enum BackupError {
    /// It is there already, and nothing is overwritten.
    TargetExists(PathBuf),
    /// There is no journal to copy.
    Empty(String),
    /// The source is damaged, or a disk refused.
    Fatal(Fatal),
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackupError::TargetExists(target) => {
                write!(f, "{} exists: a backup is written to a new directory", target.display())
            }
            BackupError::Empty(dir) => write!(f, "there is no journal in {dir}"),
            BackupError::Fatal(fatal) => fatal.fmt(f),
        }
    }
}

impl std::error::Error for BackupError {}

impl From<Fatal> for BackupError {
    fn from(fatal: Fatal) -> BackupError {
        BackupError::Fatal(fatal)
    }
}

/// Copies to a new directory, which gets its name only when `read` could read all of it.
pub fn backup<T>(
    from: &dyn Disk,
    target: &Path,
    read: impl Fn(&Arc<dyn Disk>) -> Result<T, Fatal>,
) -> Result<(Copied, T), BackupError> {
    if target.symlink_metadata().is_ok() {
        return Err(BackupError::TargetExists(target.to_owned()));
    }
    let unfinished = Unfinished(unfinished_name(target));
    let mut attempt = 1;
    loop {
        let before = names(from)?;
        let to: Arc<dyn Disk> = Arc::new(RealDisk::new(&unfinished.0));
        let done = unfinished.empty().and_then(|()| prepare(&*to)).and_then(|()| {
            let copied = copy(from, &*to)?;
            Ok((copied, read(&to)?))
        });
        match done {
            // Files came and went while they were listed or read, so what looks like damage may not be any.
            Err(Fatal::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS_MAX => {}
            Err(Fatal::Corrupt { .. }) if attempt < ATTEMPTS_MAX && names(from)? != before => {}
            Err(fatal) => return Err(of_the_source(fatal, &to.path(""), &from.path("")).into()),
            Ok((Copied { checkpoint: None, segments: 0, .. }, _)) => return Err(BackupError::Empty(from.path(""))),
            Ok(done) => {
                put_in_place(&unfinished.0, target)?;
                return Ok(done);
            }
        }
        attempt += 1;
    }
}

fn names(disk: &dyn Disk) -> Result<Vec<String>, Fatal> {
    let files = disk.list().map_err(|error| Fatal::io("listing", disk.path(""), error))?;
    let mut names: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    Ok(names)
}

/// Names the source in an error about the copy: the copy is removed, and has the same mistake.
fn of_the_source(fatal: Fatal, copy: &str, source: &str) -> Fatal {
    let there = |path: String| path.replacen(copy, source, 1);
    match fatal {
        Fatal::Corrupt { path, offset, why } => {
            Fatal::Corrupt { path: there(path), offset, why: why.replace(copy, source) }
        }
        Fatal::Content { path, offset, why } => Fatal::Content { path: there(path), offset, why },
        Fatal::NewerFormat { path, found, known, needs } => {
            Fatal::NewerFormat { path: there(path), found, known, needs }
        }
        other => other,
    }
}

fn prepare(to: &dyn Disk) -> Result<(), Fatal> {
    to.prepare().map_err(|error| Fatal::io("making", to.path(""), error))
}

/// Copies once, durably. What is found to be damaged on the way is [`Fatal::Corrupt`] of the source.
pub fn copy(from: &dyn Disk, to: &dyn Disk) -> Result<Copied, Fatal> {
    let files = from.list().map_err(|error| Fatal::io("listing", from.path(""), error))?;
    let found = checkpoint::find(from, files.iter().map(|(name, _)| name.clone()))?;
    let mut copied = Copied { checkpoint: found.kept.last().copied(), ..Copied::default() };
    let mut content = Vec::new();
    if let Some(sequence) = copied.checkpoint {
        copied.bytes += take(from, to, &names::checkpoint(sequence), &mut content, |content| content.len())?;
    }
    let after = copied.checkpoint.unwrap_or(0);
    let mut firsts: Vec<u64> = files.iter().filter_map(|(name, _)| names::first_of(name)).collect();
    firsts.sort_unstable();
    let start = firsts.iter().rposition(|&first| first <= after + 1).unwrap_or(0);
    for (at, &first) in firsts.iter().enumerate().skip(start) {
        let is_last = at + 1 == firsts.len();
        let until = |content: &[u8]| if is_last { whole_until(content) } else { content.len() };
        let bytes = take(from, to, &names::segment(first), &mut content, until)?;
        copied.left_out += content.len() as u64 - bytes;
        copied.segments += u64::from(bytes > 0);
        copied.bytes += bytes;
    }
    to.sync_dir().map_err(|error| Fatal::io("syncing", to.path(""), error))?;
    Ok(copied)
}

/// Where the frame begins that the daemon is writing. Damage is copied as it is, so that reading the copy says what and
/// where it is.
fn whole_until(content: &[u8]) -> usize {
    let header = match SegmentHeader::decode(content) {
        Ok(header) => header,
        Err(_) if content.len() <= SEGMENT_HEADER_BYTES => return 0,
        Err(_) => return content.len(),
    };
    let mut scanner = Scanner::new(header.salt, content);
    match scanner.find_map(Result::err) {
        Some(BadFrame::Payload { end }) if end < content.len() => content.len(),
        Some(_) if scanner.whole_header_after().is_some() => content.len(),
        _ => scanner.offset(),
    }
}

/// Copies the beginning of one file, and says how many bytes. When that is none, no file is made.
fn take(
    from: &dyn Disk,
    to: &dyn Disk,
    name: &str,
    content: &mut Vec<u8>,
    until: impl Fn(&[u8]) -> usize,
) -> Result<u64, Fatal> {
    from.read(name, content).map_err(|error| Fatal::io("reading", from.path(name), error))?;
    let bytes = until(content);
    if bytes == 0 {
        return Ok(0);
    }
    let written = to.create(name).and_then(|mut file| {
        file.write_at(0, &content[..bytes])?;
        file.sync_data()
    });
    written.map_err(|error| Fatal::io("writing", to.path(name), error))?;
    Ok(bytes as u64)
}

/// The directory that becomes the target; it is removed unless the copy succeeds.
struct Unfinished(PathBuf);

impl Unfinished {
    fn empty(&self) -> Result<(), Fatal> {
        match std::fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Fatal::io("removing", self.0.display().to_string(), error))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = self.empty();
    }
}

/// On the same file system, so that a rename is enough; named after the process, so that two don't meet.
fn unfinished_name(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".unfinished-{}", std::process::id()));
    target.with_file_name(name)
}

fn put_in_place(unfinished: &Path, target: &Path) -> Result<(), BackupError> {
    // A rename would replace an empty directory that someone has made meanwhile.
    if target.symlink_metadata().is_ok() {
        return Err(BackupError::TargetExists(target.to_owned()));
    }
    let placed = std::fs::rename(unfinished, target).and_then(|()| {
        let parent = target.canonicalize()?.parent().map(Path::to_owned);
        parent.map_or(Ok(()), |parent| std::fs::File::open(parent)?.sync_all())
    });
    placed.map_err(|error| Fatal::io("putting the backup in place at", target.display().to_string(), error).into())
}
