//! The few things that the journal asks of a disk: [`Disk`] is one flat directory, [`RealDisk`] is one on this machine.
//! For tests there is one in memory that can fail, fill up and lose power: the feature `fake`.
//!
//! `real` is that directory, `handle` the descriptor by which it is used, `access` who else gets at it, `file` a file in it.

mod access;
mod file;
mod handle;
mod real;

use std::io::{self, Read, Seek};

pub use real::RealDisk;

/// One directory of files, without subdirectories.
///
/// What a call did survives a power cut for certain only after the matching sync: [`DiskFile::sync_data`] for the
/// bytes and the length of a file, [`Disk::sync_dir`] for names that were created, renamed or removed.
pub trait Disk: Send + Sync {
    /// Makes the directory if it isn't there.
    fn prepare(&self) -> io::Result<()>;
    /// Fails when the directory must not be used because of who else may change it. `Some` is a warning.
    fn check_access(&self) -> io::Result<Option<String>> {
        Ok(None)
    }
    /// Takes the directory for this process alone, until the lock is dropped. `WouldBlock` when another has it.
    fn lock(&self) -> io::Result<Lock>;
    /// Every file with its length in bytes, in any order. A directory that isn't there has none.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;
    /// Replaces `into` by the whole content of a file.
    fn read(&self, name: &str, into: &mut Vec<u8>) -> io::Result<()>;
    /// A file to read piece by piece, where reading it whole would take too much memory.
    fn source(&self, name: &str) -> io::Result<Box<dyn Source>>;
    /// A new empty file to write to; an old one of this name is emptied.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// A file that exists, to write to.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Renames a file, and replaces one that has the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    fn sync_dir(&self) -> io::Result<()>;
    /// What this process could still write to the disk, in bytes.
    fn free_bytes(&self) -> io::Result<u64>;
    /// 64 bits that nobody can guess.
    fn random(&self) -> io::Result<u64>;
    /// The whole path of a file, for messages; of the directory when the name is empty.
    fn path(&self, name: &str) -> String;
}

/// A file to write to.
pub trait DiskFile: Send {
    /// Writes all, or fails; when it fails, any part may have been written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Reserves space for `bytes` at `offset`, so that writing there cannot find the disk full. The length of the file
    /// doesn't change. When it fails, any part of the space may have been taken. On a file system that cannot reserve, it
    /// succeeds and does nothing.
    fn reserve(&mut self, offset: u64, bytes: u64) -> io::Result<()>;
    /// Cuts the file, or makes it longer with zeros. Space that is reserved after its end is given back.
    fn set_len(&mut self, bytes: u64) -> io::Result<()>;
    fn sync_data(&mut self) -> io::Result<()>;
    /// Fails when the name that the file was opened by no longer leads to it: it was removed or replaced, or the
    /// directory was.
    fn check_place(&self) -> io::Result<()>;
}

/// A file to read from.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// Holds a directory for one process, until it is dropped.
pub struct Lock {
    _held: Box<dyn Send + Sync>,
}

impl Lock {
    pub fn new(held: impl Send + Sync + 'static) -> Lock {
        Lock { _held: Box::new(held) }
    }
}
