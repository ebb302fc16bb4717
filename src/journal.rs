//! The journal: stores bytes durably and in order, and knows no event. Plain blocking code for one thread.
//!
//! * [`record`] is the format of segments and frames, and what makes a frame believed. Pure.
//! * [`disk`] is what the journal asks of a directory; [`fake`] is a directory in memory that fails and loses power.
//! * [`recover`] reads what is there, changes nothing, and says what it found. `check` and `serve` share it.
//! * [`segment`] is the only writer: append, sync, roll, cut back.
//! * [`verify`] names every damage, [`repair`] sets it aside, [`backup`] copies a journal that is in use.
//! * [`space`] is what it takes on disk, and takes ahead.
//! * [`checkpoint`] stores the caller's whole state, so that a restart need not read all that ever happened.
//!
//! # How it is used
//! ```no_run
//! # use std::sync::Arc;
//! # use day90::journal::{self, Journal, Options, RealDisk, Fatal, begin_frame};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let disk: Arc<dyn journal::Disk> = Arc::new(RealDisk::new("day90-data"));
//! let lock = journal::lock(&*disk)?;                  // to read only, as `check` does, no lock is needed
//! let mut reading = journal::read(&*disk)?;
//! if let Some(checkpoint) = reading.take_checkpoint() {
//!     let _state_as_of = checkpoint.sequence;         // …decoded from checkpoint.into_payload()
//! }
//! let recovered = reading.replay(|frame| {
//!     let _fold = (frame.sequence, frame.count, frame.payload);
//!     Ok(())
//! })?;
//! let mut journal = Journal::open(disk, lock, recovered, Options::default())?;
//!
//! let mut frame = Vec::new();                         // pooled: one buffer serves every commit
//! begin_frame(&mut frame);
//! frame.extend_from_slice(b"three records");          // written in place behind the header
//! let _first = journal.append(&mut frame, 3)?;
//! journal.sync()?;                                    // only now may they be counted and acknowledged
//!
//! let mut writer = journal.checkpoint(journal.last_sequence())?;   // may go to another thread
//! std::io::Write::write_all(&mut writer, b"the state")?;
//! let written = writer.finish()?;
//! journal.trim(&written)?;                            // back on the journal's thread
//! # Ok(()) }
//! ```
//!
//! # In the directory
//! | name | what |
//! | --- | --- |
//! | `journal-<first sequence>.seg` | a segment, see [`record`] |
//! | `checkpoint-<sequence>.ckpt` | a checkpoint, see [`checkpoint`]; `.ckpt.tmp` while it is written |
//! | `torn-<sequence>-<offset>.bin` | the bytes of a torn tail that was cut, for a person to look at; at most 16 |
//! | `damaged-….bin` | what a repair set aside, see [`repair`]; `repaired-<sequence>.txt` says what it lost |
//! | `lock` | locked while a daemon has the directory |

pub mod backup;
pub mod checkpoint;
pub mod disk;
#[doc(hidden)]
pub mod fake;
pub mod record;
pub mod recover;
pub mod repair;
pub mod segment;
pub mod space;
#[cfg(test)]
mod tests;
pub mod verify;

use std::fmt;
use std::io;

pub use checkpoint::{Checkpoint, CheckpointWriter, Release, Written};
pub use disk::{Disk, DiskFile, Lock, RealDisk, Source};
pub use record::{FRAME_HEADER_BYTES, FRAME_PAYLOAD_BYTES_MAX, begin_frame};
pub use recover::{Frame, Reading, Recovered, Torn, read};
pub use segment::{Journal, Options};

/// Takes the directory for this process, and makes it if it isn't there.
pub fn lock(disk: &dyn Disk) -> Result<Lock, Fatal> {
    disk.prepare().map_err(|error| Fatal::io("making", disk.path(""), error))?;
    disk.lock().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => Fatal::Locked { dir: disk.path("") },
        _ => Fatal::io("locking", disk.path(""), error),
    })
}

/// Why the journal cannot be used at all: day90 doesn't start, and says so.
#[derive(Debug)]
pub enum Fatal {
    /// The disk refused: see to the disk, the mount or the permissions.
    Io { doing: &'static str, path: String, error: io::Error },
    /// What was stored is damaged or missing. Nothing was changed; restore it, or begin anew.
    Corrupt { path: String, offset: u64, why: String },
    /// Written by a later day90: install that one.
    NewerFormat { path: String, found: u32, known: u32, needs: Option<checkpoint::Release> },
    /// The bytes are as they were written, and the caller cannot make sense of them.
    Content { path: String, offset: u64, why: String },
    /// Another process has the directory: stop it, or take another directory.
    Locked { dir: String },
}

impl Fatal {
    pub(crate) fn io(doing: &'static str, path: String, error: io::Error) -> Fatal {
        Fatal::Io { doing, path, error }
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fatal::Io { doing, path, error } => write!(f, "{doing} {path} failed: {error}"),
            Fatal::Corrupt { path, offset, why } => write!(
                f,
                "{path} is damaged at byte {offset}: {why}. Nothing was changed. `day90 journal verify DIR` \
                 names all that is damaged and what it took. Restore the whole directory from a backup, or let \
                 `day90 journal repair DIR` set the damaged part aside"
            ),
            Fatal::NewerFormat { path, needs: Some(needs), .. } => write!(
                f,
                "{path} needs day90 {needs} or later, and this is {}: install that one. Nothing was changed",
                env!("CARGO_PKG_VERSION")
            ),
            Fatal::NewerFormat { path, found, known, needs: None } => write!(
                f,
                "{path} has format {found}, and this day90 knows formats up to {known}: install a day90 that knows \
                 format {found}"
            ),
            Fatal::Content { path, offset, why } => write!(
                f,
                "{path} is whole at byte {offset}, but this day90 cannot read what it says: {why}. Start the version \
                 of day90 that wrote it, or a later one"
            ),
            Fatal::Locked { dir } => {
                write!(f, "another process has {dir}: stop it, or use another data directory")
            }
        }
    }
}

impl std::error::Error for Fatal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Fatal::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Why a frame is not in the journal. Either way nothing of it may be counted or acknowledged.
#[derive(Debug)]
pub enum AppendError {
    /// No trace of it is left, and the journal is whole: answer 503, and try again with the next batch. A full disk
    /// ends here.
    Retry(io::Error),
    /// Nobody knows what is on the disk. No append will ever succeed again; only a new start finds out.
    Poisoned(String),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::Retry(error) => write!(f, "the journal cannot be written now: {error}"),
            AppendError::Poisoned(why) => write!(f, "the journal is not written any more until day90 restarts: {why}"),
        }
    }
}

impl std::error::Error for AppendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AppendError::Retry(error) => Some(error),
            AppendError::Poisoned(_) => None,
        }
    }
}
