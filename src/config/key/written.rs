//! What was written in a file, in the right type and with its place.
//!
//! A wrong value is reported by [`super::super::read`] and then missing here, so that everything else is still checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil;

use super::listen::Listen;
use crate::event::{Fixed, Timestamp};

/// A place in a file, both numbers from 1. Line 0 means the file as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    pub line: usize,
    /// In characters.
    pub column: usize,
}

impl At {
    pub const FILE: At = At { line: 0, column: 0 };
}

/// A value that was written in the right form.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenValue {
    pub at: At,
    pub what: What,
}

/// The types of value. A key's form decides which one it has.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Map(Settings),
    /// Name, place of the name, value; in the order of the file.
    Table(Vec<(String, At, WrittenValue)>),
    List(Vec<WrittenValue>),
    /// The lowest and the highest rating.
    Scale(Fixed, Fixed),
    Bool(bool),
    /// A span of time in nanoseconds.
    Nanos(i64),
    /// A span of business hours in nanoseconds.
    Business(i64),
    Whole(u64),
    Number(Fixed),
    Text(String),
    /// As written, and resolved against the directory of the file.
    Path {
        written: String,
        path: PathBuf,
    },
    Address(Listen),
    Moment(Timestamp),
    Date(civil::Date),
}

/// A map as it was written. A key that is absent, or whose value was wrong and is already reported, has no value here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub at: At,
    /// The keys that lead here.
    pub path: String,
    pub values: BTreeMap<&'static str, WrittenValue>,
}

static NOTHING: Settings = Settings { at: At::FILE, path: String::new(), values: BTreeMap::new() };

impl Settings {
    pub fn get(&self, key: &str) -> Option<&WrittenValue> {
        self.values.get(key)
    }
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }
    /// The place of a value; of this map when the key is absent.
    pub fn at(&self, key: &str) -> At {
        self.get(key).map_or(self.at, |value| value.at)
    }
    /// The whole path of a key in this map.
    pub fn field(&self, key: &str) -> String {
        let mut path = self.path.clone();
        push_key(&mut path, key);
        path
    }
    /// The map at a key; an empty one when the key is absent.
    pub fn map(&self, key: &str) -> &Settings {
        self.get(key).map_or(&NOTHING, WrittenValue::settings)
    }
    pub fn table(&self, key: &str) -> &[(String, At, WrittenValue)] {
        match self.get(key).map(|value| &value.what) {
            Some(What::Table(values)) => values,
            _ => &[],
        }
    }
    pub fn list(&self, key: &str) -> &[WrittenValue] {
        match self.get(key).map(|value| &value.what) {
            Some(What::List(values)) => values,
            _ => &[],
        }
    }
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }
}

impl WrittenValue {
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) | What::Path { written: text, .. } => Some(text),
            _ => None,
        }
    }
    pub fn settings(&self) -> &Settings {
        match &self.what {
            What::Map(settings) => settings,
            _ => &NOTHING,
        }
    }
}

/// Adds a key to a path of keys: `a.b`, or `a["b.c"]` where a bare key would be ambiguous.
pub fn push_key(path: &mut String, key: &str) {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if !key.is_empty() && key.chars().all(plain) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        path.push('[');
        path.push_str(&shown(key));
        path.push(']');
    }
}

/// Written text in quotes for a message: short enough for a line, and free of control characters.
pub fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let short: String = text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(CHARACTERS_MAX).is_some() { "…" } else { "" };
    format!("\"{short}{more}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_harmless() {
        assert_eq!(shown("a\u{1b}[2J"), r#""a\u{1b}[2J""#);
        assert!(shown(&"x".repeat(1_000)).len() < 70);
    }
}
