//! What reading an event needs to know apart from its bytes.

use super::super::body::Str;
use super::super::fixed::Fixed;
use super::super::time::Timestamp;
use super::super::words::Inlet;

/// What reading needs to know apart from the bytes.
#[derive(Clone, Copy)]
pub struct Context<'m> {
    pub received: Timestamp,
    pub inlet: Inlet,
    /// The system of events that name none.
    pub default_system: Option<&'m str>,
    /// The declared rating scale (lowest, highest) of a system.
    pub rating_scale: &'m dyn Fn(&str) -> (Fixed, Fixed),
}

impl Context<'_> {
    /// The default system, as an event has it.
    pub(super) fn system(&self) -> Option<Str<'static>> {
        self.default_system.map(|system| Str::Owned(system.to_string()))
    }
}
