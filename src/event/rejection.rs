//! [`Rejection`]: what the sender of a bad event reads.

use super::words::Reason;

/// An event that its sender must change: which field, and what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    pub reason: Reason,
    /// The field in the sender's own spelling, when one field is to blame.
    pub field: Option<String>,
    /// A sentence that says what was found, what is expected, and where.
    pub error: String,
}
