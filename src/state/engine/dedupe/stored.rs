//! How a checkpoint stores a window: its parts, newest first, each with the moment it began and the bytes of its ids; then
//! the size of a full part. Ids are little-endian.

use std::io::Write;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use super::window::{PAGE_IDS, Page, Window};
use crate::event::Timestamp;

const ID_BYTES: usize = 16;
/// Bytes of ids that are written at once.
const PIECE_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
struct Stored<'a>(#[serde(borrow)] Vec<(Timestamp, &'a [u8])>, usize);

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored(parts, part) = Stored::deserialize(deserializer)?;
        // No bound yet: the configured one follows, from `resize`.
        let mut window = Window { part, max: usize::MAX, ..Window::default() };
        for (started, bytes) in parts.into_iter().rev() {
            let (ids, rest) = bytes.as_chunks::<ID_BYTES>();
            if !rest.is_empty() {
                return Err(serde::de::Error::custom("an id is cut short"));
            }
            for (at, page) in ids.chunks(PAGE_IDS).enumerate() {
                let ids = page.iter().map(|id| u128::from_le_bytes(*id)).collect();
                let first = window.len as u32;
                window.len += page.len();
                window.pages.push_back(Page { started, begins: at == 0, first, ids: Arc::new(ids) });
            }
        }
        Ok(window)
    }
}

impl Window {
    /// Writes the stored form, as postcard would write it. In pieces: serde takes bytes whole, and a whole part would cost
    /// each checkpoint megabytes of memory.
    pub(super) fn write_to(&self, mut out: &mut dyn Write) -> postcard::Result<()> {
        let parts = self.parts();
        out = postcard::to_io(&(parts.len() as u64), out)?;
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        for part in parts.iter().rev() {
            let bytes = (self.ids_in(part) * ID_BYTES) as u64;
            out = postcard::to_io(&(self.start_of(part), bytes), out)?;
            for id in self.ids(part.clone()) {
                piece.extend_from_slice(&id.to_le_bytes());
                if piece.len() == PIECE_BYTES {
                    write_out(&mut piece, out)?;
                }
            }
            write_out(&mut piece, out)?;
        }
        postcard::to_io(&(self.part as u64), out).map(drop)
    }

    /// Divides the window as day90 0.1.0 would. Its window always has three parts, and holds the configured number of ids
    /// only if two of them do.
    pub(super) fn divide_as_0_1_0(&mut self, ids: usize) {
        self.trim();
        self.part = ids.div_ceil(2).max(1);
        let mut in_part = self.part;
        for page in &mut self.pages {
            page.begins = in_part >= self.part;
            in_part = page.ids.len() + if page.begins { 0 } else { in_part };
        }
    }
}

fn write_out(piece: &mut Vec<u8>, out: &mut dyn Write) -> postcard::Result<()> {
    out.write_all(piece).map_err(|_| postcard::Error::SerializeBufferFull)?;
    piece.clear();
    Ok(())
}
