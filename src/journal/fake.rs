//! A disk in memory for tests and simulations. It keeps "written" and "durable" apart, and it can fail, fill up, be
//! killed and lose power. It lives in the library, and not behind `cfg(test)`, so that the whole pipeline can be
//! simulated on it from anywhere.
//!
//! Power loss is modelled as unkindly as a real disk could be: of what was not synced, any part may be there
//! afterwards, in any order, torn at sectors. A file's sync that fails loses what it should have made durable, though
//! reads still show it and a later sync succeeds, as Linux does it.

mod power;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::disk::{Disk, DiskFile, Lock, Source};
use power::{Change, Content, Dice, Fate, NameChange};

/// What happens at one call that changes the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and does nothing; later ones work.
    Error(io::ErrorKind),
    /// A write does its first half and fails. Every other call is as with `Error`.
    Half(io::ErrorKind),
    /// The power goes during the call: it may be found done, or not, and every later call fails.
    Dead,
}

/// A disk in memory. A clone is the same disk.
#[derive(Clone, Default)]
pub struct FakeDisk(Arc<Mutex<Inner>>);

#[derive(Clone, Default)]
struct Inner {
    files: Vec<Content>,
    /// Names as a reader sees them now.
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    unsynced_names: Vec<NameChange>,
    operations: u64,
    fault: Option<(u64, Fault)>,
    fail_syncs: bool,
    dead: bool,
    bytes_max: Option<u64>,
    cannot_reserve: bool,
    no_space: bool,
    salts: u64,
    lock: Arc<()>,
}

/// What a call may do, once faults had their say.
enum Leave {
    Whole,
    Half(io::ErrorKind),
    ThenDead,
}

impl FakeDisk {
    pub fn new() -> FakeDisk {
        FakeDisk::default()
    }

    /// How many calls have changed the disk, or tried to.
    pub fn operations(&self) -> u64 {
        self.inner().operations
    }

    /// The call numbered `at` goes wrong, counted from 0 since the disk was made.
    pub fn fail_at(&self, at: u64, fault: Fault) {
        self.inner().fault = Some((at, fault));
    }

    /// From now on every sync fails, or none does.
    pub fn fail_syncs(&self, fail: bool) {
        self.inner().fail_syncs = fail;
    }

    /// How many bytes the files may have together, with what is reserved for them; a write or a reservation beyond does
    /// what fits and fails with `StorageFull`.
    pub fn limit(&self, bytes_max: Option<u64>) {
        self.inner().bytes_max = bytes_max;
    }

    /// Whether space can be reserved; where not, asking for it does nothing.
    pub fn can_reserve(&self, can: bool) {
        self.inner().cannot_reserve = !can;
    }

    /// From now on nothing can be reserved, whatever [`Disk::free_bytes`] says: a quota is used up.
    pub fn refuse_space(&self, refuse: bool) {
        self.inner().no_space = refuse;
    }

    /// What all files take, with what is reserved for them.
    pub fn used_bytes(&self) -> u64 {
        self.inner().used_bytes()
    }

    /// The disk that is found after a power cut now. The seed decides what becomes of all that was not synced.
    pub fn crash(&self, seed: u64) -> FakeDisk {
        let mut dice = Dice(seed);
        let inner = self.inner();
        let files = inner.files.iter().map(|file| file.after_crash(&mut dice)).collect();
        let mut names = inner.durable_names.clone();
        let fate = Fate::roll(&mut dice, inner.unsynced_names.len());
        for (at, change) in inner.unsynced_names.iter().enumerate() {
            if fate.keeps(at, &mut dice) {
                change.apply(&mut names);
            }
        }
        let durable_names = names.clone();
        FakeDisk(Arc::new(Mutex::new(Inner { files, names, durable_names, salts: inner.salts, ..Inner::default() })))
    }

    /// The disk that is found after kill -9 now: all that was written is there to read, synced or not.
    pub fn kill(&self) -> FakeDisk {
        let mut inner = self.inner().clone();
        (inner.operations, inner.fault, inner.dead, inner.lock) = (0, None, false, Arc::default());
        FakeDisk(Arc::new(Mutex::new(inner)))
    }

    pub fn names(&self) -> Vec<String> {
        self.inner().names.keys().cloned().collect()
    }

    /// The content of a file as a reader sees it; `None` when there is none of this name.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let inner = self.inner();
        inner.names.get(name).map(|&file| inner.files[file].written.clone())
    }

    /// Puts a file there, durable, without counting as an operation.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let mut inner = self.inner();
        let content = Content { written: bytes.clone(), durable: bytes, ..Content::default() };
        let file = inner.files.len();
        inner.files.push(content);
        inner.names.insert(name.to_owned(), file);
        inner.durable_names.insert(name.to_owned(), file);
    }

    /// Turns one bit of a file around, as a bad cell would.
    pub fn flip(&self, name: &str, bit: usize) {
        let mut bytes = self.get(name).expect("the file to damage exists");
        bytes[bit / 8] ^= 1 << (bit % 8);
        self.put(name, bytes);
    }

    /// Takes a file away for good, without counting as an operation.
    pub fn delete(&self, name: &str) {
        let mut inner = self.inner();
        inner.names.remove(name);
        inner.durable_names.remove(name);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Inner {
    /// Counts one call that changes the disk, and says how far it may go.
    fn operation(&mut self) -> io::Result<Leave> {
        self.alive()?;
        let at = self.operations;
        self.operations += 1;
        match self.fault {
            Some((when, fault)) if when == at => match fault {
                Fault::Error(kind) => Err(kind.into()),
                Fault::Half(kind) => Ok(Leave::Half(kind)),
                Fault::Dead => {
                    self.dead = true;
                    Ok(Leave::ThenDead)
                }
            },
            _ => Ok(Leave::Whole),
        }
    }

    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(power_is_off()) } else { Ok(()) }
    }

    fn used_bytes(&self) -> u64 {
        self.names.values().map(|&file| self.files[file].taken() as u64).sum()
    }

    /// How much of `more` bytes there is no room for.
    fn over(&self, more: usize) -> usize {
        let more = more as u64;
        self.bytes_max.map_or(0, |max| (self.used_bytes() + more).saturating_sub(max)).min(more) as usize
    }

    fn file(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change_names(&mut self, change: NameChange) -> io::Result<()> {
        let leave = self.operation()?;
        if let Leave::Half(kind) = leave {
            return Err(kind.into());
        }
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
        leave.done()
    }
}

impl Leave {
    fn done(self) -> io::Result<()> {
        match self {
            Leave::Whole => Ok(()),
            Leave::Half(kind) => Err(kind.into()),
            Leave::ThenDead => Err(power_is_off()),
        }
    }
}

fn power_is_off() -> io::Error {
    io::Error::other("the power is off")
}

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
            // Names go through the file system's own journal: one that cannot be written is not taken for clean.
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
            // The pages count as clean from here: no later sync writes them.
            inner.files[self.file].unsynced.clear();
            return Err(io::Error::other("the file could not be synced"));
        }
        inner.files[self.file].sync();
        Ok(())
    }
}
