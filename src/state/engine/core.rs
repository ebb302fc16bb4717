//! [`Core`]: what every signal of the fold shares: the time, the operating model, label values and systems.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cow::{CowVec, Derived, share};
use super::exemplar::Case;
use super::family::{Family, Values};
use super::labels::{Labels, OTHER, Open, Sym};
use super::room::{self, Taken};
use crate::config::model::{self, Model};
use crate::event::Timestamp;

/// A system's number in keys and rows. Numbers are never used twice.
pub type SystemId = u32;

/// The shared part of the state.
#[derive(Clone, Debug, Default)]
pub struct Core {
    /// The time that the fold has reached.
    pub now: Timestamp,
    /// The sequence number of the last record that was applied.
    pub sequence: u64,
    pub model: Arc<Model>,
    pub labels: Labels,
    systems: CowVec<SystemRow>,
    /// How often a label value became `other`, by (metric, label).
    pub limited: BTreeMap<(String, String), u64>,
    /// Bytes of series, label values and systems.
    pub taken: Taken,
    /// What rows have room for at the event that is applied.
    pub rows: room::RowRoom,
    /// Series in all.
    pub series: usize,
    /// The case of the event that is being folded.
    pub case: Case,
    /// The system of the last event.
    last: SystemId,
    chosen: Chosen,
    by_name: Derived<HashMap<String, SystemId, foldhash::fast::FixedState>>,
}

/// Classic buckets that the model chooses: bounds by the name of their family.
#[derive(Clone, Debug, Default)]
pub struct Chosen(Vec<(String, Vec<f64>)>);

impl Chosen {
    fn of(model: &Model) -> Chosen {
        let bounds = |bounds: &Vec<crate::event::Fixed>| bounds.iter().map(|bound| bound.as_f64()).collect();
        Chosen(model.buckets.iter().map(|(name, chosen)| (name.clone(), bounds(chosen))).collect())
    }

    pub fn bounds(&self, family: &'static Family) -> &[f64] {
        let chosen = self.0.iter().find(|(name, _)| name == family.name);
        chosen.map_or(family.buckets, |(_, bounds)| bounds)
    }
}

share!(Core { labels systems });

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SystemRow {
    name: Arc<str>,
    declared: bool,
    /// It was declared once and no longer is: nothing of it is shown.
    removed: bool,
}

impl Core {
    /// The number of a system that an event names. Undeclared systems are bounded like label values; those over the
    /// bound share the system `other`.
    pub fn system(&mut self, name: &str) -> SystemId {
        // Most senders send events of one system.
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

    /// Systems that there ever were.
    pub fn system_count(&self) -> usize {
        self.systems.len()
    }

    /// All systems that were not removed, in order of appearance.
    pub fn systems(&self) -> impl Iterator<Item = (SystemId, &str)> {
        let rows = self.systems.iter().enumerate().filter(|(_, row)| !row.removed);
        rows.map(|(id, row)| (id as SystemId, &*row.name))
    }

    /// The number of a system that was not removed.
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
        self.chosen = Chosen::of(&self.model);
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

    /// The chosen buckets that are in force.
    pub fn chosen_bounds(&self) -> Chosen {
        self.chosen.clone()
    }

    /// Goes back to the buckets of the metrics' declarations.
    pub fn unchoose_buckets(&mut self) {
        Arc::make_mut(&mut self.model).buckets.clear();
        self.chosen = Chosen::of(&self.model);
    }

    /// Whether there is no room for more series, label values or systems that events bring.
    pub fn is_full(&self) -> bool {
        self.taken.is_full(&self.model.limits)
    }

    /// Counts a label value that became `other`.
    pub fn limited(&mut self, metric: &str, label: &str) {
        *self.limited.entry((metric.to_owned(), label.to_owned())).or_default() += 1;
    }

    /// Fills in the texts of a key; false when its system was removed.
    pub fn texts<'a>(&'a self, family: &'static Family, key: &[u32], texts: &mut [&'a str]) -> bool {
        for ((text, &value), label) in texts.iter_mut().zip(key).zip(family.labels) {
            if matches!(label.values, Values::System) && !self.is_live(value) {
                return false;
            }
            *text = self.text_of(value, &label.values);
        }
        true
    }

    fn text_of(&self, value: u32, values: &Values) -> &str {
        match values {
            Values::System => self.system_name(value),
            Values::Open => self.labels.text(value),
            Values::Words(words) => words.get(value as usize).copied().unwrap_or("other"),
        }
    }

    /// Bytes of the names and values of a series' labels, whether its system was removed or not.
    pub fn names_bytes(&self, family: &'static Family, key: &[u32]) -> usize {
        let labels = key.iter().zip(family.labels);
        labels.map(|(value, label)| self.text_of(*value, &label.values).len() + label.name.len() + 4).sum()
    }

    /// Rebuilds the indexes of a restored core.
    pub fn rebuild(&mut self) {
        self.chosen = Chosen::of(&self.model);
        self.labels.rebuild();
        self.labels.admitted_lengths().for_each(|length| self.taken.label(length));
        self.systems.iter().for_each(|row| self.taken.system(row.name.len()));
        let live = self.systems.iter().enumerate().filter(|(_, row)| !row.removed);
        self.by_name.0 = live.map(|(id, row)| (row.name.to_string(), id as SystemId)).collect();
    }

    /// The core as a checkpoint stores it, with the facts, which are among its fields there.
    pub fn stored<'a, F: Serialize>(&'a self, facts: &'a F) -> impl Serialize + 'a {
        let head = (self.now, self.sequence, ModelAsJson(Arc::clone(&self.model)));
        (head, &self.labels, &self.systems, facts, &self.limited)
    }

    /// Reads what [`Core::stored`] wrote, and returns the bytes that follow.
    pub fn restore<'a, F: Deserialize<'a>>(bytes: &'a [u8]) -> postcard::Result<(Core, F, &'a [u8])> {
        type Head = (Timestamp, u64, ModelAsJson);
        type Limited = BTreeMap<(String, String), u64>;
        let (stored, rest) = postcard::take_from_bytes::<(Head, Labels, CowVec<SystemRow>, F, Limited)>(bytes)?;
        let ((now, sequence, ModelAsJson(model)), labels, systems, facts, limited) = stored;
        Ok((Core { now, sequence, model, labels, systems, limited, ..Core::default() }, facts, rest))
    }
}

/// The model is JSON inside a checkpoint: fields may come and go without changing the binary layout.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct ModelAsJson(#[serde(with = "model_json")] Arc<Model>);

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
    fn a_removed_system_that_is_named_again_starts_empty() {
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
