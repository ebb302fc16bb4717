//! [`Window`]: the ids seen last, in the order they came, a queue for each system.
//!
//! Half of the window is divided equally between the declared systems. While there is room, everybody takes what comes. When
//! the window is full, each new id drops an old one: the oldest of those queues that hold more than their share. So no sender
//! can flush what is in the share of another, and no room is kept empty for a system that sends nothing.
//!
//! Ids are kept in pages, which snapshots share. Which queue is the oldest is decided by the first pages of the queues, so
//! it has to be decided again only when a page is used up.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::event::Timestamp;
use crate::state::engine::core::SystemId;
use crate::state::engine::correction::Correction;
use crate::state::engine::cow::Derived;

/// Bits of a row's number for its place in a page.
const PLACE_BITS: u32 = 12;
/// Ids in a page, at most: large enough that a snapshot of a million ids is cheap, small enough to copy.
pub(super) const PAGE_IDS: usize = 1 << PLACE_BITS;
/// At least. With many systems pages are short, since the newest page of each has room that is not used yet.
const PAGE_IDS_MIN: usize = 64;
/// All newest pages together have room for at most this part of the window.
const NEWEST_PART: usize = 16;
/// No page.
const NONE: u32 = u32::MAX;

/// The queue of the ids that match any type.
pub(super) const FIRST: usize = 0;

/// The queue of a system.
pub(super) fn queue_of(system: Option<SystemId>) -> usize {
    system.map_or(FIRST, |system| system as usize + 1)
}

/// The ids seen last.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// By number; those that are free have no ids.
    pages: Vec<Page>,
    free: Derived<Vec<u32>>,
    queues: Vec<Queue>,
    /// Queues that hold more than their share, by the stamp of their first page.
    over: Derived<BTreeSet<(u64, usize)>>,
    /// Ids that ever came.
    arrived: u64,
    len: usize,
    max: usize,
    /// Ids in the share of a declared system.
    share: usize,
}

/// The ids of one system, oldest first.
#[derive(Clone, Debug)]
struct Queue {
    first: u32,
    last: u32,
    len: usize,
    has_share: bool,
    /// Some of its ids were dropped.
    has_lost: bool,
    /// Its entry in `Window::over`.
    rank: Option<u64>,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue { first: NONE, last: NONE, len: 0, has_share: false, has_lost: false, rank: None }
    }
}

/// Ids in the order they came.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// How many ids had come before its first.
    pub(super) stamp: u64,
    /// When its first id was received.
    pub(super) started: Timestamp,
    /// Ids that it had and that are no longer in `ids`. A restored page is full when the stored one would have been.
    pub(super) before: usize,
    /// Ids at the start of `ids` that have left the window.
    gone: usize,
    /// The page that follows in its queue.
    next: u32,
    /// Shared with snapshots; only the newest page of a queue is ever written to.
    pub(super) ids: Arc<Vec<u128>>,
}

impl Page {
    pub(super) fn new(stamp: u64, started: Timestamp, before: usize, ids: Vec<u128>) -> Page {
        Page { stamp, started, before, gone: 0, next: NONE, ids: Arc::new(ids) }
    }

    /// All ids that it ever had.
    fn taken(&self) -> usize {
        self.before + self.ids.len()
    }

    /// Those of its ids that have left the window.
    pub(super) fn dropped(&self) -> usize {
        self.before + self.gone
    }

    /// Those that are in the window.
    pub(super) fn present(&self) -> &[u128] {
        &self.ids[self.gone..]
    }
}

impl Window {
    /// An empty window without a bound; [`Window::configure`] sets it.
    pub(super) fn unbounded(arrived: u64) -> Window {
        Window { max: usize::MAX, arrived, ..Window::default() }
    }

