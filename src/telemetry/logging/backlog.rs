//! [`Backlog`]: the lines that wait for the writer, within a bound. It is handed the time, and waits for nothing.

use std::collections::VecDeque;
use std::time::Instant;

use super::repeats::Repeats;

/// Bytes of lines that wait for the writer. Full means that the newest line is dropped: those that wait may say why.
pub(super) const WAITING_BYTES_MAX: usize = 1 << 20;

#[derive(Debug, Default)]
pub(super) struct Backlog {
    waiting: VecDeque<Waiting>,
    /// Of `waiting`.
    bytes: usize,
    /// Lines that were dropped since the newest of `waiting`.
    lost: u64,
    repeats: Repeats,
}

/// A line to write, and how many were dropped before it. Where none has come after those, the line is empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) lost_before: u64,
    pub(super) line: Vec<u8>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    Waits,
    /// It repeats another one.
    Held,
    Dropped,
}

impl Backlog {
    /// Takes a line, if there is room.
    pub(super) fn add(&mut self, now: Instant, line: &[u8], may_join: bool) -> Added {
        if may_join && self.repeats.hold(now, line) {
            return Added::Held;
        }
        if self.put(line.to_owned()) { Added::Waits } else { Added::Dropped }
    }

    fn put(&mut self, line: Vec<u8>) -> bool {
        let bytes = taken(&line);
        if self.bytes + bytes > WAITING_BYTES_MAX {
            self.lost += 1;
            return false;
        }
        self.bytes += bytes;
        self.waiting.push_back(Waiting { lost_before: std::mem::take(&mut self.lost), line });
        true
    }

    /// Lets the windows of repeated lines end that are over; all of them, if asked. Says how many lines found no room.
    pub(super) fn end_windows(&mut self, now: Instant, all: bool) -> u64 {
        let lines = if all { self.repeats.all(now) } else { self.repeats.ended(now) };
        lines.into_iter().map(|line| u64::from(!self.put(line))).sum()
    }

    /// The next line to write. When only the loss of lines is left to say, an empty one.
    pub(super) fn take(&mut self) -> Option<Waiting> {
        let next = self.waiting.pop_front();
        if let Some(next) = &next {
            self.bytes -= taken(&next.line);
        }
        next.or_else(|| {
            let lost_before = std::mem::take(&mut self.lost);
            (lost_before > 0).then(|| Waiting { lost_before, line: Vec::new() })
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.lost == 0
    }

    /// When there is something to do though no line comes.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.repeats.next_end()
    }
}

/// Short lines are not free.
fn taken(line: &[u8]) -> usize {
    line.len() + size_of::<Waiting>()
}

#[cfg(test)]
mod tests {
    use super::super::repeats::WINDOW;
    use super::*;

    fn line(n: usize) -> Vec<u8> {
        let mut line = n.to_string().into_bytes();
        line.resize(4_000, b'x');
        line
    }

    /// One that is full, how many lines it took, and how many it dropped.
    fn full(now: Instant) -> (Backlog, usize, u64) {
        let mut backlog = Backlog::default();
        let added: Vec<Added> = (0..500).map(|n| backlog.add(now, &line(n), true)).collect();
        let taken = added.iter().filter(|added| **added == Added::Waits).count();
        (backlog, taken, (500 - taken) as u64)
    }

    #[test]
    fn it_is_bounded_and_drops_the_newest() {
        let (mut backlog, taken, dropped) = full(Instant::now());
        assert_eq!(taken, WAITING_BYTES_MAX / (4_000 + size_of::<Waiting>()));
        assert!(backlog.bytes <= WAITING_BYTES_MAX);
        for n in 0..taken {
            assert_eq!(backlog.take(), Some(Waiting { lost_before: 0, line: line(n) }));
        }
        assert!(!backlog.is_empty(), "the loss is still to be said");
        assert_eq!(backlog.take(), Some(Waiting { lost_before: dropped, line: Vec::new() }));
        assert_eq!((backlog.take(), backlog.bytes, backlog.is_empty()), (None, 0, true));
    }

    #[test]
    fn the_loss_is_said_where_it_happened() {
        let now = Instant::now();
        let (mut backlog, taken, dropped) = full(now);
        backlog.take();
        assert_eq!(backlog.add(now, &line(777), true), Added::Waits);
        for n in 1..taken {
            assert_eq!(backlog.take(), Some(Waiting { lost_before: 0, line: line(n) }));
        }
        assert_eq!(backlog.take(), Some(Waiting { lost_before: dropped, line: line(777) }));
        assert_eq!(backlog.take(), None);
    }

    #[test]
    fn a_line_longer_than_the_bound_is_dropped() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.add(Instant::now(), &vec![b'x'; WAITING_BYTES_MAX], false), Added::Dropped);
        assert_eq!(backlog.take().map(|next| next.lost_before), Some(1));
    }

    #[test]
    fn a_repeated_line_waits_once_and_again_when_its_window_ends() {
        let (mut backlog, now) = (Backlog::default(), Instant::now());
        let added = [true, true, true, false].map(|may_join| backlog.add(now, b"again", may_join));
        assert_eq!(added, [Added::Waits, Added::Held, Added::Held, Added::Waits]);
        while backlog.take().is_some() {}
        assert_eq!(backlog.end_windows(now, false), 0);
        assert_eq!((backlog.take(), backlog.next_end()), (None, Some(now + WINDOW)));
        assert_eq!(backlog.end_windows(now + WINDOW, false), 0);
        let sum = backlog.take().expect("the repeats").line;
        assert_eq!(String::from_utf8_lossy(&sum), "again (repeated 2 times in 10s)\n");
    }

    #[test]
    fn repeats_that_find_no_room_are_lost_too() {
        let now = Instant::now();
        let (mut backlog, _, dropped) = full(now);
        assert_eq!(backlog.add(now, &line(0), true), Added::Held);
        assert_eq!(backlog.end_windows(now, true), 1);
        assert_eq!(backlog.lost, dropped + 1);
    }
}
