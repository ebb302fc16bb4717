//! A disk in memory for tests and simulations; the feature `fake` turns it on. It keeps "written" and "durable" apart, and it
//! can fail, fill up, be killed and lose power.
//!
//! A power cut is as unkind as a real disk can be: of what was not synced, any part may be there afterwards, in any
//! order, torn at sectors. A file's sync that fails loses what it should have made durable, though reads still show it
//! and a later sync succeeds, as on Linux.

mod calls;
mod inner;
mod power;

use std::sync::{Arc, Mutex, MutexGuard};

pub use inner::Fault;
use inner::Inner;
use power::{Content, Dice, Fate};

/// A disk in memory. A clone is the same disk.
#[derive(Clone, Default)]
pub struct FakeDisk(Arc<Mutex<Inner>>);

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

    /// How many bytes all files and reservations may take; a write or a reservation beyond does what fits and fails with
    /// `StorageFull`.
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

    /// Moves the directory away from its name, or back. Whoever has it open goes on in it.
    pub fn move_away(&self, away: bool) {
        self.inner().away = away;
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
        inner.away = false;
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

    /// Flips one bit of a file, as a bad cell would.
    pub fn flip(&self, name: &str, bit: usize) {
        let mut bytes = self.get(name).expect("the file to damage exists");
        bytes[bit / 8] ^= 1 << (bit % 8);
        self.put(name, bytes);
    }

    /// Removes a file durably, without counting as an operation.
    pub fn delete(&self, name: &str) {
        let mut inner = self.inner();
        inner.names.remove(name);
        inner.durable_names.remove(name);
    }

    pub(in crate::journal::fake) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
