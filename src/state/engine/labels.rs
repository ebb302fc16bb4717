//! Label values: interned once, bounded for each label of each system.
//!
//! Values come from the configuration or from events. Those of the configuration are always admitted; of the
//! others, each label of a system takes a bounded number, and what comes after is shown as `other`. So a sender
//! that puts request ids into `queue` costs itself its detail, and nobody the scrape.

use std::hash::BuildHasher;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cow::{CowVec, Derived, share};
use super::index::Index;

/// An interned text.
pub type Sym = u32;

/// What stands for the values over the bound.
pub const OTHER: Sym = 0;
/// An absent reason or queue.
pub const NONE: Sym = 1;
/// A queue that no route gave.
pub const UNROUTED: Sym = 2;

/// The labels whose values events can choose. The numbers are part of the checkpoint's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Open {
    System = 0,
    Action = 1,
    Queue = 2,
    Reason = 3,
    Name = 4,
    Input = 5,
    Suite = 6,
    Currency = 7,
}

impl Open {
    pub fn as_str(self) -> &'static str {
        ["system", "action", "queue", "reason", "name", "input", "suite", "currency"][self as usize]
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Admitted {
    system: u32,
    label: u8,
    sym: Sym,
    declared: bool,
}

/// All interned texts and which of them each label of each system may show.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Labels {
    texts: CowVec<Arc<str>>,
    admitted: CowVec<Admitted>,
    #[serde(skip)]
    by_text: Derived<Index>,
    #[serde(skip)]
    by_admitted: Derived<Index>,
    /// Values from events, for each (system, label).
    #[serde(skip)]
    taken: Derived<std::collections::HashMap<(u32, u8), usize>>,
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
        for text in ["other", "none", "unrouted"] {
            labels.intern(text);
        }
        labels
    }
}

impl Labels {
    pub fn text(&self, sym: Sym) -> &str {
        self.texts.get(sym as usize).map_or("other", |text| text)
    }

    /// Label values that were admitted, of all labels of all systems.
    pub fn len(&self) -> usize {
        self.admitted.len()
    }
    pub fn is_empty(&self) -> bool {
        self.admitted.is_empty()
    }

    /// The length of each.
    pub fn admitted_lengths(&self) -> impl Iterator<Item = usize> {
        self.admitted.iter().map(|row| self.text(row.sym).len())
    }

    /// The symbol that shows `value` in this label of this system, if it was admitted.
    #[inline]
    pub fn find(&self, system: u32, label: Open, value: &str) -> Option<Sym> {
        self.by_admitted.find(self.hash(system, label as u8, value), |row| {
            let row = self.admitted.get(row as usize)?;
            (row.system == system && row.label == label as u8 && self.text(row.sym) == value).then_some(row.sym)
        })
    }

    /// As [`Labels::find`], after admitting the value; `None` when the bound is reached: then it is shown as [`OTHER`].
    pub fn admit(&mut self, system: u32, label: Open, value: &str, bound: usize, declared: bool) -> Option<Sym> {
        if let Some(known) = self.find(system, label, value) {
            return Some(known);
        }
        if let Some(reserved) = ["other", "none", "unrouted"].iter().position(|word| *word == value) {
            return Some(reserved as Sym);
        }
        let taken = self.taken.entry((system, label as u8)).or_default();
        if !declared && *taken >= bound {
            return None;
        }
        if !declared {
            *taken += 1;
        }
        let sym = self.intern(value);
        let row = self.admitted.len() as u32;
        self.admitted.push(Admitted { system, label: label as u8, sym, declared });
        let hash = self.hash(system, label as u8, value);
        self.by_admitted.insert(hash, row);
        Some(sym)
    }

    fn hash(&self, system: u32, label: u8, value: &str) -> u64 {
        self.hasher.hash_one((u64::from(system) << 8 | u64::from(label), value))
    }

    /// Makes the indexes of a restored table anew.
    pub fn rebuild(&mut self) {
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
mod tests {
    use super::*;

    #[test]
    fn values_over_the_bound_are_refused_and_known_ones_stay() {
        let mut labels = Labels::default();
        let first = labels.admit(0, Open::Queue, "billing", 2, false);
        labels.admit(0, Open::Queue, "fraud", 2, false);
        assert_eq!(labels.admit(0, Open::Queue, "third", 2, false), None);
        assert_eq!(labels.admit(0, Open::Queue, "billing", 2, false), first);
        assert!(labels.admit(0, Open::Queue, "declared", 2, true).is_some());
        assert!(labels.admit(1, Open::Queue, "third", 2, false).is_some(), "another system has its own bound");
    }

    #[test]
    fn a_restored_table_knows_what_it_knew() {
        let mut labels = Labels::default();
        let billing = labels.admit(0, Open::Queue, "billing", 1, false);
        let bytes = postcard::to_stdvec(&labels).unwrap();
        let mut restored: Labels = postcard::from_bytes(&bytes).unwrap();
        restored.rebuild();
        assert_eq!(restored.admit(0, Open::Queue, "billing", 1, false), billing);
        assert_eq!(restored.admit(0, Open::Queue, "fraud", 1, false), None);
    }
}
