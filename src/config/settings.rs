//! What was written, in the right type and with its place.
//!
//! A wrong value is reported by [`super::read`] and then missing here, so that everything else is still looked at.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::node::push_key;
use super::problem::At;
use crate::event::{Fixed, Timestamp};

/// A value that was written in the right form.
#[derive(Debug)]
pub struct Value {
    pub at: At,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    Map(Settings),
    Table(Vec<(String, At, Value)>),
    List(Vec<Value>),
    Scale(Fixed, Fixed),
    Bool(bool),
    Nanos(i64),
    Whole(u64),
    Number(Fixed),
    Text(String),
    Address(SocketAddr),
    Moment(Timestamp),
}

/// A map as it was written. What is absent, or was wrong and is already reported, is `None`.
#[derive(Debug, Default)]
pub struct Settings {
    pub at: At,
    /// The keys that lead here.
    pub path: String,
    pub(super) values: BTreeMap<&'static str, Value>,
}

static NOTHING: Settings = Settings { at: At::FILE, path: String::new(), values: BTreeMap::new() };

/// Getters: each key has one form, so a value of another form cannot stand there.
impl Settings {
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }
    /// Where a value stands, else where this map stands.
    pub fn at(&self, key: &str) -> At {
        self.values.get(key).map_or(self.at, |value| value.at)
    }
    /// The whole path of a key in this map.
    pub fn field(&self, key: &str) -> String {
        let mut path = self.path.clone();
        push_key(&mut path, key);
        path
    }
    pub fn map(&self, key: &str) -> &Settings {
        self.optional(key).unwrap_or(&NOTHING)
    }
    pub fn optional(&self, key: &str) -> Option<&Settings> {
        match self.what(key)? {
            What::Map(settings) => Some(settings),
            _ => None,
        }
    }
    pub fn table(&self, key: &str) -> &[(String, At, Value)] {
        match self.what(key) {
            Some(What::Table(values)) => values,
            _ => &[],
        }
    }
    pub fn list(&self, key: &str) -> &[Value] {
        match self.what(key) {
            Some(What::List(values)) => values,
            _ => &[],
        }
    }
    pub fn nanos(&self, key: &str) -> Option<i64> {
        match self.what(key)? {
            What::Nanos(nanos) => Some(*nanos),
            _ => None,
        }
    }
    pub fn whole(&self, key: &str) -> Option<u64> {
        match self.what(key)? {
            What::Whole(number) => Some(*number),
            _ => None,
        }
    }
    pub fn number(&self, key: &str) -> Option<Fixed> {
        match self.what(key)? {
            What::Number(number) => Some(*number),
            _ => None,
        }
    }
    pub fn boolean(&self, key: &str) -> Option<bool> {
        match self.what(key)? {
            What::Bool(value) => Some(*value),
            _ => None,
        }
    }
    pub fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.text()
    }
    pub fn address(&self, key: &str) -> Option<SocketAddr> {
        match self.what(key)? {
            What::Address(address) => Some(*address),
            _ => None,
        }
    }
    pub fn moment(&self, key: &str) -> Option<Timestamp> {
        match self.what(key)? {
            What::Moment(moment) => Some(*moment),
            _ => None,
        }
    }
    pub fn scale(&self, key: &str) -> Option<(Fixed, Fixed)> {
        match self.what(key)? {
            What::Scale(low, high) => Some((*low, *high)),
            _ => None,
        }
    }

    fn what(&self, key: &str) -> Option<&What> {
        self.values.get(key).map(|value| &value.what)
    }
}

impl Value {
    pub fn numbers(&self) -> Vec<Fixed> {
        let What::List(items) = &self.what else { return Vec::new() };
        let number = |item: &Value| if let What::Number(number) = item.what { Some(number) } else { None };
        items.iter().filter_map(number).collect()
    }
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
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
