//! [`Births`]: when each of day90's own counters was first seen, so that a scraper is shown it at 0 first.
//!
//! The state knows when each of its series began. The `prometheus` crate doesn't say it, and these counters begin again with
//! the process anyway, so the moment of the first look at a series has to do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::event::Timestamp;
use crate::state::engine::family::{Buckets, Metadata, Number, Sink, Type};

/// Series whose first look is remembered. More than there are; over it, a new one is shown as it is.
const SERIES_MAX: usize = 10_000;
const LONG_AGO: Timestamp = Timestamp::from_nanos(i64::MIN);
/// What the process used: no alert waits for its first sample, and at 0 it would read as idle.
const PROCESS: &str = "process_";

/// When each counter or histogram was first seen, by its family and label values.
#[derive(Debug, Default)]
pub(super) struct Births(Mutex<HashMap<String, Timestamp>>);

impl Births {
    /// A sink that shows what was first seen after `after` at 0, and everything as it is without it.
    pub(super) fn watch<'a>(&'a self, now: Timestamp, after: Option<Timestamp>, sink: &'a mut dyn Sink) -> Watched<'a> {
        Watched { births: self, now, after, family: String::new(), is_watched: false, sink }
    }

    fn of(&self, family: &str, values: &[&str], now: Timestamp) -> Option<Timestamp> {
        let mut name = family.to_owned();
        // A value may hold any character, so its length comes first.
        values.iter().for_each(|value| name += &format!(" {}:{value}", value.len()));
        let mut births = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(born) = births.get_mut(&name) {
            if *born > now {
                // The clock was ahead and was set back. What was shown already must not fall to 0 again.
                *born = LONG_AGO;
            }
            return Some(*born);
        }
        if births.len() >= SERIES_MAX {
            return None;
        }
        births.insert(name, now);
        Some(now)
    }
}

/// Passes families on, with newborn counters and histograms at 0.
pub(super) struct Watched<'a> {
    births: &'a Births,
    now: Timestamp,
    after: Option<Timestamp>,
    family: String,
    is_watched: bool,
    sink: &'a mut dyn Sink,
}

impl Watched<'_> {
    fn is_newborn(&self, values: &[&str]) -> bool {
        if !self.is_watched {
            return false;
        }
        let born = self.births.of(&self.family, values, self.now);
        self.after.zip(born).is_some_and(|(after, born)| born > after)
    }
}

impl Sink for Watched<'_> {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]) {
        name.clone_into(&mut self.family);
        self.is_watched = kind != Type::Gauge && !name.starts_with(PROCESS);
        self.sink.family(name, kind, help, labels);
    }

    fn sample(&mut self, values: &[&str], number: Number) {
        self.sink.sample(values, number);
    }

    fn counter(&mut self, values: &[&str], number: Number, metadata: Metadata<'_>) {
        match self.is_newborn(values) {
            true => self.sink.counter(values, Number::Count(0), Metadata { exemplar: None, ..metadata }),
            false => self.sink.counter(values, number, metadata),
        }
    }

    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        if !self.is_newborn(values) {
            return self.sink.histogram(values, buckets);
        }
        let counts = vec![0; buckets.counts.len()];
        let metadata = Metadata { exemplar: None, ..buckets.metadata };
        self.sink
            .histogram(values, Buckets { counts: &counts, sum: Number::Count(0), native: None, metadata, ..buckets });
    }
}
