//! Why the journal cannot be used, or cannot be written, sorted by what the caller does next.

use std::fmt;
use std::io;

use super::version::Version;

/// Why the journal cannot be used at all: day90 doesn't start, and says so.
#[derive(Debug)]
pub enum Fatal {
    /// The disk refused: see to the disk, the mount or the permissions.
    Io { doing: &'static str, path: String, error: io::Error },
    /// What was stored is damaged or missing. Nothing was changed; restore it, or begin with an empty directory.
    Corrupt { path: String, offset: u64, why: String },
    /// Written by a later day90: install that one.
    NewerFormat { path: String, found: u32, known: u32, needs: Option<Version> },
    /// The bytes are as they were written, but the caller cannot read them.
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

/// Why a frame is not in the journal. Nothing of it may be counted or acknowledged.
#[derive(Debug)]
pub enum AppendError {
    /// Nothing of it is left, and the journal is whole: answer 503, and try again with the next batch. A full disk is
    /// this error.
    Retry(io::Error),
    /// What is on the disk is unknown. No append will succeed again; only a new start finds out.
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
