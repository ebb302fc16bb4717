//! [`Within`]: how long something may take, in plain time or in business hours.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::key::spans::{BUSINESS, duration_text};
use super::super::key::{Scalar, Shape, ValueForm, What, form};

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Within {
    /// Above 0.
    pub nanos: i64,
    /// Only the hours of the system's calendar count.
    pub business: bool,
}

impl Within {
    /// In plain time.
    pub const fn plain(nanos: i64) -> Within {
        Within { nanos, business: false }
    }
    /// In business hours.
    pub const fn business(nanos: i64) -> Within {
        Within { nanos, business: true }
    }
}

/// The form of a duration that may say `business`.
pub fn within() -> ValueForm<Within> {
    form::scalar(Shape::Within)
}

impl Scalar for Within {
    fn take(what: &What) -> Option<Within> {
        match what {
            What::Nanos(nanos) => Some(Within::plain(*nanos)),
            What::Business(nanos) => Some(Within::business(*nanos)),
            _ => None,
        }
    }
    fn give(&self) -> What {
        if self.business { What::Business(self.nanos) } else { What::Nanos(self.nanos) }
    }
}

/// As it is written in a file.
impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration_text(self.nanos))?;
        if self.business { write!(f, " {BUSINESS}") } else { Ok(()) }
    }
}

/// As versions before 0.3.0 recorded every duration: plain time is a number of nanoseconds.
impl Serialize for Within {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.business {
            return serializer.serialize_i64(self.nanos);
        }
        let mut fields = serializer.serialize_struct("Within", 2)?;
        fields.serialize_field("nanos", &self.nanos)?;
        fields.serialize_field("business", &self.business)?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Within {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Within, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Recorded {
            Plain(i64),
            Fields {
                nanos: i64,
                #[serde(default)]
                business: bool,
            },
        }
        Ok(match Recorded::deserialize(deserializer)? {
            Recorded::Plain(nanos) => Within::plain(nanos),
            Recorded::Fields { nanos, business } => Within { nanos, business },
        })
    }
}