    pub(super) fn correct(&mut self, clock: &Correction) {
        self.pages.iter_mut().for_each(|page| clock.correct_receipt(&mut page.started));
    }
    pub(super) fn len(&self) -> usize {
        self.len
    }
    pub(super) fn max(&self) -> usize {
        self.max
    }
    pub(super) fn is_full(&self) -> bool {
        self.len >= self.max
    }
    pub(super) fn arrived(&self) -> u64 {
        self.arrived
    }
    pub(super) fn queues(&self) -> usize {
        self.queues.len()
    }
    pub(super) fn len_of(&self, queue: usize) -> usize {
        self.queues.get(queue).map_or(0, |queue| queue.len)
    }
    pub(super) fn has_lost(&self, queue: usize) -> bool {
        self.queues[queue].has_lost
    }

    /// Sets the number of ids that the window holds, and whose share half of it is. Drops what no longer fits. True if the
    /// number has changed.
    pub(super) fn configure(&mut self, ids: usize, declared: &[SystemId]) -> bool {
        let max = ids.max(1);
        self.share = (max / 2).checked_div(declared.len()).unwrap_or(0);
        self.queues.iter_mut().for_each(|queue| queue.has_share = false);
        for system in declared {
            self.queue_mut(queue_of(Some(*system))).has_share = true;
        }
        (0..self.queues.len()).for_each(|queue| self.rank(queue));
        let changed = self.max != max;
        self.max = max;
        while self.len > max && self.drop_oldest().is_some() {}
        debug_assert!(self.is_consistent());
        changed
    }

    fn queue_mut(&mut self, queue: usize) -> &mut Queue {
        if self.queues.len() <= queue {
            self.queues.resize_with(queue + 1, Queue::default);
        }
        &mut self.queues[queue]
    }

    /// Puts a queue among those that hold more than their share, or takes it out.
    fn rank(&mut self, at: usize) {
        let queue = &self.queues[at];
        let share = if queue.has_share { self.share } else { 0 };
        let rank = (queue.len > share).then(|| self.pages[queue.first as usize].stamp);
        if rank == queue.rank {
            return;
        }
        if let Some(before) = queue.rank {
            self.over.remove(&(before, at));
        }
        if let Some(now) = rank {
            self.over.insert((now, at));
        }
        self.queues[at].rank = rank;
    }

    /// The pages of a queue, oldest first.
    pub(super) fn pages_of(&self, queue: usize) -> impl Iterator<Item = (u32, &Page)> {
        let mut next = self.queues.get(queue).map_or(NONE, |queue| queue.first);
        std::iter::from_fn(move || {
            let number = next;
            let page = self.pages.get(number as usize)?;
            next = page.next;
            Some((number, page))
        })
    }

