//! [`Readers`]: bounds the bytes of answers that wait to be read.
//!
//! An answer may be large, and its reader may stop. So each reader holds its own copy of its answer and nobody else's place:
//! when an answer needs room, the one goes whose reader has taken nothing for longest. A part of the room is for small answers,
//! such as packed scrapes, and few large ones wait for theirs, so that a crowd that asks for the largest keeps nobody out.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::http::Peer;

/// A reader that has taken nothing for so long may be cut off, when another needs the room.
const STALLED: Duration = Duration::from_millis(500);
/// How often it is looked whether there is room.
const LOOK: Duration = Duration::from_millis(10);

/// One part in this many of the room is for small answers, and an answer of no more than that is small.
const FOR_SMALL: usize = 4;
/// Large answers that wait for room at once. Further ones are refused.
const WAITING_MAX: usize = 8;

/// The answers that wait to be read.
#[derive(Debug)]
pub(super) struct Readers {
    max_bytes: usize,
    held: RefCell<Vec<(Arc<Held>, Peer)>>,
    waiting: Cell<usize>,
}

/// What one answer takes. It goes with the answer, wherever that is dropped.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicUsize);

impl Held {
    /// What the answer really takes.
    pub(super) fn is(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

impl Readers {
    pub(super) fn within(max_bytes: usize) -> Rc<Readers> {
        Rc::new(Readers { max_bytes, held: RefCell::default(), waiting: Cell::default() })
    }

    /// Room for an answer of about this many bytes; `None` when there is none in time. One alone always has room.
    pub(super) async fn room(&self, bytes: usize, reader: Peer, patience: Duration) -> Option<Arc<Held>> {
        let is_small = bytes <= self.max_bytes / FOR_SMALL;
        let max_bytes = if is_small { self.max_bytes } else { self.max_bytes - self.max_bytes / FOR_SMALL };
        let begun = Instant::now();
        let mut turn = None;
        loop {
            let taken = self.taken();
            if taken == 0 || taken + bytes <= max_bytes {
                let held = Arc::new(Held(AtomicUsize::new(bytes)));
                self.held.borrow_mut().push((held.clone(), reader));
                return Some(held);
            }
            if begun.elapsed() >= patience {
                return None;
            }
            if !is_small && turn.is_none() {
                turn = Some(Turn::of(&self.waiting)?);
            }
            self.cut_off_who_stalls();
            sleep(LOOK).await;
        }
    }

    /// Bytes that are held; answers that were read, or given up, are forgotten.
    fn taken(&self) -> usize {
        let mut held = self.held.borrow_mut();
        held.retain(|(held, _)| Arc::strong_count(held) > 1);
        held.iter().map(|(held, _)| held.0.load(Ordering::Relaxed)).sum()
    }

    fn cut_off_who_stalls(&self) {
        let now = Instant::now();
        let held = self.held.borrow();
        let stalled = held.iter().filter_map(|(_, reader)| Some((reader.stuck_for(now)?, reader)));
        if let Some((_, reader)) = stalled.filter(|(since, _)| *since >= STALLED).max_by_key(|(since, _)| *since) {
            reader.cut_off();
        }
    }
}

/// One of those that wait; gone when dropped.
struct Turn<'r>(&'r Cell<usize>);

impl<'r> Turn<'r> {
    fn of(waiting: &'r Cell<usize>) -> Option<Turn<'r>> {
        let others = waiting.get();
        (others < WAITING_MAX).then(|| {
            waiting.set(others + 1);
            Turn(waiting)
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
