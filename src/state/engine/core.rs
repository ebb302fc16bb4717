//! What every signal of the fold shares: the time, the operating model, label values, systems and timers.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cow::{CowVec, Derived, share};
use super::exemplars;
use super::family::{Family, Values};
use super::labels::{Labels, OTHER, Open, Sym};
use super::room::{self, Taken};
use crate::config::model::{self, Model};
use crate::event::Timestamp;
use crate::state::families;
use crate::state::signals::facts::Facts;

/// A system's number in keys and rows. Numbers are never used twice.
pub type SystemId = u32;

/// The shared part of the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Core {
    /// How far the fold has come: never goes back.
    pub now: Timestamp,
    /// The sequence number of the last record that was applied.
    pub sequence: u64,
    #[serde(with = "model_json")]
    pub model: Arc<Model>,
    pub labels: Labels,
    systems: CowVec<SystemRow>,
    /// What the checklist needs to know of the past.
    pub facts: Facts,
    /// Label values that became `other`: (metric, label) → how often.
    pub limited: BTreeMap<(String, String), u64>,
    /// Bytes of series, label values and systems.
    #[serde(skip)]
    pub taken: Taken,
    /// Finished lifecycles that were forgotten before their time, by [`Table`], for want of room. A section of its own.
    #[serde(skip)]
    pub forgotten: [u64; 5],
    /// What rows have room for at the event that is applied.
    #[serde(skip)]
    pub rows: room::Rows,
    /// Series in all.
    #[serde(skip)]
    pub series: usize,
    /// The case of the event that is being folded.
    #[serde(skip)]
    pub case: exemplars::Case,
    /// The system of the last event.
    #[serde(skip)]
    last: SystemId,
    #[serde(skip)]
    chosen: Chosen,
    #[serde(skip)]
    by_name: Derived<HashMap<String, SystemId, foldhash::fast::FixedState>>,
    #[serde(skip)]
    pub timers: Derived<Timers>,
}

