//! Disks that say that they have synced, and have not.

use std::io;
use std::sync::Arc;

use day90::journal::fake::FakeDisk;
use day90::journal::{Disk, DiskFile, Lock, Source};

struct Liar {
    disk: FakeDisk,
    of_names: bool,
}

pub fn of_bytes(disk: FakeDisk) -> Arc<dyn Disk> {
    Arc::new(Liar { disk, of_names: false })
}

pub fn of_names(disk: FakeDisk) -> Arc<dyn Disk> {
    Arc::new(Liar { disk, of_names: true })
}

impl Liar {
    fn file(&self, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        if self.of_names { file } else { Box::new(LyingFile(file)) }
    }
}

impl Disk for Liar {
    fn prepare(&self) -> io::Result<()> {
        self.disk.prepare()
    }
    fn lock(&self) -> io::Result<Lock> {
        self.disk.lock()
    }
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        self.disk.list()
    }
    fn read(&self, name: &str, into: &mut Vec<u8>) -> io::Result<()> {
        self.disk.read(name, into)
    }
    fn source(&self, name: &str) -> io::Result<Box<dyn Source>> {
        self.disk.source(name)
    }
    fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.file(self.disk.create(name)?))
    }
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.file(self.disk.open(name)?))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }
    fn sync_dir(&self) -> io::Result<()> {
        if self.of_names { Ok(()) } else { self.disk.sync_dir() }
    }
    fn random(&self) -> io::Result<u64> {
        self.disk.random()
    }
    fn path(&self, name: &str) -> String {
        self.disk.path(name)
    }
}

struct LyingFile(Box<dyn DiskFile>);

impl DiskFile for LyingFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, bytes)
    }
    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }
    fn reserve(&mut self, from: u64, bytes: u64) -> io::Result<()> {
        self.0.reserve(from, bytes)
    }
    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn check_place(&self) -> io::Result<()> {
        self.0.check_place()
    }
}
