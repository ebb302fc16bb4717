//! Label values: interned once, with a bounded number for each label of each system.
//!
//! Values come from the configuration or from events. Those of the configuration are always admitted. Of the others,
//! each label of a system admits a bounded number, and the rest is shown as `other`. So a sender that puts request ids
//! into `queue` loses its own detail, and the exposition stays small for everyone else.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cow::{CowVec, Derived, share};
use super::index::Index;
use crate::event::words;

/// An interned text.
pub type Sym = u32;

/// Shown for the values over the bound.
pub const OTHER: Sym = 0;
/// An absent reason or queue.
pub const NONE: Sym = 1;
/// A queue that no route gave.
pub const UNROUTED: Sym = 2;

/// Values that every label may show, without counting against a bound. Checkpoints store their numbers.
const RESERVED: [(Sym, &str); 3] = [(OTHER, "other"), (NONE, "none"), (UNROUTED, "unrouted")];

words!(/// The labels whose values events can choose. Checkpoints store their numbers: add at the end, never reorder.
    Open { System = "system", Action = "action", Queue = "queue", Reason = "reason", Name = "name", Input = "input",
    Suite = "suite", Currency = "currency" });

/// One value that one label of one system may show.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Admitted {
    system: u32,
    label: u8,
    sym: Sym,
    declared: bool,
}

/// All interned texts, and which of them each label of each system may show.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Labels {
    texts: CowVec<Arc<str>>,
    admitted: CowVec<Admitted>,
    #[serde(skip)]
    by_text: Derived<Index>,
    #[serde(skip)]
    by_admitted: Derived<Index>,
    /// How many values from events each (system, label) has admitted.
    #[serde(skip)]
    taken: Derived<HashMap<(u32, u8), usize>>,
    #[serde(skip)]
    hasher: foldhash::fast::FixedState,
}

share!(Labels { texts admitted });

impl Default for Labels {
    fn default() -> Self {
        let mut labels = Labels {
            texts: CowVec::default(),
            admitted: CowVec::default(),
            by_text: Derived::default(),
            by_admitted: Derived::default(),
            taken: Derived::default(),
            hasher: foldhash::fast::FixedState::default(),
        };
        for (sym, text) in RESERVED {
            let interned = labels.intern(text);
            debug_assert_eq!(interned, sym, "{text} has its reserved number");
        }
        labels
    }
}

impl Labels {
    pub fn text(&self, sym: Sym) -> &str {
        self.texts.get(sym as usize).map_or("other", |text| text)
    }

    /// How many values are admitted, in all labels of all systems.
    pub fn len(&self) -> usize {
        self.admitted.len()
    }
    pub fn is_empty(&self) -> bool {
        self.admitted.is_empty()
    }

    /// The length in bytes of each admitted value.
    pub fn admitted_lengths(&self) -> impl Iterator<Item = usize> {
        self.admitted.iter().map(|row| self.text(row.sym).len())
    }

    /// The symbol of `value`, if this label of this system has admitted it.
    #[inline]
    pub fn find(&self, system: u32, label: Open, value: &str) -> Option<Sym> {
        self.by_admitted.find(self.hash(system, label as u8, value), |row| {
            let row = self.admitted.get(row as usize)?;
            (row.system == system && row.label == label as u8 && self.text(row.sym) == value).then_some(row.sym)
        })
    }

    /// Like [`Labels::find`], but admits the value first. `None` if the bound is reached: then show it as [`OTHER`].
    pub fn admit(&mut self, system: u32, label: Open, value: &str, bound: usize, declared: bool) -> Option<Sym> {
        if let Some(known) = self.find(system, label, value) {
            return Some(known);
        }
        if let Some((sym, _)) = RESERVED.iter().find(|(_, word)| *word == value) {
            return Some(*sym);
        }
        if !declared {
            let taken = self.taken.entry((system, label as u8)).or_default();
            if *taken >= bound {
                return None;
            }
            *taken += 1;
        }
        let sym = self.intern(value);
        let hash = self.hash(system, label as u8, value);
        let row = self.admitted.len() as u32;
        self.admitted.push(Admitted { system, label: label as u8, sym, declared });
        self.by_admitted.insert(hash, row);
        Some(sym)
    }

    fn hash(&self, system: u32, label: u8, value: &str) -> u64 {
        self.hasher.hash_one((u64::from(system) << 8 | u64::from(label), value))
    }

    /// Builds the indexes of a restored table, once.
    pub fn rebuild(&mut self) {
        debug_assert!(self.taken.is_empty(), "a second rebuild would count every value twice");
        for sym in 0..self.texts.len() as u32 {
            let hash = self.hasher.hash_one(self.text(sym));
            self.by_text.insert(hash, sym);
        }
        for row in 0..self.admitted.len() as u32 {
            let entry = self.admitted.get(row as usize).expect("within the table").clone();
            if !entry.declared {
                *self.taken.entry((entry.system, entry.label)).or_default() += 1;
            }
            let hash = self.hash(entry.system, entry.label, self.text(entry.sym));
            self.by_admitted.insert(hash, row);
        }
    }

    fn intern(&mut self, text: &str) -> Sym {
        let hash = self.hasher.hash_one(text);
        if let Some(sym) = self.by_text.find(hash, |sym| (self.text(sym) == text).then_some(sym)) {
            return sym;
        }
        let sym = self.texts.len() as Sym;
        self.texts.push(Arc::from(text));
        self.by_text.insert(hash, sym);
        sym
    }
}

#[cfg(test)]
mod tests;
