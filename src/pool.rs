//! Buffers that are used again, and the [`Batch`] of events that travels in them from a source to the writer.
//!
//! Fresh memory for a mebibyte costs more in page faults than parsing what it holds. So whoever has filled a buffer hands
//! it on, and the last one to read it puts it back here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Buffers that wait for the next request.
const BUFFERS_MAX: usize = 16;
/// Bytes that all waiting buffers and lists may have together.
const BYTES_MAX: usize = 12 << 20;
/// A larger buffer than this is given back to the allocator: one huge body must not stay resident.
const BUFFER_BYTES_MAX: usize = 4 << 20;
/// Lists of events that wait for the next body.
const LISTS_MAX: usize = 4;
/// The smallest list that is kept, in bytes; the allocator is quick with smaller ones.
const LIST_BYTES_MIN: usize = 16 << 10;
/// The largest list that is kept, in bytes.
const LIST_BYTES_MAX: usize = 1 << 20;

/// The events of one request that parsed, already in the journal's encoding.
#[derive(Debug, Default)]
pub struct Batch {
    /// `event::binary` encodings, one after the other.
    pub bytes: Vec<u8>,
    pub entries: Vec<Entry>,
}

/// One event of a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where its encoding ends in [`Batch::bytes`]; it starts where the previous one ends.
    pub end: u32,
    /// Its position among the events of the request, from 0.
    pub index: u32,
    /// The keyed hash of (source, id), see [`crate::state::engine::dedupe`]; 0 when it has no id.
    pub id: u128,
}

/// Buffers that wait to be used again. Clones share them.
#[derive(Clone, Debug)]
pub struct Pool {
    waiting: Arc<Mutex<Waiting>>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    buffers: Vec<Vec<u8>>,
    /// Lists of the events in a body.
    lists: Vec<Vec<Entry>>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        let lists = self.lists.iter().map(bytes_of).sum::<usize>();
        self.buffers.iter().map(Vec::capacity).sum::<usize>() + lists
    }
}

fn bytes_of(list: &Vec<Entry>) -> usize {
    list.capacity() * size_of::<Entry>()
}

impl Default for Pool {
    fn default() -> Pool {
        Pool::of(BYTES_MAX)
    }
}

impl Pool {
    /// A pool that keeps at most this many bytes, and no buffer larger than a third of them.
    pub fn of(bytes: usize) -> Pool {
        Pool { waiting: Arc::default(), bytes_max: bytes.min(BYTES_MAX) }
    }

    /// An empty buffer with room for `bytes`: the smallest in the pool that fits, or a new one.
    pub fn take(&self, bytes: usize) -> Vec<u8> {
        let buffers = &mut self.waiting().buffers;
        let fitting = buffers.iter().enumerate().filter(|(_, buffer)| buffer.capacity() >= bytes);
        let smallest = fitting.min_by_key(|(_, buffer)| buffer.capacity()).map(|(at, _)| at);
        smallest.map_or_else(|| Vec::with_capacity(bytes), |at| buffers.swap_remove(at))
    }

    /// An empty list with room for this many events.
    pub fn take_list(&self, events: usize) -> Vec<Entry> {
        let lists = &mut self.waiting().lists;
        let fitting = lists.iter().position(|list| list.capacity() >= events);
        fitting.map_or_else(|| Vec::with_capacity(events), |at| lists.swap_remove(at))
    }

    /// Keeps a buffer for later, within the bounds.
    pub fn put(&self, mut buffer: Vec<u8>) {
        let size = buffer.capacity();
        if size == 0 || size > BUFFER_BYTES_MAX.min(self.bytes_max / 3) {
            return;
        }
        buffer.clear();
        let mut waiting = self.waiting();
        if waiting.buffers.len() < BUFFERS_MAX && waiting.bytes() + size <= self.bytes_max {
            waiting.buffers.push(buffer);
        }
    }

    /// As [`Pool::put`], for both parts of a batch.
    pub fn put_batch(&self, Batch { bytes, mut entries }: Batch) {
        self.put(bytes);
        let size = bytes_of(&entries);
        if size < LIST_BYTES_MIN || size > LIST_BYTES_MAX.min(self.bytes_max / 8) {
            return;
        }
        entries.clear();
        let mut waiting = self.waiting();
        if waiting.lists.len() < LISTS_MAX && waiting.bytes() + size <= self.bytes_max {
            waiting.lists.push(entries);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_keeps_its_room() {
        let pool = Pool::default();
        pool.put(vec![7; 5_000]);
        let again = pool.take(4_000);
        assert!(again.is_empty() && again.capacity() == 5_000);
    }

    #[test]
    fn a_list_of_events_comes_back_empty_and_keeps_its_room() {
        let pool = Pool::default();
        let entry = Entry { end: 1, index: 0, id: 0 };
        pool.put_batch(Batch { bytes: Vec::new(), entries: vec![entry; 4_096] });
        let again = pool.take_list(4_000);
        assert!(again.is_empty() && again.capacity() == 4_096);
    }

    #[test]
    fn the_pool_keeps_no_more_than_its_bounds() {
        let pool = Pool::default();
        for _ in 0..100 {
            pool.put(Vec::with_capacity(1 << 20));
        }
        pool.put(Vec::with_capacity(BUFFER_BYTES_MAX + 1));
        assert_eq!(pool.waiting().bytes(), BYTES_MAX);
        pool.put_batch(Batch { bytes: Vec::new(), entries: Vec::with_capacity(4_096) });
        assert_eq!(pool.waiting().bytes(), BYTES_MAX, "lists are among them");
    }
}