    /// Every id with its row.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u128, u32)> {
        let pages = (0..self.queues.len()).flat_map(|queue| self.pages_of(queue));
        pages.flat_map(|(number, page)| {
            let places = page.present().iter().zip(page.gone as u32..);
            places.map(move |(id, place)| (*id, number << PLACE_BITS | place))
        })
    }

    /// The id in a row.
    #[inline]
    pub(super) fn id_in(&self, row: u32) -> Option<&u128> {
        self.pages.get((row >> PLACE_BITS) as usize)?.ids.get(row as usize % PAGE_IDS)
    }

    /// Adds the newest id of a queue, and says its row.
    #[inline]
    pub(super) fn push(&mut self, at: usize, id: u128, received: Timestamp) -> u32 {
        debug_assert!(self.len < self.max, "an old one is dropped first");
        let page_ids = self.page_ids();
        let last = self.queue_mut(at).last;
        let row = match self.pages.get_mut(last as usize) {
            Some(newest) if newest.taken() < page_ids => {
                Arc::make_mut(&mut newest.ids).push(id);
                last << PLACE_BITS | (newest.ids.len() as u32 - 1)
            }
            // The first page starts small; whoever fills one will fill the next.
            newest => {
                let mut ids = Vec::with_capacity(if newest.is_some() { page_ids } else { 1 });
                ids.push(id);
                let page = Page::new(self.arrived, received, 0, ids);
                self.append(at, page) << PLACE_BITS
            }
        };
        self.arrived += 1;
        self.len += 1;
        let queue = &mut self.queues[at];
        queue.len += 1;
        // A queue that is among those over their share stays there as it grows, with the same first page.
        if queue.rank.is_none() {
            self.rank(at);
        }
        row
    }

    /// How many ids a page of now may have.
    fn page_ids(&self) -> usize {
        (self.max / NEWEST_PART / (self.queues.len() + 1)).clamp(PAGE_IDS_MIN, PAGE_IDS)
    }

    /// Appends a page to a queue, and says its number. The caller counts its ids.
    fn append(&mut self, at: usize, page: Page) -> u32 {
        let number = match self.free.pop() {
            Some(number) => {
                self.pages[number as usize] = page;
                number
            }
            None => {
                self.pages.push(page);
                (self.pages.len() - 1) as u32
            }
        };
        let queue = self.queue_mut(at);
        let last = std::mem::replace(&mut queue.last, number);
        match self.pages.get_mut(last as usize) {
            Some(last) => last.next = number,
            None => self.queues[at].first = number,
        }
        number
    }

    /// Takes up a queue as it was stored.
    pub(super) fn restore(&mut self, at: usize, has_lost: bool, pages: Vec<Page>) {
        self.queue_mut(at).has_lost = has_lost;
        for page in pages {
            self.len += page.ids.len();
            self.queues[at].len += page.ids.len();
            self.append(at, page);
        }
    }

    /// Drops one id, and says its row: the oldest of a queue that holds more than its share.
    pub(super) fn drop_oldest(&mut self) -> Option<(u128, u32)> {
        let at = self.over.first()?.1;
        let queue = &mut self.queues[at];
        let number = queue.first;
        let page = self.pages.get_mut(number as usize)?;
        let dropped = (*page.ids.get(page.gone)?, number << PLACE_BITS | page.gone as u32);
        page.gone += 1;
        queue.len -= 1;
        queue.has_lost = true;
        self.len -= 1;
        if page.gone == page.ids.len() {
            queue.first = page.next;
            if queue.first == NONE {
                queue.last = NONE;
            }
            *page = Page::new(0, Timestamp::EPOCH, 0, Vec::new());
            self.free.push(number);
        }
        self.rank(at);
        Some(dropped)
    }

    /// Of these queues: how many ids are remembered, and the moment since which all of theirs are, exact to a page. `None`
    /// while there are none.
    pub(super) fn reach(&self, which: impl Fn(usize) -> bool) -> (usize, Option<Timestamp>) {
        let (mut len, mut whole, mut lost) = (0, None::<Timestamp>, None::<Timestamp>);
        for queue in (0..self.queues.len()).filter(|queue| which(*queue) && self.queues[*queue].len > 0) {
            len += self.queues[queue].len;
            let mut pages = self.pages_of(queue).map(|(_, page)| page);
            let Some(first) = pages.next() else { continue };
            let is_cut = first.dropped() > 0;
            let since = if is_cut { pages.next().map_or(first.started, |next| next.started) } else { first.started };
            if self.queues[queue].has_lost {
                lost = lost.max(Some(since));
            } else {
                whole = Some(whole.map_or(since, |whole| whole.min(since)));
            }
        }
        (len, lost.or(whole))
    }

    /// Counts match the pages.
    fn is_consistent(&self) -> bool {
        let of = |queue: usize| self.pages_of(queue).map(|(_, page)| page.present().len()).sum::<usize>();
        let queues = 0..self.queues.len();
        queues.clone().all(|queue| of(queue) == self.queues[queue].len)
            && queues.map(|queue| self.queues[queue].len).sum::<usize>() == self.len
    }
}

#[cfg(test)]
impl Window {
    /// Ids that all pages have room for.
    pub(super) fn room(&self) -> usize {
        self.pages.iter().map(|page| page.ids.capacity()).sum()
    }
}
