//! What reading an event needs to know apart from its bytes.

use std::cell::RefCell;

use super::super::body::Str;
use super::super::fixed::Fixed;
use super::super::time::Timestamp;
use super::super::words::Inlet;
use super::notes::Notes;

/// What reading needs to know apart from the bytes.
#[derive(Clone, Copy)]
pub struct Context<'m> {
    pub received: Timestamp,
    pub inlet: Inlet,
    /// The system of events that name none.
    pub default_system: Option<&'m str>,
    /// The declared rating scale (lowest, highest) of a system.
    pub rating_scale: &'m dyn Fn(&str) -> (Fixed, Fixed),
    /// Nanoseconds that an event may be old: `limits.event_age`.
    pub event_age: i64,
    /// Takes what the sender should know about the fields of accepted events.
    pub notes: Option<&'m RefCell<Notes>>,
}

impl Context<'_> {
    /// The default system, as an event has it.
    pub(super) fn system(&self) -> Option<Str<'static>> {
        self.default_system.map(|system| Str::Owned(system.to_string()))
    }
}
