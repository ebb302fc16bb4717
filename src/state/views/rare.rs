//! The last rare events of a snapshot, in order of arrival: `GET /api/v1/events`.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::event::{Event, Kind, Timestamp, json};
use crate::state::Snapshot;
use crate::state::engine::core::{SHARED, SystemId};
use crate::state::signals::rare::{RareEvent, RareKind};

/// Events in one answer, at most.
pub const EVENTS_MAX: usize = 1_000;

/// Which events are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RareQuery {
    pub system: Option<String>,
    pub what: Option<RareWhat>,
    /// Those that happened at this time or later.
    pub since: Option<Timestamp>,
    /// Those that came in after this record: the first of them. Without it, the last of all.
    pub after: Option<u64>,
    pub limit: usize,
}

/// What an event is, by its type or by what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RareWhat {
    Type(Kind),
    About(RareKind),
}

/// One rare event.
#[derive(Clone, Debug, Serialize)]
pub struct ShownEvent {
    /// The number of its record.
    pub sequence: u64,
    /// `violation`, `change`, `rollback`, `drill`, `evaluation` or `fallback`.
    pub about: &'static str,
    /// When it came in, RFC 3339; `event.time` is when it happened.
    pub received: String,
    /// The boundary that a violation went beyond.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<&'static str>,
    /// As it could be sent.
    pub event: Box<RawValue>,
}

/// The answer to a query.
#[derive(Clone, Debug, Serialize)]
pub struct ShownEvents {
    /// RFC 3339.
    pub generated: String,
    pub events: Vec<ShownEvent>,
    /// To go on from here, ask for what comes after this record.
    pub next: u64,
}

impl RareWhat {
    pub fn from_word(word: &str) -> Option<RareWhat> {
        let about = RareKind::from_word(word).map(RareWhat::About);
        about.or_else(|| Kind::from_word(word).map(RareWhat::Type))
    }

    fn is(self, kept: &RareEvent, event: &Event<'_>) -> bool {
        match self {
            RareWhat::Type(kind) => event.body.kind() == kind,
            RareWhat::About(about) => kept.kind == about,
        }
    }
}

impl Snapshot {
    /// Whether a system is declared or has sent events.
    pub fn knows(&self, system: &str) -> bool {
        self.state.core.system_id(system).is_some()
    }

    /// The rare events that are asked for.
    pub fn rare_events(&self, asked: &RareQuery) -> ShownEvents {
        let core = &self.state.core;
        let is_asked = |name: &str| asked.system.as_deref().is_none_or(|system| system == name);
        let systems = core.systems().filter(|(_, name)| is_asked(name)).map(|(id, _)| id);
        let all = systems.flat_map(|system| self.state.rare.of(system).map(move |kept| (system, kept)));
        let mut found: Vec<(SystemId, &RareEvent, Event<'_>)> = all
            .filter(|(_, kept)| asked.after.is_none_or(|after| kept.sequence > after))
            .filter_map(|(system, kept)| Some((system, kept, kept.event()?)))
            .filter(|(_, kept, event)| {
                asked.since.is_none_or(|since| event.time >= since)
                    && asked.what.is_none_or(|what| what.is(kept, event))
            })
            .collect();
        found.sort_by_key(|(_, kept, _)| kept.sequence);
        let limit = asked.limit.min(EVENTS_MAX);
        let mut next = core.sequence;
        if asked.after.is_none() {
            found.drain(..found.len().saturating_sub(limit));
        } else if found.len() > limit {
            found.truncate(limit);
            next = found.last().map_or(next, |(_, kept, _)| kept.sequence);
        }
        let events = found.into_iter().filter_map(|(system, kept, event)| self.shown_event(system, kept, event));
        ShownEvents { generated: core.now.to_string(), events: events.collect(), next }
    }

    fn shown_event(&self, system: SystemId, kept: &RareEvent, event: Event<'_>) -> Option<ShownEvent> {
        let name = self.state.core.system_name(system);
        let received = event.received.to_string();
        // Under the name that it has now; what shares a row keeps what was sent.
        let event = if name == SHARED { event } else { Event { system: Cow::Borrowed(name), ..event } };
        let mut text = String::new();
        json::write(&event, &mut text);
        Some(ShownEvent {
            sequence: kept.sequence,
            about: kept.kind.as_str(),
            received,
            declared: kept.declared.map(|mode| mode.as_str()),
            event: RawValue::from_string(text).ok()?,
        })
    }
}
