//! A directory of this machine.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::{Dir, FileType, OFlags};

use super::file::RealFile;
use super::handle::Handle;
use super::{Disk, DiskFile, Lock, Source};
use crate::journal::names;

/// A directory of this machine: mode 0700, its files 0600. It is opened once, at its first use, and used by that handle.
/// Locks are on the directory itself and, for earlier releases, on the file `lock` in it.
pub struct RealDisk {
    dir: PathBuf,
    handle: OnceLock<Handle>,
}

const DIR_MODE: u32 = 0o700;

impl RealDisk {
    pub fn new(dir: impl Into<PathBuf>) -> RealDisk {
        RealDisk { dir: dir.into(), handle: OnceLock::new() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn handle(&self) -> io::Result<&Handle> {
        if self.handle.get().is_none() {
            // When two threads come here at once, the first one's handle is kept.
            let _ = self.handle.set(Handle::open(&self.dir)?);
        }
        Ok(self.handle.get().expect("just set"))
    }

    fn reader(&self, name: &str) -> io::Result<File> {
        self.handle()?.file(name, OFlags::RDONLY)
    }

    fn writer(&self, name: &str, flags: OFlags) -> io::Result<Box<dyn DiskFile>> {
        let handle = self.handle()?;
        let file = handle.file(name, flags)?;
        Ok(Box::new(RealFile::new(file, self.dir.join(name), handle.identity)?))
    }
}

impl Disk for RealDisk {
    fn prepare(&self) -> io::Result<()> {
        match self.handle() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened.map(drop),
        }
        fs::DirBuilder::new().recursive(true).mode(DIR_MODE).create(&self.dir)?;
        // The directory's own name must be durable too, or a power cut loses it with all that is in it.
        if let Some(parent) = self.dir.canonicalize()?.parent() {
            File::open(parent)?.sync_all()?;
        }
        self.handle().map(drop)
    }

    fn check_access(&self) -> io::Result<Option<String>> {
        let access = self.handle()?.access()?;
        access.judge(&self.path("")).map_err(|why| io::Error::new(io::ErrorKind::PermissionDenied, why))
    }

    fn lock(&self) -> io::Result<Lock> {
        let handle = self.handle()?;
        let dir = handle.lock()?;
        let file = handle.file(names::LOCK, OFlags::WRONLY | OFlags::CREATE)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock::new((dir, file))),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let handle = match self.handle() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            handle => handle?,
        };
        let mut files = Vec::new();
        for entry in Dir::new(handle.again()?)? {
            // The journal's own names are all ASCII, so a name that is not text is not one of them.
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let found = match handle.find(name) {
                // It was removed since: a daemon may be writing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?,
            };
            match FileType::from_raw_mode(found.st_mode) {
                FileType::RegularFile => files.push((name.to_owned(), found.st_size.cast_unsigned())),
                FileType::Symlink if names::is_own(name) => return Err(not_a_file(name, "a symlink")),
                _ if names::is_own(name) => return Err(not_a_file(name, "no regular file")),
                _ => {}
            }
        }
        Ok(files)
    }

    fn read(&self, name: &str, into: &mut Vec<u8>) -> io::Result<()> {
        into.clear();
        let mut file = self.reader(name)?;
        let bytes = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        into.try_reserve(bytes)?;
        file.read_to_end(into).map(drop)
    }

    fn source(&self, name: &str) -> io::Result<Box<dyn Source>> {
        Ok(Box::new(self.reader(name)?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.writer(name, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.writer(name, OFlags::WRONLY)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.handle()?.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.handle()?.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.handle()?.sync()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.handle()?.free_bytes()
    }

    fn random(&self) -> io::Result<u64> {
        getrandom::u64().map_err(io::Error::other)
    }

    fn path(&self, name: &str) -> String {
        match name {
            "" => self.dir.display().to_string(),
            name => self.dir.join(name).display().to_string(),
        }
    }
}

fn not_a_file(name: &str, what: &str) -> io::Error {
    io::Error::other(format!("{name} is {what}: day90 keeps its data in regular files of this directory alone"))
}
