//! [`CowVec`]: a vector in chunks that are shared until they are written.
//!
//! A scrape or a checkpoint takes a copy of the whole state while the writer continues. Cloning a `CowVec` copies one
//! pointer per chunk; a chunk is copied only when it is written while a snapshot still holds it.
//!
//! Between snapshots, chunks are plain vectors: asking an [`Arc`] whether it is shared is an atomic operation, and one
//! event writes about a dozen times. So call [`Share::share`] before taking a snapshot; a chunk that isn't shared is
//! cloned item by item.

use std::fmt;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A growable vector whose clones share their chunks. `CHUNK` items are copied together: choose a small number where an
/// item is large or owns memory, a large one where it is a number.
#[derive(Clone, Debug)]
pub struct CowVec<T, const CHUNK: usize = 256> {
    chunks: Vec<Chunk<T>>,
    len: usize,
}

/// Owned and writable, or shared with a snapshot that may still exist.
#[derive(Clone, Debug)]
enum Chunk<T> {
    Own(Vec<T>),
    Shared(Arc<Vec<T>>),
}

/// Data that a snapshot shares with the live state until the live state writes to it.
pub trait Share {
    /// Makes the next clone cheap, whatever was written since the last one.
    fn share(&mut self);
}

/// Implements [`Share`] for a struct by sharing the named fields.
macro_rules! share {
    ($name:ident { $($field:ident)* }) => {
        impl $crate::state::engine::cow::Share for $name {
            fn share(&mut self) { $($crate::state::engine::cow::Share::share(&mut self.$field);)* }
        }
    };
}
pub(crate) use share;

impl<T> Chunk<T> {
    fn items(&self) -> &[T] {
        match self {
            Chunk::Own(items) => items,
            Chunk::Shared(items) => items,
        }
    }
}

impl<T: Clone> Chunk<T> {
    fn own(&mut self) -> &mut Vec<T> {
        if let Chunk::Shared(_) = self {
            self.make_owned();
        }
        match self {
            Chunk::Own(items) => items,
            Chunk::Shared(_) => unreachable!("made owned above"),
        }
    }

    #[cold]
    fn make_owned(&mut self) {
        if let Chunk::Shared(items) = std::mem::replace(self, Chunk::Own(Vec::new())) {
            *self = Chunk::Own(Arc::unwrap_or_clone(items));
        }
    }
}

impl<T, const CHUNK: usize> Share for CowVec<T, CHUNK> {
    fn share(&mut self) {
        for chunk in &mut self.chunks {
            if let Chunk::Own(items) = chunk {
                *chunk = Chunk::Shared(Arc::new(std::mem::take(items)));
            }
        }
    }
}

impl<T, const CHUNK: usize> Default for CowVec<T, CHUNK> {
    fn default() -> Self {
        CowVec { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Clone, const CHUNK: usize> CowVec<T, CHUNK> {
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    pub fn get(&self, index: usize) -> Option<&T> {
        self.chunks.get(index / CHUNK)?.items().get(index % CHUNK)
    }
    /// The item for writing; its chunk is copied first if a snapshot still holds it.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.chunks.get_mut(index / CHUNK)?.own().get_mut(index % CHUNK)
    }
    pub fn push(&mut self, item: T) {
        if self.len.is_multiple_of(CHUNK) {
            // The first chunk starts small, since many tables stay small; a table with a second chunk is growing.
            let room = if self.chunks.is_empty() { 4 } else { CHUNK };
            self.chunks.push(Chunk::Own(Vec::with_capacity(room)));
        }
        let chunk = self.chunks.last_mut().expect("a chunk was just added").own();
        chunk.push(item);
        debug_assert!(chunk.len() <= CHUNK, "a full chunk is never pushed to");
        self.len += 1;
        debug_assert_eq!(self.chunks.len(), self.len.div_ceil(CHUNK), "every chunk but the last is full");
    }
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.items())
    }
    /// Changes every item; chunks that a snapshot still holds are copied first.
    pub fn each_mut(&mut self, change: impl FnMut(&mut T)) {
        self.chunks.iter_mut().flat_map(|chunk| chunk.own()).for_each(change);
    }
    #[cold]
    fn fill_up(&mut self, index: usize)
    where
        T: Default,
    {
        while self.len <= index {
            self.push(T::default());
        }
    }
    /// The item at `index` for writing; missing items up to it are added as defaults.
    pub fn grow_mut(&mut self, index: usize) -> &mut T
    where
        T: Default,
    {
        if self.len <= index {
            self.fill_up(index);
        }
        self.get_mut(index).expect("filled up above")
    }
}

impl<T: Clone, const CHUNK: usize> FromIterator<T> for CowVec<T, CHUNK> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut vec = CowVec::default();
        items.into_iter().for_each(|item| vec.push(item));
        vec
    }
}

impl<T: Clone + Serialize, const CHUNK: usize> Serialize for CowVec<T, CHUNK> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.len))?;
        for item in self.iter() {
            seq.serialize_element(item)?;
        }
        seq.end()
    }
}

impl<'de, T: Clone + Deserialize<'de>, const CHUNK: usize> Deserialize<'de> for CowVec<T, CHUNK> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const CHUNK: usize>(std::marker::PhantomData<T>);
        impl<'de, T: Clone + Deserialize<'de>, const CHUNK: usize> Visitor<'de> for Items<T, CHUNK> {
            type Value = CowVec<T, CHUNK>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut vec = CowVec::default();
                while let Some(item) = seq.next_element()? {
                    vec.push(item);
                }
                Ok(vec)
            }
        }
        deserializer.deserialize_seq(Items::<T, CHUNK>(std::marker::PhantomData))
    }
}

/// Something derived from the rest of the state, such as a hash index. Clones (that is, snapshots) and checkpoints leave
/// it out; a restored state rebuilds it.
#[derive(Debug, Default)]
pub struct Derived<T>(pub T);

impl<T: Default> Clone for Derived<T> {
    fn clone(&self) -> Self {
        Derived(T::default())
    }
}

impl<T> std::ops::Deref for Derived<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Derived<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

#[cfg(test)]
mod tests;
