//! The connections that are open, and their bound.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::watch::Watch;
use crate::telemetry::{Closed, Telemetry};

/// The connections that are open, and their bound.
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
    /// Connections that were evicted and are not closed yet.
    leaving: usize,
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

    /// A place for one more connection; `None` when there is none. At the bound an idle connection is evicted: one that
    /// never sent anything, otherwise the one that has been idle longest.
    pub(super) fn enter(&self) -> Option<Place> {
        let mut watches = self.watches.borrow_mut();
        if watches.by_number.len() - watches.leaving >= self.max {
            let idle = watches.by_number.values().filter_map(|watch| Some((watch.idle_since()?, watch)));
            let (_, oldest) = idle.min_by_key(|(since, _)| *since)?;
            oldest.evict();
            watches.leaving += 1;
        }
        let number = watches.next;
        watches.next += 1;
        let watch = Watch::new();
        watches.by_number.insert(number, watch.clone());
        self.telemetry.connection_opened();
        Some(Place { open: self.clone(), number, watch, closed: Closed::Stopped })
    }

    pub(super) fn everybody_leaves(&self) {
        self.watches.borrow().by_number.values().for_each(|watch| watch.leave());
    }
}

impl Place {
    pub(super) fn leave(mut self, closed: Closed) {
        self.closed = if self.watch.was_evicted() { Closed::Evicted } else { closed };
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut watches = self.open.watches.borrow_mut();
        watches.by_number.remove(&self.number);
        watches.leaving -= usize::from(self.watch.was_evicted());
        self.open.telemetry.connection_closed(self.closed);
    }
}
