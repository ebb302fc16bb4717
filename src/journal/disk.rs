//! The few things that the journal asks of a disk: [`Disk`] is one flat directory, [`RealDisk`] is one on this machine.
//! For tests there is one in memory that can fail, fill up and lose power: the feature `fake`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// One directory of files, without subdirectories.
///
/// What a call did survives a power cut for certain only after the matching sync: [`DiskFile::sync_data`] for the
/// bytes and the length of a file, [`Disk::sync_dir`] for names that were created, renamed or removed.
pub trait Disk: Send + Sync {
    /// Makes the directory if it isn't there.
    fn prepare(&self) -> io::Result<()>;
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

/// A directory of this machine: mode 0700, its files 0600, locked by an exclusive lock on the file `lock` in it.
pub struct RealDisk {
    dir: PathBuf,
}

const LOCK_FILE: &str = "lock";
const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

impl RealDisk {
    pub fn new(dir: impl Into<PathBuf>) -> RealDisk {
        RealDisk { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn file(&self, name: &str, options: &mut OpenOptions) -> io::Result<File> {
        options.write(true).mode(FILE_MODE).open(self.dir.join(name))
    }
}

impl Disk for RealDisk {
    fn prepare(&self) -> io::Result<()> {
        if self.dir.is_dir() {
            return Ok(());
        }
        fs::DirBuilder::new().recursive(true).mode(DIR_MODE).create(&self.dir)?;
        // The directory's own name must be durable too, or a power cut loses it with all that is in it.
        match self.dir.canonicalize()?.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }

    fn lock(&self) -> io::Result<Lock> {
        let file = self.file(LOCK_FILE, OpenOptions::new().create(true).truncate(false))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock::new(file)),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let metadata = match entry.metadata() {
                // It was removed since: a daemon may be writing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                metadata => metadata?,
            };
            // The journal's own names are all ASCII, so a name that is not text is not one of them.
            if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
                files.push((name, metadata.len()));
            }
        }
        Ok(files)
    }

    fn read(&self, name: &str, into: &mut Vec<u8>) -> io::Result<()> {
        into.clear();
        let mut file = File::open(self.dir.join(name))?;
        let bytes = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        into.try_reserve(bytes)?;
        file.read_to_end(into).map(drop)
    }

    fn source(&self, name: &str) -> io::Result<Box<dyn Source>> {
        Ok(Box::new(File::open(self.dir.join(name))?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(RealFile(self.file(name, OpenOptions::new().create(true).truncate(true))?)))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(RealFile(self.file(name, &mut OpenOptions::new())?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.dir.join(from), self.dir.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.dir.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::io::retry_on_intr(|| rustix::fs::statvfs(&self.dir))?;
        // Not f_bfree: a part of that is reserved for root.
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
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

struct RealFile(File);

impl DiskFile for RealFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }
    fn reserve(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        let reserve = || fallocate(&self.0, FallocateFlags::KEEP_SIZE, offset, bytes);
        match rustix::io::retry_on_intr(reserve) {
            // A file over the size limit is reported by the write.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::FBIG) => Ok(()),
            reserved => Ok(reserved?),
        }
    }
    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()?;
        still_written(&self.0)
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
