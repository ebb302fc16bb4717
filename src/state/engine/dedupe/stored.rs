//! How a checkpoint stores a window. Ids are little-endian, the rest is as postcard encodes it.
//!
//! ```text
//! version 2: ids that ever came | number of queues | queues
//! queue:     some were dropped | number of pages | pages, oldest first
//! page:      ids that had come before | moment | ids that have left | bytes of ids | ids
//! ```
//! Version 1, of day90 0.1.0 and 0.2.0, has one queue: its parts, newest first, each with the moment it began and the bytes of
//! its ids; then the size of a full part. Its ids match any type.

use std::io::Write;

use serde::Deserialize;

use super::window::{FIRST, PAGE_IDS, Page, Window};
use crate::event::Timestamp;

const ID_BYTES: usize = 16;

#[derive(Deserialize)]
struct Stored<'a> {
    arrived: u64,
    #[serde(borrow)]
    queues: Vec<StoredQueue<'a>>,
}

#[derive(Deserialize)]
struct StoredQueue<'a> {
    has_lost: bool,
    #[serde(borrow)]
    pages: Vec<StoredPage<'a>>,
}

#[derive(Deserialize)]
struct StoredPage<'a> {
    stamp: u64,
    started: Timestamp,
    dropped: u32,
    ids: &'a [u8],
}

/// The parts, and the size of a full one.
type First<'a> = (Vec<(Timestamp, &'a [u8])>, u64);

impl Window {
    pub(super) fn read(bytes: &[u8]) -> postcard::Result<(Window, &[u8])> {
        let (Stored { arrived, queues }, rest) = postcard::take_from_bytes(bytes)?;
        let mut window = Window::unbounded(arrived);
        for (at, queue) in queues.into_iter().enumerate() {
            let mut pages = Vec::with_capacity(queue.pages.len());
            for page in queue.pages {
                let ids: Vec<u128> = ids(page.ids)?.collect();
                if ids.is_empty() || ids.len() > PAGE_IDS {
                    return Err(postcard::Error::DeserializeBadEncoding);
                }
                pages.push(Page::new(page.stamp, page.started, page.dropped as usize, ids));
            }
            window.restore(at, queue.has_lost, pages);
        }
        Ok((window, rest))
    }

    pub(super) fn read_first(bytes: &[u8]) -> postcard::Result<(Window, &[u8])> {
        let ((parts, _), rest) = postcard::take_from_bytes::<First<'_>>(bytes)?;
        let (mut pages, mut arrived) = (Vec::new(), 0);
        for (started, bytes) in parts.into_iter().rev() {
            let ids: Vec<u128> = ids(bytes)?.collect();
            for ids in ids.chunks(PAGE_IDS) {
                pages.push(Page::new(arrived, started, 0, ids.to_vec()));
                arrived += ids.len() as u64;
            }
        }
        let mut window = Window::unbounded(arrived);
        // Whether some were dropped isn't stored. Then the oldest part says how far the rest reaches back.
        window.restore(FIRST, true, pages);
        Ok((window, rest))
    }

    /// Writes the stored form. Page by page: serde takes bytes whole, and the whole window would cost each checkpoint megabytes of
    /// memory.
    pub(super) fn write_to(&self, mut out: &mut dyn Write) -> postcard::Result<()> {
        out = postcard::to_io(&(self.arrived(), self.queues() as u64), out)?;
        let mut bytes = Vec::with_capacity(PAGE_IDS * ID_BYTES);
        for queue in 0..self.queues() {
            let pages = self.pages_of(queue).count() as u64;
            out = postcard::to_io(&(self.has_lost(queue), pages), out)?;
            for (_, page) in self.pages_of(queue) {
                bytes.clear();
                page.present().iter().for_each(|id| bytes.extend_from_slice(&id.to_le_bytes()));
                out = postcard::to_io(&(page.stamp, page.started, page.dropped() as u32, bytes.len() as u64), out)?;
                out.write_all(&bytes).map_err(|_| postcard::Error::SerializeBufferFull)?;
            }
        }
        Ok(())
    }
}

fn ids(bytes: &[u8]) -> postcard::Result<impl Iterator<Item = u128> + '_> {
    let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
    if !rest.is_empty() {
        return Err(postcard::Error::DeserializeBadEncoding);
    }
    Ok(ids.iter().map(|id| u128::from_le_bytes(*id)))
}
