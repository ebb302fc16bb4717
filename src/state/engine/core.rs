//! [`Core`]: what every signal of the fold shares: the time, the operating model, label values and systems.

mod stored;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::correction::Correction;
use super::cow::{CowVec, Derived, share};
use super::exemplar::Case;
use super::family::{Family, Values};
use super::labels::{Labels, OTHER, Open, Sym};
use super::marks::Mark;
use super::renaming::{self, Known, Renaming};
use super::room::{self, Taken};
use crate::config::model::{self, Model};
use crate::event::{Event, Timestamp};

/// A system's number in keys and rows. Numbers are never used twice.
pub type SystemId = u32;

/// The system that those over the bound share.
pub const SHARED: &str = "other";

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
    /// When each of [`Core::limited`] began to count.
    pub limited_since: BTreeMap<(String, String), Timestamp>,
    /// Counters and histograms that are younger than this are shown at 0. Set on a snapshot for the scraper that reads it;
    /// `None` shows all as they are.
    pub newborn_after: Option<Timestamp>,
    /// Counters and histograms are shown as what was added since this. Set on a snapshot for the page.
    pub mark: Option<Arc<Mark>>,
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
    /// Under which it is declared and shown.
    name: Arc<str>,
    /// The name it had first. What belongs to it is found by this one, whatever it is called now.
    key: Arc<str>,
    /// It is declared, or was once.
    declared: bool,
    /// Its state was ended: nothing of it is shown.
    removed: bool,
}

impl SystemRow {
    fn is(&self, name: &str) -> bool {
        !self.removed && *self.name == *name
    }
}

/// What a new operating model did to systems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    /// Their state is to be dropped.
    pub ended: Vec<SystemId>,
    pub renamed: Vec<SystemId>,
}

impl Core {
    /// The number of a system that an event names. Undeclared systems are bounded like label values; those over the
    /// bound share the system `other`.
    pub fn system(&mut self, name: &str) -> SystemId {
        // Most senders send events of one system.
        if self.systems.get(self.last as usize).is_some_and(|row| row.is(name)) {
            return self.last;
        }
        self.last = self.known_system(name).unwrap_or_else(|| self.new_system(name));
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
        self.known_system(SHARED).unwrap_or_else(|| self.add_system(SHARED, false))
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

    /// The number of a system that was not removed, by the name it has now. Works on a snapshot too.
    pub fn system_id(&self, name: &str) -> Option<SystemId> {
        self.systems().find(|(_, known)| *known == name).map(|(id, _)| id)
    }

    /// The number of a system that was not removed, by its name or one that it formerly had. A snapshot knows none.
    pub fn known_system(&self, name: &str) -> Option<SystemId> {
        self.by_name.get(name).copied()
    }

    pub fn system_name(&self, id: SystemId) -> &str {
        self.systems.get(id as usize).map_or(SHARED, |row| &row.name)
    }

    /// The name by which the work of a system is found, in an event that came under `sent`. It stays when the system is
    /// renamed. Those over the bound keep apart what they sent.
    pub fn system_key<'a>(&'a self, id: SystemId, sent: &'a str) -> &'a str {
        match self.systems.get(id as usize) {
            Some(row) if *row.name != *SHARED => &row.key,
            _ => sent,
        }
    }

    /// False for a system whose state was ended.
    pub fn is_live(&self, id: SystemId) -> bool {
        self.systems.get(id as usize).is_some_and(|row| !row.removed)
    }

    /// An event as it belongs to the work of its system: under the system's key.
    #[inline]
    pub fn by_key<'e>(&self, id: SystemId, event: &'e Event<'e>) -> Cow<'e, Event<'e>> {
        if self.systems.get(id as usize).is_some_and(|row| *row.key == *event.system) {
            return Cow::Borrowed(event);
        }
        self.renamed(id, event)
    }