/// Classic buckets that the model chooses: by family, their bounds.
#[derive(Clone, Debug, Default)]
pub struct Chosen(Vec<(&'static Family, Vec<f64>)>);

impl Chosen {
    pub fn bounds(&self, family: &'static Family) -> &[f64] {
        let chosen = self.0.iter().find(|(known, _)| std::ptr::eq(*known, family));
        chosen.map_or(family.buckets, |(_, bounds)| bounds)
    }
}

share!(Core { labels systems facts });

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SystemRow {
    name: Arc<str>,
    declared: bool,
    /// It was declared once and is no more: nothing of it is shown.
    removed: bool,
}

impl Core {
    /// The number of a system that an event names. Undeclared systems are bounded like label values; those over
    /// the bound share the system `other`.
    pub fn system(&mut self, name: &str) -> SystemId {
        // One agent service often speaks of one system.
        if self.systems.get(self.last as usize).is_some_and(|row| !row.removed && *row.name == *name) {
            return self.last;
        }
        let id = self.by_name.get(name).copied();
        self.last = id.unwrap_or_else(|| self.new_system(name));
        self.last
    }

    #[cold]
    fn new_system(&mut self, name: &str) -> SystemId {
        let bound = self.model.limits.values_per_label;
        let undeclared = self.systems.iter().filter(|row| !row.declared && !row.removed).count();
        if undeclared < bound && !self.is_full() {
            return self.add_system(name, false);
        }
        self.limited("day90_events_total", "system");
        match self.by_name.get("other") {
            Some(&id) => id,
            None => self.add_system("other", false),
        }
    }

    /// Systems that ever were.
    pub fn system_count(&self) -> usize {
        self.systems.len()
    }

    /// The numbers of all systems that are there, in order of appearance.
    pub fn systems(&self) -> impl Iterator<Item = (SystemId, &str)> {
        let rows = self.systems.iter().enumerate().filter(|(_, row)| !row.removed);
        rows.map(|(id, row)| (id as SystemId, &*row.name))
    }

    /// The number of a system that is there.
    pub fn system_id(&self, name: &str) -> Option<SystemId> {
        self.systems().find(|(_, known)| *known == name).map(|(id, _)| id)
    }

    pub fn system_name(&self, id: SystemId) -> &str {
        self.systems.get(id as usize).map_or("other", |row| &row.name)
    }

    /// False for a system that was removed from the configuration.
    pub fn is_live(&self, id: SystemId) -> bool {
        self.systems.get(id as usize).is_some_and(|row| !row.removed)
    }

    /// What is declared of a system.
    pub fn declared(&self, id: SystemId) -> Option<&model::System> {
        self.model.systems.get(self.system_name(id))
    }

    /// Takes a new operating model into force and returns the systems it removed.
    pub fn configure(&mut self, model: Arc<Model>) -> Vec<SystemId> {
        let gone = |row: &SystemRow| row.declared && !row.removed && !model.systems.contains_key(&*row.name);
        let removed: Vec<SystemId> =
            self.systems.iter().enumerate().filter(|(_, row)| gone(row)).map(|(id, _)| id as SystemId).collect();
        for &id in &removed {
            let row = self.systems.get_mut(id as usize).expect("listed above");
            row.removed = true;
            let name = row.name.to_string();
            self.by_name.remove(&name);
        }
        self.model = Arc::clone(&model);
        self.choose_buckets();
        for name in model.systems.keys() {
            match self.by_name.get(name.as_str()) {
                Some(&id) => self.systems.get_mut(id as usize).expect("known by name").declared = true,
                None => {
                    self.add_system(name, true);
                }
            }
        }
        removed
    }

    fn add_system(&mut self, name: &str, declared: bool) -> SystemId {
        let id = self.systems.len() as SystemId;
        self.taken.system(name.len());
        self.systems.push(SystemRow { name: Arc::from(name), declared, removed: false });
        self.by_name.insert(name.to_owned(), id);
        id
    }

    /// The symbol for a label value that an event chose; over the bound of the label it is `other`.
    pub fn label(&mut self, system: SystemId, family: &'static Family, label: Open, value: &str) -> Sym {
        match self.labels.find(system, label, value) {
            Some(known) => known,
            None => self.new_label(system, family, label, value),
        }
    }

    #[cold]
    fn new_label(&mut self, system: SystemId, family: &'static Family, label: Open, value: &str) -> Sym {
        let bound = if self.is_full() { 0 } else { self.model.limits.values_per_label };
        let known = self.labels.len();
        let admitted = self.labels.admit(system, label, value, bound, false);
        if self.labels.len() > known {
            self.taken.label(value.len());
        }
        admitted.unwrap_or_else(|| {
            self.limited(family.name, label.as_str());
            OTHER
        })
    }

    /// The symbol for a label value that the configuration declares: always its own.
    pub fn declared_label(&mut self, system: SystemId, label: Open, value: &str) -> Sym {
        let known = self.labels.len();
        let admitted = self.labels.admit(system, label, value, 0, true);
        if self.labels.len() > known {
            self.taken.label(value.len());
        }
        admitted.unwrap_or(OTHER)
    }

    /// Bounds of the classic buckets of a histogram.
    pub fn bounds(&self, family: &'static Family) -> &[f64] {
        self.chosen.bounds(family)
    }

    /// As they are in force.
    pub fn chosen_bounds(&self) -> Chosen {
        self.chosen.clone()
    }

    /// Goes back to day90's own.
    pub fn unchoose_buckets(&mut self) {
        Arc::make_mut(&mut self.model).buckets.clear();
        self.choose_buckets();
    }

    fn choose_buckets(&mut self) {
        let model = &self.model.buckets;
        let of = |family: &&'static Family| {
            let bounds = model.get(family.name)?.iter().map(|bound| bound.as_f64()).collect();
            Some((*family, bounds))
        };
        self.chosen = Chosen(families::FAMILIES.iter().filter_map(of).collect());
    }

    /// No room for more series, label values or systems of events.
    pub fn is_full(&self) -> bool {
        self.taken.is_full(&self.model.limits)
    }

    /// Counts a label value that became `other`.
    pub fn limited(&mut self, metric: &str, label: &str) {
        *self.limited.entry((metric.to_owned(), label.to_owned())).or_default() += 1;
    }

    /// Writes the texts of a key; false when its system was removed.
    pub fn texts<'a>(&'a self, family: &'static Family, key: &[u32], texts: &mut [&'a str]) -> bool {
        for ((text, &value), label) in texts.iter_mut().zip(key).zip(family.labels) {
            *text = match label.values {
                Values::System => match self.systems.get(value as usize) {
                    Some(row) if !row.removed => &row.name,
                    _ => return false,
                },
                Values::Open => self.labels.text(value),
                Values::Words(words) => words.get(value as usize).copied().unwrap_or("other"),
            };
        }
        true
    }

    /// Bytes of the names and values of a series' labels, whether its system is still there or not.
    pub fn names_bytes(&self, family: &'static Family, key: &[u32]) -> usize {
        let value = |value: u32, values: &Values| match values {
            Values::System => self.systems.get(value as usize).map_or("other", |row| &row.name),
            Values::Open => self.labels.text(value),
            Values::Words(words) => words.get(value as usize).copied().unwrap_or("other"),
        };
        let labels = key.iter().zip(family.labels);
        labels.map(|(key, label)| value(*key, &label.values).len() + label.name.len() + 4).sum()
    }

    /// Makes the indexes of a restored core anew.
    pub fn rebuild(&mut self) {
        self.choose_buckets();
        self.labels.rebuild();
        self.labels.admitted_lengths().for_each(|length| self.taken.label(length));
        self.systems.iter().for_each(|row| self.taken.system(row.name.len()));
        let live = self.systems.iter().enumerate().filter(|(_, row)| !row.removed);
        self.by_name.0 = live.map(|(id, row)| (row.name.to_string(), id as SystemId)).collect();
    }
}

