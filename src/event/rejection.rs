//! [`Rejection`]: what the sender of a bad event reads.

use super::body::Kind;
use super::words::Reason;

/// An event that its sender must change: which field, and what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    pub reason: Reason,
    /// The field in the sender's own spelling, when one field is to blame.
    pub field: Option<String>,
    /// A sentence that says what was found, what is expected, and where.
    pub error: String,
    /// What else is wrong with it: the reason is that of the first mistake.
    pub more: Vec<Mistake>,
    /// The type, where it could be read.
    pub kind: Option<Kind>,
    /// The system, where it could be read.
    pub system: Option<String>,
}

/// One of several mistakes in an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    pub field: Option<String>,
    pub error: String,
}

impl Rejection {
    /// A rejection for something that is in no field.
    pub fn new(reason: Reason, error: impl Into<String>) -> Rejection {
        Rejection { reason, field: None, error: error.into(), more: Vec::new(), kind: None, system: None }
    }

    /// Every mistake, the first one first.
    pub fn mistakes(self) -> impl Iterator<Item = Mistake> {
        std::iter::once(Mistake { field: self.field, error: self.error }).chain(self.more)
    }
}
