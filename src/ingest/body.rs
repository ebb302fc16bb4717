//! The bytes of a request: pooled buffers, and reading within limits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::body::Incoming;
use hyper::header::CONTENT_LENGTH;

use super::BodyLimits;
use super::gate::Hold;
use super::reply::{Answer, Problem};
use crate::pipeline::{Batch, Entry};

/// Bytes of all requests that are held at once, where nothing else is said. Over it: 503, and the sender waits.
pub const HELD_BYTES_MAX: usize = 96 << 20;
/// Buffers that wait for the next request.
const POOL_BUFFERS_MAX: usize = 16;
/// Lists of events that wait for the next body.
const POOL_LISTS_MAX: usize = 4;
/// The least and the most bytes of a list that is kept.
const POOL_LIST_BYTES: (usize, usize) = (16 << 10, 1 << 20);
/// Bytes that the waiting buffers may have between them.
const POOL_BYTES_MAX: usize = 12 << 20;
/// A larger buffer than this is given back to the allocator: one huge body must not stay resident.
const POOL_BUFFER_BYTES_MAX: usize = 4 << 20;
/// What the buffer of a body begins with at most: an announcement is no delivery.
const FIRST_BYTES_MAX: usize = 1 << 20;
/// What a chunked body, whose length nobody told, begins with.
const FIRST_BYTES_CHUNKED: usize = 64 << 10;
/// Bytes that a request takes of the gate at once.
const HOLD_STEP_BYTES: usize = 64 << 10;

/// Buffers that are used again: fresh ones of a mebibyte cost more in page faults than parsing what they hold.
#[derive(Clone, Debug)]
pub struct Pool {
    waiting: Arc<Mutex<Waiting>>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    buffers: Vec<Vec<u8>>,
    /// Of the events in a body.
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
        Pool::of(POOL_BYTES_MAX)
    }
}

impl Pool {
    /// A pool whose buffers may have this many bytes between them, and each a third of them.
    pub fn of(bytes: usize) -> Pool {
        Pool { waiting: Arc::default(), bytes_max: bytes.min(POOL_BYTES_MAX) }
    }

    /// An empty buffer with room for `bytes`; the smallest of the pool that fits.
    pub fn take(&self, bytes: usize) -> Vec<u8> {
        let buffers = &mut self.waiting().buffers;
        let fitting = buffers.iter().enumerate().filter(|(_, buffer)| buffer.capacity() >= bytes);
        let smallest = fitting.min_by_key(|(_, buffer)| buffer.capacity()).map(|(at, _)| at);
        smallest.map_or_else(|| Vec::with_capacity(bytes), |at| buffers.swap_remove(at))
    }

    /// An empty list with room for so many events.
    pub fn take_list(&self, events: usize) -> Vec<Entry> {
        let lists = &mut self.waiting().lists;
        let fitting = lists.iter().position(|list| list.capacity() >= events);
        fitting.map_or_else(|| Vec::with_capacity(events), |at| lists.swap_remove(at))
    }

    /// Keeps a buffer for later, within the bounds.
    pub fn put(&self, mut buffer: Vec<u8>) {
        let size = buffer.capacity();
        if size == 0 || size > POOL_BUFFER_BYTES_MAX.min(self.bytes_max / 3) {
            return;
        }
        buffer.clear();
        let mut waiting = self.waiting();
        if waiting.buffers.len() < POOL_BUFFERS_MAX && waiting.bytes() + size <= self.bytes_max {
            waiting.buffers.push(buffer);
        }
    }

    /// As [`Pool::put`], for both parts of a batch.
    pub fn put_batch(&self, Batch { bytes, mut entries }: Batch) {
        self.put(bytes);
        let size = bytes_of(&entries);
        // Small ones are the allocator's business.
        if size < POOL_LIST_BYTES.0 || size > POOL_LIST_BYTES.1.min(self.bytes_max / 8) {
            return;
        }
        entries.clear();
        let mut waiting = self.waiting();
        if waiting.lists.len() < POOL_LISTS_MAX && waiting.bytes() + size <= self.bytes_max {
            waiting.lists.push(entries);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The length that the request announces, if it does; refused before a byte of the body is asked for.
pub(super) fn announced(headers: &HeaderMap, limits: &BodyLimits) -> Result<Option<usize>, Problem> {
    let Some(length) = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    match length.trim().parse::<u64>() {
        Ok(length) if length <= limits.body_bytes as u64 => Ok(Some(length as usize)),
        _ => Err(too_long(limits, &format!("{length} bytes"))),
    }
}

fn too_long(limits: &BodyLimits, found: &str) -> Problem {
    let max = limits.body_bytes;
    Problem::new(
        Answer::TooLarge,
        format!(
            "the body is {found}, over the limit of {max} bytes (limits.body_bytes); nothing was taken: send fewer events at once"
        ),
    )
}

/// Reads the body to its end into a pooled buffer. `Ok(None)`: the sender went away.
pub(super) async fn read(
    mut body: Incoming,
    announced: Option<usize>,
    limits: &BodyLimits,
    pool: &Pool,
    hold: &mut Hold,
) -> Result<Option<Vec<u8>>, Problem> {
    let mut bytes = pool.take(announced.unwrap_or(FIRST_BYTES_CHUNKED).min(FIRST_BYTES_MAX));
    let mut held = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            pool.put(bytes);
            return Ok(None);
        };
        let Some(data) = frame.data_ref() else { continue };
        let length = bytes.len() + data.len();
        if length > limits.body_bytes {
            pool.put(bytes);
            return Err(too_long(limits, "longer"));
        }
        while length > held {
            hold.grow(HOLD_STEP_BYTES)?;
            held += HOLD_STEP_BYTES;
        }
        if length > bytes.capacity() {
            let whole = announced.unwrap_or(2 * length).min(limits.body_bytes).max(length);
            bytes.reserve_exact(whole - bytes.len());
        }
        bytes.extend_from_slice(data);
    }
    Ok(Some(bytes))
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
        pool.put(Vec::with_capacity(POOL_BUFFER_BYTES_MAX + 1));
        assert_eq!(pool.waiting().bytes(), POOL_BYTES_MAX);
        pool.put_batch(Batch { bytes: Vec::new(), entries: Vec::with_capacity(4_096) });
        assert_eq!(pool.waiting().bytes(), POOL_BYTES_MAX, "lists are among them");
    }
}
