//! A system's whole history: what was declared when, and every event as it was accepted.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::declared::{DAY, Declared, MINUTE, SECOND};
use super::samples::Samples;
use super::{changes, escalations, plain, resolutions, reviews, rollbacks};

pub const GRACE: i64 = 5 * MINUTE;
pub const LIFECYCLE_MEMORY: i64 = DAY;
pub const RESOLUTION_MEMORY: i64 = 35 * DAY;

/// An event as it was accepted.
#[derive(Clone, Debug)]
pub struct Event {
    pub kind: String,
    pub fields: Map<String, Value>,
    /// Its place in the order of arrival.
    pub order: usize,
    pub received: i64,
    /// When it happened.
    pub time: i64,
}

impl Event {
    /// An object in the short form, `index`th of its request.
    pub fn new(object: &Value, received: i64, index: usize, order: usize) -> Event {
        let fields = object.as_object().expect("an object").clone();
        let written = fields.get("time").and_then(Value::as_str);
        let time = written.map_or(received + index as i64, |text| {
            text.parse::<jiff::Timestamp>().expect("a time").as_nanosecond() as i64
        });
        let kind = fields["type"].as_str().expect("a type").to_owned();
        Event { kind, fields, order, received, time }
    }

    /// An identifier that is written as a number is its text; an empty text is absent.
    pub fn text(&self, field: &str) -> Option<String> {
        match self.fields.get(field)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub fn or(&self, field: &str, default: &str) -> String {
        self.text(field).unwrap_or_else(|| default.to_owned())
    }

    pub fn number(&self, field: &str) -> Option<f64> {
        match self.fields.get(field)? {
            Value::String(text) => text.parse().ok(),
            other => other.as_f64(),
        }
    }

    pub fn flag(&self, field: &str) -> Option<bool> {
        self.fields.get(field)?.as_bool()
    }
}

/// Everything that decides what one system's metrics are.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What was declared, and since when.
    pub declared: Vec<(i64, Declared)>,
    /// In the order of arrival; what was a duplicate is still in it.
    pub events: Vec<Event>,
}

/// What is counted without `system`.
pub const ORPHANS: &str = "day90_lifecycle_orphans_total";
pub const REPEATS: &str = "day90_lifecycle_repeats_total";
pub const SKEW: &str = "day90_clock_skew_total";

/// Where the families write.
#[derive(Default)]
pub struct Count {
    pub samples: Samples,
    /// Orphans, repeats, skew.
    pub all: Samples,
}

impl Count {
    pub fn orphan(&mut self, event: &Event) {
        self.all.count(ORPHANS, &[("type", &event.kind)]);
    }

    pub fn repeat(&mut self, event: &Event) {
        self.all.count(REPEATS, &[("type", &event.kind)]);
    }

    pub fn skew(&mut self) {
        self.all.count(SKEW, &[]);
    }

    /// An event that an objective judges.
    pub fn judged(&mut self, objective: &str, good: bool) {
        let labels = [("objective", objective)];
        self.samples.count("day90_objective_events_total", &labels);
        if good {
            self.samples.count("day90_objective_good_total", &labels);
        }
    }

    /// Seconds that a sender measured: a negative duration is 0, and skew.
    pub fn sent(&mut self, seconds: f64) -> f64 {
        if seconds < 0.0 {
            self.skew();
        }
        seconds.max(0.0)
    }

    /// Seconds from one event to another: never negative, and skew where they would be.
    pub fn between(&mut self, from: i64, to: i64) -> f64 {
        if to < from {
            self.skew();
        }
        as_seconds((to - from).max(0))
    }
}

pub fn as_seconds(nanos: i64) -> f64 {
    nanos as f64 / SECOND as f64
}

impl History {
    /// The declaration in force when this arrived.
    pub fn declared_at(&self, received: i64) -> &Declared {
        let found = self.declared.iter().rev().find(|(since, _)| *since <= received);
        &found.or(self.declared.first()).expect("a declaration").1
    }

    pub fn now_declared(&self) -> &Declared {
        &self.declared.last().expect("a declaration").1
    }

    /// The events of these types, each (source, type, id) once.
    pub fn of<'h>(&'h self, kinds: &'h [&'h str]) -> impl Iterator<Item = &'h Event> {
        let mut seen = HashSet::new();
        let fresh = move |event: &&Event| {
            let id = event.text("id").map(|id| (event.or("source", ""), event.kind.clone(), id));
            id.is_none_or(|id| seen.insert(id))
        };
        self.events.iter().filter(|event| kinds.contains(&event.kind.as_str())).filter(fresh)
    }

    /// What `/metrics` shows of it at this moment.
    pub fn count(&self, now: i64) -> Count {
        let mut count = Count::default();
        plain::count(self, now, &mut count);
        escalations::count(self, now, &mut count);
        reviews::count(self, now, &mut count);
        reviews::count_appeals(self, now, &mut count);
        resolutions::count(self, now, &mut count);
        changes::count(self, now, &mut count);
        rollbacks::count(self, now, &mut count);
        count
    }
}
