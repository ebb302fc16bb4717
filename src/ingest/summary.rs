//! The reply to a request with events: what became of each, and when to send it again.

use hyper::StatusCode;
use serde::Serialize;

use crate::http::reply::{ErrorReply, JSON, Reply, answer};
use crate::pipeline::Refusal;
use crate::telemetry::Refused;

/// Errors that one reply lists; all are counted.
pub const ERRORS_MAX: usize = 100;

/// What became of the events of one request.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    pub(super) accepted: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    pub(super) errors: Vec<Fault>,
}

/// One rejected event.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    /// Its position among the events of the request, from 0.
    pub(super) index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    pub(super) error: String,
}

impl Summary {
    /// 202 when anything was taken, even if it was known already; otherwise 400.
    pub(super) fn reply(mut self) -> Reply {
        self.errors.sort_by_key(|fault| fault.index);
        self.errors.truncate(ERRORS_MAX);
        let is_taken = self.accepted + self.duplicates > 0;
        let body = serde_json::to_vec(&self).unwrap_or_default();
        answer(if is_taken { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }, JSON, body)
    }
}

/// The answer when the writer took nothing.
pub fn refused(refusal: Refusal) -> ErrorReply {
    let cannot = |why| format!("the journal cannot be written: {why}; send this again");
    match refusal {
        Refusal::QueueFull => ErrorReply::busy(Refused::Queue, "too much waits to be written; send this again"),
        Refusal::Disk(why) => ErrorReply::busy(Refused::Disk, cannot(why)),
        Refusal::JournalLimit(why) => ErrorReply::busy(Refused::JournalLimit, cannot(why)),
        Refusal::JournalLost(why) => ErrorReply::busy(Refused::JournalLost, cannot(why)),
        // No request brings a model.
        Refusal::Conflict(why) => ErrorReply::busy(Refused::Queue, why),
        Refusal::Draining => ErrorReply::busy(Refused::Draining, "day90 is stopping; send this again"),
    }
}
