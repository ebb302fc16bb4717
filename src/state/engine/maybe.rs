//! [`Maybe`]: an optional moment in half the size of an `Option<Timestamp>`. A lifecycle's row holds several, and there
//! can be half a million rows.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Timestamp;

/// An optional moment, serialized as an `Option<Timestamp>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maybe(i64);

/// No moment: the earliest one that fits, in the year 1677.
const NEVER: i64 = i64::MIN;

impl Maybe {
    pub const NEVER: Maybe = Maybe(NEVER);

    pub fn get(self) -> Option<Timestamp> {
        self.is_some().then_some(Timestamp::from_nanos(self.0))
    }

    pub fn is_some(self) -> bool {
        self.0 != NEVER
    }

    pub fn is_none(self) -> bool {
        !self.is_some()
    }

    /// Sets the moment if there is none yet. True if it did.
    pub fn set(&mut self, at: Timestamp) -> bool {
        let is_new = self.is_none();
        if is_new {
            *self = at.into();
        }
        is_new
    }

    pub fn take(&mut self) -> Option<Timestamp> {
        std::mem::replace(self, Maybe::NEVER).get()
    }
}

impl Default for Maybe {
    fn default() -> Maybe {
        Maybe::NEVER
    }
}

impl From<Timestamp> for Maybe {
    fn from(at: Timestamp) -> Maybe {
        // The earliest moment is taken, so it becomes the one a nanosecond later.
        Maybe(at.nanos().max(NEVER + 1))
    }
}

impl From<Option<Timestamp>> for Maybe {
    fn from(at: Option<Timestamp>) -> Maybe {
        at.map_or(Maybe::NEVER, Maybe::from)
    }
}

impl Serialize for Maybe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Maybe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Maybe, D::Error> {
        Option::<Timestamp>::deserialize(deserializer).map(Maybe::from)
    }
}

#[cfg(test)]
mod tests;