    #[cold]
    fn renamed<'e>(&self, id: SystemId, event: &Event<'e>) -> Cow<'e, Event<'e>> {
        let key = self.system_key(id, &event.system).to_owned();
        Cow::Owned(Event { system: Cow::Owned(key), ..event.clone() })
    }

    /// What is declared of a system.
    pub fn declared(&self, id: SystemId) -> Option<&model::System> {
        self.model.systems.get(self.system_name(id))
    }

    /// The numbers of the declared systems. Works on a snapshot too.
    pub fn declared_systems(&self) -> Vec<SystemId> {
        self.systems().filter(|(_, name)| self.model.systems.contains_key(*name)).map(|(id, _)| id).collect()
    }

    /// Whether a system is declared now; `None` where it never was.
    pub fn is_declared(&self, id: SystemId) -> Option<bool> {
        let row = self.systems.get(id as usize).filter(|row| row.declared && !row.removed)?;
        Some(self.model.systems.contains_key(&*row.name))
    }

    /// Takes a new operating model into force, and says which systems it ends and renames. `has_state` says whether anything
    /// ever came of a system.
    pub fn configure(&mut self, model: Arc<Model>, has_state: &dyn Fn(SystemId) -> bool) -> Configured {
        let ended = model.removed.iter().filter_map(|name| self.live(name)).collect();
        let mut done = Configured { ended, renamed: Vec::new() };
        let steps = self.with_known(&model, has_state, |known| renaming::steps(&model, known));
        for step in steps {
            match step {
                Renaming::End(id) => done.ended.push(id),
                Renaming::Rename(id, name) => {
                    self.systems.get_mut(id as usize).expect("it is known by name").name = Arc::from(name);
                    done.renamed.push(id);
                }
            }
        }
        for id in &done.ended {
            self.systems.get_mut(*id as usize).expect("it is known by name").removed = true;
        }
        self.model = Arc::clone(&model);
        self.chosen = Chosen::of(&self.model);
        self.index_names();
        for name in model.systems.keys() {
            let id = self.live(name).unwrap_or_else(|| self.add_system(name, true));
            self.systems.get_mut(id as usize).expect("known by name").declared = true;
        }
        // What is newly declared may formerly have had another name.
        self.index_names();
        done
    }

    /// Why this model cannot come into force, if it would join two states.
    pub fn conflict(&self, model: &Model, has_state: &dyn Fn(SystemId) -> bool) -> Option<String> {
        self.with_known(model, has_state, |known| renaming::conflict(model, known))
    }

    /// Says what is known of the systems to `ask`.
    fn with_known<R>(
        &self,
        model: &Model,
        has_state: &dyn Fn(SystemId) -> bool,
        ask: impl FnOnce(&Known<'_, SystemId>) -> R,
    ) -> R {
        let named = |name: &str| self.live(name).filter(|_| !model.removed.contains(name));
        let is_spoken_for = |row: &SystemRow| {
            row.removed || model.systems.contains_key(&*row.name) || model.removed.contains(&*row.name)
        };
        let first_named = |name: &str| {
            let found =
                self.systems.iter().position(|row| !is_spoken_for(row) && *row.key == *name && *row.name != *name)?;
            Some(found as SystemId)
        };
        ask(&Known { named: &named, first_named: &first_named, has_state })
    }

    /// The system that has this name now, not formerly.
    fn live(&self, name: &str) -> Option<SystemId> {
        self.known_system(name).filter(|id| self.systems.get(*id as usize).is_some_and(|row| row.is(name)))
    }

    /// Finds each system by its name, and by those that it formerly had, unless another has that name now.
    fn index_names(&mut self) {
        let live = self.systems.iter().enumerate().filter(|(_, row)| !row.removed);
        self.by_name.0 = live.map(|(id, row)| (row.name.to_string(), id as SystemId)).collect();
        for (name, declared) in &self.model.systems {
            let Some(id) = self.by_name.get(name.as_str()).copied() else { continue };
            for former in &declared.formerly {
                self.by_name.entry(former.clone()).or_insert(id);
            }
        }
    }

    fn add_system(&mut self, name: &str, declared: bool) -> SystemId {
        let id = self.systems.len() as SystemId;
        // A system that was renamed keeps its first name, so another one of that name needs a key that no name looks like.
        let is_taken = self.systems.iter().any(|row| !row.removed && *row.key == *name);
        let key = if is_taken { format!("{name}#{id}") } else { name.to_owned() };
        self.taken.system(key.len());
        self.systems.push(SystemRow { name: Arc::from(name), key: Arc::from(key), declared, removed: false });
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

    /// Whether there is no room for more series, label values or systems that events bring.
    pub fn is_full(&self) -> bool {
        self.taken.is_full(&self.model.limits)
    }

    /// Counts a label value that became `other`.
    pub fn limited(&mut self, metric: &str, label: &str) {
        let name = (metric.to_owned(), label.to_owned());
        if let Some(count) = self.limited.get_mut(&name) {
            *count += 1;
            return;
        }
        self.limited_since.insert(name.clone(), self.now);
        self.limited.insert(name, 1);
    }

    /// Whether a counter or histogram that began then is still shown at 0.
    pub fn is_newborn(&self, created: Timestamp) -> bool {
        self.newborn_after.is_some_and(|after| created > after)
    }

    /// The clock was ahead: the time goes back.
    pub fn correct(&mut self, clock: &Correction) {
        self.now = clock.to();
        clock.correct_receipt(&mut self.limited_since);
    }

    /// Fills in the texts of a key; false when its system was removed. `known` is the key of the texts that are there.
    pub fn texts<'a>(&'a self, of: &'static Family, key: &[u32], known: Option<&[u32]>, texts: &mut [&'a str]) -> bool {
        let is_new = |at: usize, value: u32| known.is_none_or(|known| known[at] != value);
        let new =
            texts.iter_mut().zip(key).zip(of.labels).enumerate().filter(|(at, ((_, value), _))| is_new(*at, **value));
        for (_, ((text, value), label)) in new {
            if matches!(label.values, Values::System) && !self.is_live(*value) {
                return false;
            }
            *text = self.text_of(*value, &label.values);
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

    /// Bytes of the names and values of a series' labels, whether its system was removed or not. A system counts with its
    /// first name, so that a restart counts the same.
    pub fn names_bytes(&self, family: &'static Family, key: &[u32]) -> usize {
        let length = |value: u32, values: &Values| match values {
            Values::System => self.systems.get(value as usize).map_or(SHARED.len(), |row| row.key.len()),
            _ => self.text_of(value, values).len(),
        };
        key.iter().zip(family.labels).map(|(value, label)| length(*value, &label.values) + label.name.len() + 4).sum()
    }

    /// Rebuilds the indexes of a restored core.
    pub fn rebuild(&mut self) {
        self.chosen = Chosen::of(&self.model);
        self.labels.rebuild();
        self.labels.admitted_lengths().for_each(|length| self.taken.label(length));
        self.systems.iter().for_each(|row| self.taken.system(row.key.len()));
        self.index_names();
    }
}

#[cfg(test)]
mod tests;
