//! The journal: stores bytes durably and in order, and knows no event. Plain blocking code for one thread.
//!
//! * [`record`] is the format of segments and frames, and what makes a frame valid. Pure. `names` are the files' names.
//! * [`disk`] is what the journal asks of a directory.
//! * [`recover`] reads what is there, changes nothing, and says what it found. `check` and `serve` share it.
//! * [`writer`] is the only writer: append, sync, roll, cut back, trim. It reserves space ahead.
//! * [`checkpoint`] stores the caller's whole state, so that a restart need not read all that ever happened.
//! * `chain` says what the next segment follows, see [`record::Predecessor`].
//! * [`back`] leads back to an earlier release.
//! * [`verify`] names every damage, [`repair`] sets it aside, [`backup`] copies a journal that is in use.
//! * [`error`] says why it cannot be used or written.
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
//! frame.extend_from_slice(b"three records");          // written in place, after the header
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
//! | `torn-<sequence>-<offset>.bin` | the bytes of a torn tail that was cut, for a person to read; at most 16 |
//! | `damaged-….bin` | what a repair set aside, see [`repair`]; `repaired-<sequence>.txt` says what it lost |
//! | `lock` | locked while a daemon has the directory |

pub mod back;
pub mod backup;
mod chain;
pub mod checkpoint;
pub mod disk;
pub mod error;
#[cfg(feature = "fake")]
pub mod fake;
pub mod mentions;
pub(crate) mod names;
pub mod record;
pub mod recover;
pub mod recovered;
pub mod repair;
pub mod sizes;
#[cfg(test)]
mod tests;
pub mod verify;
pub mod version;
pub mod writer;

use std::io;

pub use checkpoint::{Checkpoint, CheckpointWriter, Written};
pub use disk::{Disk, DiskFile, Lock, RealDisk, Source};
pub use error::{AppendError, Fatal};
pub use record::{FRAME_HEADER_BYTES, FRAME_PAYLOAD_BYTES_MAX, begin_frame};
pub use recover::{Reading, read};
pub use recovered::{Frame, FramePlace, Recovered, Torn};
pub use version::Version;
pub use writer::{Journal, Options};

/// Locks the directory for this process, and makes it if it isn't there.
pub fn lock(disk: &dyn Disk) -> Result<Lock, Fatal> {
    disk.prepare().map_err(|error| Fatal::io("making", disk.path(""), error))?;
    disk.check_access().map_err(|error| Fatal::io("using", disk.path(""), error))?;
    disk.lock().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => Fatal::Locked { dir: disk.path("") },
        _ => Fatal::io("locking", disk.path(""), error),
    })
}
