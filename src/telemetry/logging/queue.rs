//! [`Queue`]: joins those who log, who never wait, with the one thread that writes, which may.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::backlog::{Added, Backlog, Waiting};
use super::dropped::LinesDropped;

/// How long the end of the process waits for what is still queued.
pub const FLUSH_MAX: Duration = Duration::from_secs(1);
/// How long a look at a lock that somebody else has is put off.
const LOCK_PAUSE: Duration = Duration::from_millis(1);

#[derive(Default)]
pub(super) struct Queue {
    /// Locked for as long as it takes to copy a line, never while one is written.
    held: Mutex<Held>,
    /// There is a line to write, or a window to watch.
    filled: Condvar,
    /// Everything is written.
    emptied: Condvar,
    dropped: LinesDropped,
}

#[derive(Default)]
struct Held {
    backlog: Backlog,
    /// The writer has a line that it isn't through with.
    is_writing: bool,
}

impl Queue {
    /// Adds a line, or drops and counts it.
    pub(super) fn add(&self, line: &[u8], may_join: bool) {
        self.add_to(&mut self.lock(), line, may_join);
    }

    /// As [`Queue::add`], for one who may have the lock already: then the line is dropped.
    pub(super) fn add_within(&self, line: &[u8], within: Duration) {
        match self.lock_within(within) {
            Some(mut held) => self.add_to(&mut held, line, false),
            None => self.count_dropped(1),
        }
    }

    fn add_to(&self, held: &mut Held, line: &[u8], may_join: bool) {
        match held.backlog.add(Instant::now(), line, may_join) {
            Added::Waits => self.filled.notify_one(),
            Added::Held => {}
            Added::Dropped => self.count_dropped(1),
        }
    }

    /// The next line to write: waits for it. Whoever asks is through with the one before.
    pub(super) fn next(&self) -> Waiting {
        let mut held = self.lock();
        held.is_writing = false;
        loop {
            let now = Instant::now();
            self.count_dropped(held.backlog.end_windows(now, false));
            if let Some(next) = held.backlog.take() {
                held.is_writing = true;
                return next;
            }
            self.emptied.notify_all();
            held = match held.backlog.next_end() {
                None => self.filled.wait(held).unwrap_or_else(PoisonError::into_inner),
                Some(end) => {
                    let waited = self.filled.wait_timeout(held, end.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Waits until everything is written, repeats too, at most this long: true when it is.
    pub(super) fn flush(&self, within: Duration) -> bool {
        let end = Instant::now() + within;
        let Some(mut held) = self.lock_within(within) else { return false };
        self.count_dropped(held.backlog.end_windows(Instant::now(), true));
        self.filled.notify_one();
        while held.is_writing || !held.backlog.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            held = self.emptied.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(super) fn count_dropped(&self, lines: u64) {
        self.dropped.count(lines);
    }

    pub(super) fn dropped(&self) -> &LinesDropped {
        &self.dropped
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_within(&self, within: Duration) -> Option<MutexGuard<'_, Held>> {
        let begun = Instant::now();
        loop {
            match self.held.try_lock() {
                Ok(held) => return Some(held),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if begun.elapsed() >= within => return None,
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_waits_for_the_line_that_is_being_written_and_not_for_ever() {
        let queue = Queue::default();
        queue.add(b"one", false);
        assert!(!queue.flush(Duration::from_millis(5)), "nobody has taken it");
        assert_eq!(queue.next().line, b"one");
        assert!(!queue.flush(Duration::from_millis(5)), "it isn't written");
        std::thread::scope(|scope| {
            scope.spawn(|| queue.next());
            assert!(queue.flush(Duration::from_secs(10)));
            queue.add(b"ends the thread", false);
        });
    }

    /// A panic may come while its thread has the lock.
    #[test]
    fn one_who_has_the_lock_already_is_not_kept_waiting() {
        let queue = Queue::default();
        let held = queue.lock();
        queue.add_within(b"a panic", Duration::from_millis(5));
        assert!(!queue.flush(Duration::from_millis(5)));
        drop(held);
        assert_eq!(queue.dropped().get(), 1);
    }
}
