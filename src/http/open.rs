//! The connections that are open, and their bounds.
//!
//! There are two kinds of places. Beyond `limits.connections` a few more may ask for `/metrics` and health, so that neither
//! a flood of senders nor a crowd of stalled clients makes the daemon look dead. Each kind is bounded apart, and at its
//! bound makes room among its own: an idle connection goes first, then the one whose peer dribbles most.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::time::Instant;

use super::bounds::PROBES;
use super::watch::{Kind, Watch};
use crate::telemetry::{Closed, Telemetry};

/// The connections that are open, and their bounds.
#[derive(Clone)]
pub(super) struct Open {
    watches: Rc<RefCell<Watches>>,
    max: usize,
    telemetry: Telemetry,
}

#[derive(Default)]
struct Watches {
    next: u64,
    by_number: BTreeMap<u64, Rc<Watch>>,
}

/// A connection's place; free again when dropped.
pub(super) struct Place {
    open: Open,
    number: u64,
    pub(super) watch: Rc<Watch>,
    /// Why it is given up. When nobody says, the daemon stops.
    closed: Closed,
}

impl Open {
    pub(super) fn new(max: usize, telemetry: Telemetry) -> Open {
        Open { watches: Rc::default(), max, telemetry }
    }

    /// A place for one more connection; `None` when there is none of either kind.
    pub(super) fn enter(&self) -> Option<Place> {
        let mut watches = self.watches.borrow_mut();
        let kind = [(Kind::Ordinary, self.max), (Kind::Probe, PROBES)].into_iter().find(|(kind, max)| {
            watches.of(*kind).filter(|watch| !watch.was_evicted()).count() < *max || watches.make_room(*kind)
        });
        let (kind, _) = kind?;
        let number = watches.next;
        watches.next += 1;
        let watch = Watch::new(kind);
        watches.by_number.insert(number, watch.clone());
        self.telemetry.connection_opened();
        Some(Place { open: self.clone(), number, watch, closed: Closed::Stopped })
    }

    pub(super) fn everybody_leaves(&self) {
        self.watches.borrow().by_number.values().for_each(|watch| watch.leave());
    }
}

impl Watches {
    fn of(&self, kind: Kind) -> impl Iterator<Item = &Rc<Watch>> {
        self.by_number.values().filter(move |watch| watch.kind() == kind)
    }

    /// Evicts a connection of this kind: one that never sent anything, otherwise the one that has been idle longest, otherwise
    /// the one that moves the fewest bytes a second. `false` when all are at work, or too young to judge.
    fn make_room(&self, kind: Kind) -> bool {
        let now = Instant::now();
        let idle = self.of(kind).filter_map(|watch| Some((watch.idle_since(now)?, watch)));
        if let Some((_, watch)) = idle.min_by_key(|(since, _)| *since) {
            watch.evict();
            return true;
        }
        let slow = self.of(kind).filter_map(|watch| Some((watch.dribbles(now)?, Reverse(watch.age(now)), watch)));
        let slowest = slow.min_by_key(|(pace, age, _)| (*pace, *age));
        slowest.map(|(.., watch)| watch.cut_off()).is_some()
    }
}

impl Place {
    pub(super) fn leave(mut self, closed: Closed) {
        self.closed = if self.watch.was_evicted() { Closed::Evicted } else { closed };
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.watches.borrow_mut().by_number.remove(&self.number);
        self.open.telemetry.connection_closed(self.closed);
    }
}