/// What is due when. An entry may have become stale; whoever is called looks at its row again.
#[derive(Debug, Default)]
pub struct Timers(BinaryHeap<Reverse<Timer>>);

/// Ordered by (due, sequence), so that replay runs timers in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    pub due: Timestamp,
    /// The sequence number that gave birth to the row.
    pub born: u64,
    pub table: Table,
    pub slot: u32,
}

/// The tables that have timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Escalations,
    Reviews,
    Appeals,
    Rollbacks,
    Cases,
    Spikes,
}

impl Table {
    /// What its rows are called, in order.
    pub const WORDS: &[&str] = &["escalation", "review", "appeal", "rollback", "case"];
}

impl Timers {
    pub fn push(&mut self, timer: Timer) {
        self.0.push(Reverse(timer));
    }
    /// The next timer that is due at `now`.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<Timer> {
        if self.0.peek()?.0.due > now {
            return None;
        }
        self.0.pop().map(|Reverse(timer)| timer)
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Drops the stale entries, by asking for the timers of the living.
    pub fn replace(&mut self, timers: impl Iterator<Item = Timer>) {
        // In the same memory: two heaps of a million timers at once would be a peak.
        let mut kept = std::mem::take(&mut self.0).into_vec();
        kept.clear();
        kept.extend(timers.map(Reverse));
        kept.shrink_to(2 * kept.len());
        self.0 = kept.into();
    }
}

/// The model as JSON inside a checkpoint: fields may come and go without changing the binary layout.
mod model_json {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::config::Model;

    pub fn serialize<S: Serializer>(model: &Arc<Model>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(&**model).map_err(serde::ser::Error::custom)?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Model>, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map(Arc::new).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_was_removed_and_is_named_again_begins_anew() {
        let declared = |names: &[&str]| {
            let systems = names.iter().map(|name| ((*name).to_owned(), model::System::default())).collect();
            Arc::new(Model { systems, ..Model::default() })
        };
        let mut core = Core::default();
        core.configure(declared(&["agent"]));
        let before = core.system("agent");
        core.configure(declared(&[]));
        let after = core.system("agent");
        assert!(before != after && core.is_live(after) && !core.is_live(before));
        assert_eq!(core.system("agent"), after);
    }
}
