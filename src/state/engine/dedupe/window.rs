//! [`Window`]: the ids seen last, in the order they came.
//!
//! Ids are kept in pages, which snapshots share. Several pages make a part, about a third of the window: checkpoints store
//! whole parts, each with the moment it began, since that is how earlier versions kept them in memory.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::event::Timestamp;

/// Ids in a page, at most: large enough that a snapshot of a million ids is cheap, small enough to copy.
pub(super) const PAGE_IDS: usize = 4_096;
/// Full parts in a window.
const PARTS: usize = 3;

/// The ids seen last, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) pages: VecDeque<Page>,
    /// Ids at the start of the oldest page that have left the window.
    pub(super) gone: usize,
    /// Ids in the window.
    pub(super) len: usize,
    /// Ids that the window holds at most.
    pub(super) max: usize,
    /// Ids in a full part.
    pub(super) part: usize,
    /// Ids in the newest part.
    pub(super) in_part: usize,
}

/// Ids in the order they came.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// When its part began. A page has no moment apart from that: checkpoints store one moment for each part, and a
    /// restored window must answer as the stored one did.
    pub(super) started: Timestamp,
    /// It is the first page of a part.
    pub(super) begins: bool,
    /// The row of its first id. Rows number the ids in order of arrival, from the first ever; the numbers wrap around.
    pub(super) first: u32,
    /// Shared with snapshots; only the newest page is ever written to.
    pub(super) ids: Arc<Vec<u128>>,
}

impl Page {
    /// The row after its last id.
    fn end(&self) -> u32 {
        self.first.wrapping_add(self.ids.len() as u32)
    }
}

impl Window {
    pub(super) fn len(&self) -> usize {
        self.len
    }
    pub(super) fn max(&self) -> usize {
        self.max
    }
    pub(super) fn is_full(&self) -> bool {
        self.len >= self.max
    }

    /// Sets the number of ids that the window holds and drops the oldest over it. True if rows may have changed.
    pub(super) fn resize(&mut self, ids: usize) -> bool {
        let max = ids.max(1);
        self.part = ids.div_ceil(PARTS).max(1);
        if self.max == max {
            return false;
        }
        self.max = max;
        while self.len > max {
            self.drop_oldest();
        }
        self.trim();
        debug_assert!(self.is_consistent());
        true
    }

    /// Removes from the oldest page what has left the window, as writing and reading a checkpoint does.
    pub(super) fn trim(&mut self) {
        let parts = self.parts();
        if let (Some(oldest), Some(newest)) = (parts.first(), parts.last()) {
            self.in_part = self.ids_in(newest);
            let started = self.start_of(oldest);
            let gone = std::mem::take(&mut self.gone);
            let page = &mut self.pages[0];
            Arc::make_mut(&mut page.ids).drain(..gone);
            page.first = page.first.wrapping_add(gone as u32);
            (page.begins, page.started) = (true, started);
        }
    }

    /// The pages of each part, oldest first.
    pub(super) fn parts(&self) -> Vec<Range<usize>> {
        let begins = |page: &usize| *page == 0 || self.pages[*page].begins;
        let starts: Vec<usize> = (0..self.pages.len()).filter(begins).collect();
        let ends = starts.iter().skip(1).copied().chain([self.pages.len()]);
        starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
    }

    /// The moment since which every id of this part is in the window. If the part has lost some, that is the start of the
    /// next one.
    pub(super) fn start_of(&self, part: &Range<usize>) -> Timestamp {
        let page = &self.pages[part.start];
        let is_whole = page.begins && (part.start > 0 || self.gone == 0);
        let next = self.pages.get(part.end).filter(|_| !is_whole);
        next.map_or(page.started, |next| next.started)
    }

    /// As [`Window::start_of`], of the oldest part; `None` if the window is empty.
    pub(super) fn reaches_back_to(&self) -> Option<Timestamp> {
        self.parts().first().map(|oldest| self.start_of(oldest))
    }

    /// The ids in the window of some pages.
    pub(super) fn ids(&self, pages: Range<usize>) -> impl Iterator<Item = &u128> {
        pages.flat_map(|page| self.pages[page].ids.iter().skip(if page == 0 { self.gone } else { 0 }))
    }

    /// How many ids of some pages are in the window.
    pub(super) fn ids_in(&self, pages: &Range<usize>) -> usize {
        let gone = if pages.contains(&0) { self.gone } else { 0 };
        pages.clone().map(|page| self.pages[page].ids.len()).sum::<usize>() - gone
    }

    /// Every id with its row, oldest first.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u128, u32)> {
        let first = self.oldest().map_or(0, |(_, row)| row);
        let ids = self.ids(0..self.pages.len()).copied();
        ids.enumerate().map(move |(at, id)| (id, first.wrapping_add(at as u32)))
    }

    /// The oldest id and its row.
    #[inline]
    pub(super) fn oldest(&self) -> Option<(u128, u32)> {
        let page = self.pages.front()?;
        let id = page.ids.get(self.gone)?;
        Some((*id, page.first.wrapping_add(self.gone as u32)))
    }

    /// The id in a row.
    #[inline]
    pub(super) fn id_in(&self, row: u32) -> Option<&u128> {
        let oldest = self.pages.front()?.first;
        let at = row.wrapping_sub(oldest);
        let after = self.pages.partition_point(|page| page.first.wrapping_sub(oldest) <= at);
        let page = self.pages.get(after.checked_sub(1)?)?;
        page.ids.get(row.wrapping_sub(page.first) as usize)
    }

    /// Adds the newest id, and says its row.
    #[inline]
    pub(super) fn push(&mut self, id: u128, now: Timestamp) -> u32 {
        debug_assert!(self.len < self.max, "the oldest is dropped first");
        let begins = self.pages.is_empty() || self.in_part >= self.part;
        let row = match self.pages.back_mut() {
            Some(newest) if !begins && newest.ids.len() < PAGE_IDS => {
                Arc::make_mut(&mut newest.ids).push(id);
                newest.first.wrapping_add(newest.ids.len() as u32 - 1)
            }
            _ => self.push_page(id, now, begins),
        };
        self.in_part = if begins { 1 } else { self.in_part + 1 };
        self.len += 1;
        row
    }

    /// Adds a page with its first id, and says the row of that.
    fn push_page(&mut self, id: u128, now: Timestamp, begins: bool) -> u32 {
        let newest = self.pages.back();
        // The first page starts small; whoever fills one will fill the next.
        let mut ids = Vec::with_capacity(if newest.is_some() { PAGE_IDS.min(self.part) } else { 1 });
        ids.push(id);
        let started = newest.filter(|_| !begins).map_or(now, |page| page.started);
        let first = newest.map_or(0, Page::end);
        self.pages.push_back(Page { started, begins, first, ids: Arc::new(ids) });
        first
    }

    #[inline]
    pub(super) fn drop_oldest(&mut self) {
        self.gone += 1;
        self.len -= 1;
        if self.pages.front().is_some_and(|oldest| oldest.ids.len() == self.gone) {
            self.pages.pop_front();
            self.gone = 0;
        }
    }

    /// Counts match the pages, and rows continue from page to page.
    fn is_consistent(&self) -> bool {
        let rows_continue =
            self.pages.iter().zip(self.pages.iter().skip(1)).all(|(page, next)| page.end() == next.first);
        self.ids_in(&(0..self.pages.len())) == self.len && rows_continue
    }
}
