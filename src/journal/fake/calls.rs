//! The calls of [`Disk`] and [`DiskFile`], on a disk in memory.

use std::io;
use std::sync::Arc;

use super::FakeDisk;
use super::inner::Leave;
use super::power::{Change, Content, Dice, NameChange};
use crate::journal::disk::{Disk, DiskFile, Lock, Source};

impl Disk for FakeDisk {
    fn prepare(&self) -> io::Result<()> {
        self.inner().alive()
    }

    fn lock(&self) -> io::Result<Lock> {
        let inner = self.inner();
        inner.alive()?;
        match Arc::strong_count(&inner.lock) {
            1 => Ok(Lock::new(Arc::clone(&inner.lock))),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let inner = self.inner();
        inner.alive()?;
        Ok(inner.names.iter().map(|(name, &file)| (name.clone(), inner.files[file].written.len() as u64)).collect())
    }

    fn read(&self, name: &str, into: &mut Vec<u8>) -> io::Result<()> {
        let inner = self.inner();
        inner.alive()?;
        into.clear();
        into.extend_from_slice(&inner.files[inner.file(name)?].written);
        Ok(())
    }

    fn source(&self, name: &str) -> io::Result<Box<dyn Source>> {
        let mut content = Vec::new();
        self.read(name, &mut content)?;
        Ok(Box::new(io::Cursor::new(content)))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.inner();
        if let Ok(file) = inner.file(name) {
            let leave = inner.operation()?;
            inner.files[file].change(Change::Length(0));
            leave.done()?;
            return Ok(Box::new(FakeFile { disk: self.clone(), file }));
        }
        let file = inner.files.len();
        inner.files.push(Content::default());
        inner.change_names(NameChange::Create(name.to_owned(), file))?;
        Ok(Box::new(FakeFile { disk: self.clone(), file }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.inner();
        let file = inner.file(name)?;
        inner.operation()?.done()?;
        Ok(Box::new(FakeFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let file = inner.file(from)?;
        inner.change_names(NameChange::Rename(from.to_owned(), to.to_owned(), file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        inner.file(name)?;
        inner.change_names(NameChange::Remove(name.to_owned()))
    }

    fn sync_dir(&self) -> io::Result<()> {
        let mut inner = self.inner();
        let leave = inner.operation();
        if inner.dead {
            return leave.and_then(Leave::done);
        }
        if inner.fail_syncs || !matches!(leave, Ok(Leave::Whole)) {
            // Names are written by the file system's own journal, which keeps what it could not write.
            return Err(io::Error::other("the directory could not be synced"));
        }
        let changes = std::mem::take(&mut inner.unsynced_names);
        changes.iter().for_each(|change| change.apply(&mut inner.durable_names));
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let inner = self.inner();
        inner.alive()?;
        Ok(inner.bytes_max.map_or(1 << 50, |max| max.saturating_sub(inner.used_bytes())))
    }

    fn random(&self) -> io::Result<u64> {
        let mut inner = self.inner();
        inner.salts += 1;
        Ok(Dice(inner.salts).roll())
    }

    fn path(&self, name: &str) -> String {
        format!("fake/{name}")
    }
}

struct FakeFile {
    disk: FakeDisk,
    file: usize,
}

impl DiskFile for FakeFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.disk.inner();
        let leave = inner.operation()?;
        let offset = offset as usize;
        let over = inner.over((offset + bytes.len()).saturating_sub(inner.files[self.file].taken()));
        let fits = match leave {
            Leave::Half(_) => bytes.len().saturating_sub(over).min(bytes.len() / 2),
            _ => bytes.len().saturating_sub(over),
        };
        inner.files[self.file].change(Change::Write { offset, bytes: bytes[..fits].to_vec() });
        leave.done()?;
        if over > 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn reserve(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        let mut inner = self.disk.inner();
        if inner.cannot_reserve {
            return inner.alive();
        }
        let leave = inner.operation()?;
        let end = (offset + bytes) as usize;
        let grows = end.saturating_sub(inner.files[self.file].taken());
        let over = if inner.no_space { grows } else { inner.over(grows) };
        let lacks = if matches!(leave, Leave::Half(_)) { over.max(grows / 2) } else { over };
        inner.files[self.file].reserve(end - lacks);
        leave.done()?;
        if over > 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        let mut inner = self.disk.inner();
        let leave = inner.operation()?;
        if !matches!(leave, Leave::Half(_)) {
            inner.files[self.file].change(Change::Length(bytes as usize));
        }
        leave.done()
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut inner = self.disk.inner();
        let leave = inner.operation();
        if inner.dead {
            return leave.and_then(Leave::done);
        }
        if inner.fail_syncs || !matches!(leave, Ok(Leave::Whole)) {
            // From here on the pages count as clean: no later sync writes them.
            inner.files[self.file].unsynced.clear();
            return Err(io::Error::other("the file could not be synced"));
        }
        inner.files[self.file].sync();
        Ok(())
    }

    fn check_place(&self) -> io::Result<()> {
        if self.disk.inner().away { Err(io::Error::other("the directory was moved")) } else { Ok(()) }
    }
}
