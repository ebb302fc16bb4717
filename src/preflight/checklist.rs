//! The one list of what is graded: five lines, then five questions, a file each.
//!
//! Report, JSON and its schema, text, Markdown, metrics and docs/preflight.md are all made from [`ITEMS`]. To add a check,
//! add it to the list in the file of its line.

use serde::{Deserialize, Deserializer, Serializer};

use super::check::{Check, Line};

macro_rules! items {
    ($($part:literal: $($name:ident)+;)+) => {
        $($(mod $name;)+)+

        /// Every item, in the order of the checklist.
        pub static ITEMS: &[Item] = &[$($(Item { name: stringify!($name), part: $part, line: &$name::LINE },)+)+];
        /// Their names, in that order.
        pub const NAMES: &[&str] = &[$($(stringify!($name),)+)+];
    };
}

items! {
    "The five lines": boundaries exception_path owner operational_quality maintenance;
    "The five questions": data_quality exception_handling behavior_changes monitoring rollback;
}

/// A line or a question of the checklist.
pub struct Item {
    /// The value of the label `item`.
    pub name: &'static str,
    /// The heading it is under.
    pub part: &'static str,
    line: &'static Line,
}

impl Item {
    pub fn named(name: &str) -> Option<&'static Item> {
        ITEMS.iter().find(|item| item.name == name)
    }

    pub fn checks(&self) -> &'static [Check] {
        self.line.checks
    }

    /// Its name in words: `exception path`.
    pub fn words(&self) -> String {
        self.name.replace('_', " ")
    }

    /// Its number within its part, and its question.
    pub(super) fn title(&self) -> String {
        let number = self.part().position(|item| item.name == self.name).map_or(0, |position| position + 1);
        format!("{number} {}", self.line.title)
    }

    /// The heading to print before this item: that of its part, if it is the first one.
    pub(super) fn heading(&self) -> Option<&'static str> {
        self.part().next().filter(|first| first.name == self.name).map(|first| first.part)
    }

    fn part(&self) -> impl Iterator<Item = &'static Item> {
        ITEMS.iter().filter(|item| item.part == self.part)
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Item) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Writes an item by its name.
pub(super) fn serialize<S: Serializer>(item: &&'static Item, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(item.name)
}

/// Reads an item by its name; an unknown name is an error.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static Item, D::Error> {
    let name = String::deserialize(deserializer)?;
    Item::named(&name).ok_or_else(|| serde::de::Error::unknown_variant(&name, NAMES))
}
