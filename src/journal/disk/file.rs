//! A file of a directory, open to be written.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::DiskFile;

pub(super) struct RealFile {
    file: File,
    place: Place,
}

/// A path and what it must lead to.
struct Place {
    path: PathBuf,
    file: Identity,
    directory: Identity,
}

/// What the file system knows a file by: its device and its number there.
pub(super) type Identity = (u64, u64);

impl RealFile {
    /// `directory` is what the directory of `path` was when it was opened.
    pub(super) fn new(file: File, path: PathBuf, directory: Identity) -> io::Result<RealFile> {
        let found = file.metadata()?;
        Ok(RealFile { file, place: Place { path, file: (found.dev(), found.ino()), directory } })
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    path.metadata().map(|found| (found.dev(), found.ino()))
}

impl Place {
    /// One look at the path is enough while all is well.
    fn check(&self) -> io::Result<()> {
        match identity(&self.path) {
            Ok(found) if found == self.file => return Ok(()),
            Err(error) if !is_absent(&error) => return Err(error),
            _ => {}
        }
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        let is_there = identity(dir).is_ok_and(|found| found == self.directory);
        Err(io::Error::other(match is_there {
            true => format!(
                "{} was moved, removed or replaced while day90 wrote to it: what was acknowledged before is in the file \
                 that was there; put it back",
                self.path.display()
            ),
            false => format!(
                "the directory {} was moved, removed or replaced while day90 wrote to it: what was acknowledged before \
                 is in the directory that was there; put it back or restart",
                dir.display()
            ),
        }))
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

impl DiskFile for RealFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }
    fn reserve(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        let reserve = || fallocate(&self.file, FallocateFlags::KEEP_SIZE, offset, bytes);
        match rustix::io::retry_on_intr(reserve) {
            // A file over the size limit is reported by the write.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::FBIG) => Ok(()),
            reserved => Ok(reserved?),
        }
    }
    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        still_written(&self.file)
    }
    fn check_place(&self) -> io::Result<()> {
        self.place.check()
    }
}

/// Whether the file system can still be changed after a sync that succeeded. ext4 assigns blocks after they are written.
/// If an error elsewhere has stopped its journal by then, that fails, the blocks read as zeros after the next mount, and
/// the sync does not report it. From then on whatever needs ext4's journal fails, so reserving space that the file already
/// has shows it, and takes microseconds. Where a file system cannot do that, the sync has to be trusted.
fn still_written(file: &File) -> io::Result<()> {
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, 1) {
        Err(error @ (Errno::IO | Errno::ROFS)) => Err(error.into()),
        _ => Ok(()),
    }
}
