//! Compares a YAML tree with the declared keys: spelling, types, units, ranges. Every mistake is reported.

mod scalar;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use self::scalar::{Scalars, ZONE_HINTS_MAX, number_of};
use super::key::written::push_key;
use super::key::{About, At, Names, Served, Settings, Shape, Unserved, ValueForm, What, WrittenValue};
use super::node::{Content, MapEntry, Node};
use super::problem::{PROBLEMS_MAX, Problems, nearest};
use super::units;
use crate::event::Fixed;

/// Reads one file, and collects what is found on the way.
pub struct Reader<'p> {
    pub problems: &'p mut Problems,
    /// Where files and addresses are named.
    pub places: BTreeMap<String, At>,
    /// The keys that are set and that this version doesn't serve.
    pub unserved: Vec<Unserved>,
    scalars: Scalars<'p>,
    path: String,
}

impl<'p> Reader<'p> {
    /// Relative paths begin at `base_dir`.
    pub fn new(problems: &'p mut Problems, base_dir: &'p Path) -> Reader<'p> {
        let scalars = Scalars::new(base_dir);
        Reader { problems, places: BTreeMap::new(), unserved: Vec::new(), scalars, path: String::new() }
    }

    /// Reads a whole document: what was written, and what it sets. One that is empty, or isn't a map, sets nothing.
    pub fn document<T: Default>(&mut self, root: Option<&Node>, form: &ValueForm<T>) -> (Settings, T) {
        match root.and_then(|root| self.value(root, &form.shape)) {
            Some(WrittenValue { what, .. }) => {
                let set = (form.read)(&what).unwrap_or_default();
                let What::Map(written) = what else { return (Settings::default(), set) };
                (written, set)
            }
            None => (Settings::default(), T::default()),
        }
    }

    /// A value of this shape, or a problem and nothing.
    pub fn value(&mut self, node: &Node, shape: &Shape) -> Option<WrittenValue> {
        let what = match shape {
            Shape::Map(keys) => self.map(node, keys).map(What::Map),
            Shape::Table { names, of, max } => self.table(node, *names, of, *max),
            Shape::List { of, min, max } => self.list(node, of, *min, *max),
            Shape::Scale => self.scale(node),
            shape => {
                let read = self.scalars.read(node, shape, self.problems.errors() <= ZONE_HINTS_MAX);
                read.map_err(|message| self.problems.error(node.at, &self.path, message)).ok()
            }
        }?;
        if matches!(shape, Shape::File | Shape::Pattern | Shape::Address) {
            self.places.insert(self.path.clone(), node.at);
        }
        Some(WrittenValue { at: node.at, what })
    }

    fn map(&mut self, node: &Node, keys: &[About]) -> Option<Settings> {
        let mut settings = Settings { at: node.at, path: self.path.clone(), values: BTreeMap::new() };
        let entries = self.entries(node, "a map")?;
        for entry in entries {
            self.inside(&entry.key, |reader| reader.entry(entry, keys, &mut settings));
        }
        // A wrong or a misspelt value of the key is reported already.
        let tried = |key: &About| entries.iter().any(|entry| meant(&entry.key, keys) == Some(key.name));
        for key in keys.iter().filter(|key| key.required && !tried(key)) {
            self.inside(key.name, |reader| {
                reader.problems.error(node.at, &reader.path, format!("is missing; it says: {}", key.help));
            });
        }
        Some(settings)
    }

    fn entry(&mut self, entry: &MapEntry, keys: &[About], settings: &mut Settings) {
        let Some(key) = keys.iter().find(|key| key.name == entry.key) else {
            // What isn't listed any more needs no hint.
            let listed = self.problems.errors() < PROBLEMS_MAX;
            let hint = if listed { hint_for(&entry.key, keys) } else { String::new() };
            self.problems.error(entry.at, &self.path, format!("unknown key{hint}"));
            return;
        };
        let empty = matches!(entry.value.content, Content::Null);
        // A heading whose lines are all commented out says nothing.
        if empty && key.shape.is_collection() && !key.required {
            return;
        }
        let value = match empty && !key.shape.is_collection() {
            true => self.wrong(entry.at, "has no value; give one, or leave the key out".into()),
            false => self.value(&entry.value, &key.shape),
        };
        if let Some(value) = value {
            self.note_unserved(key, &value.what);
            settings.values.insert(key.name, value);
        }
    }

    fn note_unserved(&mut self, key: &About, what: &What) {
        // What is as it would be anyway asks for nothing.
        if key.served == Served::Yes || key.served == Served::NoEffect && key.default.as_ref() == Some(what) {
            return;
        }
        let value = match what {
            What::Table(rows) if rows.is_empty() => return,
            What::List(items) if items.is_empty() => return,
            What::Path { path, .. } => path.display().to_string(),
            What::Text(text) => text.clone(),
            _ => String::new(),
        };
        self.unserved.push(Unserved { key: self.path.clone(), value, served: key.served });
    }

    fn table(&mut self, node: &Node, names: Names, of: &Shape, max: usize) -> Option<What> {
        let entries = self.entries(node, "a map of names")?;
        if entries.len() > max {
            return self.wrong(node.at, format!("has {} entries; at most {max} are allowed", entries.len()));
        }
        let mut values = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = self.inside(&entry.key, |reader| {
                let checked = match names {
                    Names::Any => units::name(&entry.key),
                    Names::Slug => units::slug(&entry.key),
                };
                if let Err(message) = checked {
                    reader.problems.error(entry.at, &reader.path, format!("the name {message}"));
                }
                reader.value(&entry.value, of)
            });
            values.extend(value.map(|value| (entry.key.clone(), entry.at, value)));
        }
        Some(What::Table(values))
    }

    fn list(&mut self, node: &Node, of: &Shape, min: usize, max: usize) -> Option<What> {
        let items: &[Rc<Node>] = match &node.content {
            Content::List(items) => items,
            Content::Null => &[],
            _ => return self.wrong(node.at, format!("must be a list, found {}", node.describe())),
        };
        if items.len() < min {
            return self.wrong(node.at, "is empty; name at least one, or leave the key out".into());
        }
        if items.len() > max {
            return self.wrong(node.at, format!("has {} entries; at most {max} are allowed", items.len()));
        }
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let length = self.path.len();
            self.path.push_str(&format!("[{index}]"));
            values.extend(self.value(item, of));
            self.path.truncate(length);
        }
        Some(What::List(values))
    }

    fn scale(&mut self, node: &Node) -> Option<What> {
        let Content::List(items) = &node.content else {
            return self.wrong(node.at, format!("must be two numbers such as [1, 5], found {}", node.describe()));
        };
        let numbers: Vec<Fixed> = items.iter().filter_map(|item| number_of(item)).collect();
        match (items.len(), numbers.as_slice()) {
            (2, [low, high]) if low < high => Some(What::Scale(*low, *high)),
            (2, [low, high]) => {
                self.wrong(node.at, format!("runs from {low} to {high}; the lowest rating must be below the highest"))
            }
            _ => self.wrong(node.at, "must be two numbers, the lowest and the highest rating, such as [1, 5]".into()),
        }
    }

    /// The entries of a map; none when everything below a heading is commented out.
    fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n [MapEntry]> {
        match &node.content {
            Content::Map(entries) => Some(entries),
            Content::Null => Some(&[]),
            _ => self.wrong(node.at, format!("must be {expected}, found {}", node.describe())),
        }
    }

    fn inside<T>(&mut self, key: &str, work: impl FnOnce(&mut Reader<'p>) -> T) -> T {
        let length = self.path.len();
        push_key(&mut self.path, key);
        let result = work(self);
        self.path.truncate(length);
        result
    }

    fn wrong<T>(&mut self, at: At, message: String) -> Option<T> {
        self.problems.error(at, &self.path, message);
        None
    }
}

/// The key that was written, or the one that it is a slip of.
fn meant(written: &str, keys: &[About]) -> Option<&'static str> {
    let exact = keys.iter().find(|key| key.name == written).map(|key| key.name);
    exact.or_else(|| nearest(written, keys.iter().map(|key| key.name)))
}

/// Keys of earlier versions, and what they are now.
const RENAMED: &[(&str, &str)] = &[("signature", "it is called scheme now: github signs with x-hub-signature-256")];

/// A misspelt key's neighbor, or the map where a misplaced key belongs.
fn hint_for(written: &str, keys: &[About]) -> String {
    if let Some((_, hint)) = RENAMED.iter().find(|(old, _)| *old == written) {
        return format!("; {hint}");
    }
    if let Some(near) = nearest(written, keys.iter().map(|key| key.name)) {
        return format!("; did you mean {near}?");
    }
    let holds =
        |key: &&About| matches!(&key.shape, Shape::Map(inner) if inner.iter().any(|inner| inner.name == written));
    match keys.iter().find(holds) {
        Some(parent) => format!("; it belongs under {}", parent.name),
        None if keys.len() <= 12 => {
            format!("; known here: {}", keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))
        }
        None => String::new(),
    }
}
