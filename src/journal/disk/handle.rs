//! The descriptor of a directory: whatever its name leads to later, files are opened, renamed and removed in this one.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, Stat, StatxFlags};
use rustix::io::Errno;

use super::access::Access;
use super::file::Identity;

/// Descriptors that are kept for a process that has none left: for a segment, a checkpoint and a list of files.
const SPARES: usize = 3;
const FILE_MODE: Mode = Mode::from_raw_mode(0o600);

pub(super) struct Handle {
    dir: File,
    pub(super) identity: Identity,
    spares: Mutex<Vec<File>>,
}

impl Handle {
    pub(super) fn open(path: &Path) -> io::Result<Handle> {
        let directory = OFlags::DIRECTORY.bits().cast_signed();
        let dir = OpenOptions::new().read(true).custom_flags(directory).open(path)?;
        let found = dir.metadata()?;
        let handle = Handle { dir, identity: (found.dev(), found.ino()), spares: Mutex::default() };
        handle.refill();
        Ok(handle)
    }

    /// A file of the directory. A symlink is an error: what it leads to is not in the directory.
    pub(super) fn file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match self.descriptor(|| rustix::fs::openat(&self.dir, name, flags, FILE_MODE)) {
            Err(Errno::LOOP) => Err(io::Error::other(format!("{name} is a symlink, and day90 follows none here"))),
            opened => Ok(File::from(opened?)),
        }
    }

    /// The directory once more, to be listed or locked.
    pub(super) fn again(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(File::from(self.descriptor(|| rustix::fs::openat(&self.dir, ".", flags, Mode::empty()))?))
    }

    /// Locks the directory itself, as long as the file is there; `None` where a file system locks no directories (NFS).
    pub(super) fn lock(&self) -> io::Result<Option<File>> {
        let dir = self.again()?;
        match rustix::fs::flock(&dir, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(dir)),
            Err(Errno::BADF | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS | Errno::NOLCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What has this name, which may be a symlink.
    pub(super) fn find(&self, name: &str) -> io::Result<Stat> {
        Ok(rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    pub(super) fn access(&self) -> io::Result<Access> {
        let found = self.dir.metadata()?;
        Ok(Access {
            owner: found.uid(),
            mode: found.mode(),
            user: rustix::process::geteuid().as_raw(),
            is_mount: self.is_mount(&found)?,
        })
    }

    /// Whether something is mounted here. Linux 5.8 says it; for others another device than the parent's shows it, except of a
    /// bind mount.
    fn is_mount(&self, found: &std::fs::Metadata) -> io::Result<bool> {
        const MOUNT_ROOT: u64 = 0x2000;
        let says = rustix::fs::statx(&self.dir, "", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS);
        if says.is_ok_and(|says| says.stx_attributes & says.stx_attributes_mask & MOUNT_ROOT != 0) {
            return Ok(true);
        }
        let parent = rustix::fs::statat(&self.dir, "..", AtFlags::empty())?;
        Ok(parent.st_dev != found.dev() || parent.st_ino == found.ino())
    }

    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.dir, from, &self.dir, to)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.dir, name, AtFlags::empty())?)
    }

    /// Needs no descriptor.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.dir.sync_all()
    }

    /// What this process could still write, in bytes.
    pub(super) fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::io::retry_on_intr(|| rustix::fs::fstatvfs(&self.dir))?;
        // Not f_bfree: a part of that is reserved for root.
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Opens something; with a spare descriptor where the process or the machine has none left.
    fn descriptor<T>(&self, open: impl Fn() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
        loop {
            match rustix::io::retry_on_intr(&open) {
                Err(Errno::MFILE | Errno::NFILE) if self.give_spare() => {}
                opened => {
                    if opened.is_ok() {
                        self.refill();
                    }
                    return opened;
                }
            }
        }
    }

    /// Closes a spare descriptor, and says whether there was one.
    fn give_spare(&self) -> bool {
        self.spares().pop().is_some()
    }

    /// Takes what was given, as far as there are descriptors.
    fn refill(&self) {
        let mut spares = self.spares();
        while spares.len() < SPARES {
            let Ok(spare) = self.dir.try_clone() else { return };
            spares.push(spare);
        }
    }

    fn spares(&self) -> std::sync::MutexGuard<'_, Vec<File>> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
