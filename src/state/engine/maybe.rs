//! [`Maybe`]: a moment that may not be there, in half of what an `Option<Timestamp>` takes. Rows of lifecycles have several,
//! and there are half a million rows.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::Timestamp;

/// As an `Option<Timestamp>`, and stored as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maybe(i64);

/// No moment: the first of all that can be spelled, in the year 1677.
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

    /// Becomes this moment, unless there is one already; true when it did.
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

impl From<Timestamp> for Maybe {
    fn from(at: Timestamp) -> Maybe {
        // The first moment of all becomes the one after it: a nanosecond, three centuries ago.
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
mod tests {
    use super::*;

    #[test]
    fn it_is_stored_as_an_option() {
        for at in [None, Some(Timestamp::EPOCH), Some(Timestamp::from_nanos(-1)), Some(Timestamp::from_nanos(i64::MAX))]
        {
            let bytes = postcard::to_stdvec(&Maybe::from(at)).unwrap();
            assert_eq!(bytes, postcard::to_stdvec(&at).unwrap());
            assert_eq!(postcard::from_bytes::<Maybe>(&bytes).unwrap().get(), at);
        }
    }

    #[test]
    fn the_first_moment_of_all_is_one() {
        assert!(Maybe::from(Timestamp::from_nanos(i64::MIN)).is_some());
    }
}
