//! The reply to a request with events: what became of each, and when to send it again.

use std::collections::HashSet;

use hyper::StatusCode;
use serde::Serialize;

use crate::http::reply::{ErrorReply, JSON, Reply, answer, empty};
use crate::pipeline::Refusal;
use crate::telemetry::Refused;
use crate::words::printable_json;

/// Errors that one reply lists; all are counted.
pub const ERRORS_MAX: usize = 100;
/// Warnings that one reply lists.
const WARNINGS_MAX: usize = 100;

/// What became of the events of one request.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    pub(super) accepted: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    pub(super) errors: Vec<Fault>,
    pub(super) warnings: Vec<Warned>,
    /// There was no event at all, not even an empty array.
    #[serde(skip)]
    pub(super) is_blank: bool,
}

/// One mistake in a rejected event.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    /// Its position among the events of the request, from 0.
    pub(super) index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    pub(super) error: String,
}

/// What was accepted and has no effect, or not the one that was meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Warned {
    pub(super) index: u32,
    pub(super) field: String,
    pub(super) warning: String,
}

/// How much a sender wants to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wish {
    Counts,
    /// Nothing, as long as nothing is wrong: brokers of CloudEvents take any other body for a failed delivery, and send
    /// the event again.
    Silence,
}

impl Summary {
    /// 202 unless nothing was accepted and something was rejected, or nothing was there.
    pub(super) fn reply(mut self, wish: Wish) -> Reply {
        let is_taken = self.accepted > 0 || self.rejected == 0 && !self.is_blank;
        if wish == Wish::Silence && is_taken && self.rejected == 0 {
            return empty(StatusCode::ACCEPTED);
        }
        self.errors.sort_by_key(|fault| fault.index);
        self.errors.truncate(ERRORS_MAX);
        self.warn();
        let body = printable_json(serde_json::to_string(&self).unwrap_or_default());
        answer(if is_taken { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }, JSON, body)
    }

    /// Each field once, the first event that has something with it.
    fn warn(&mut self) {
        self.warnings.sort_by_key(|warned| warned.index);
        let mut fields = HashSet::new();
        self.warnings.retain(|warned| fields.insert(warned.field.clone()));
        self.warnings.truncate(WARNINGS_MAX);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(index: u32, field: &str) -> Warned {
        Warned { index, field: field.to_owned(), warning: "it has no effect".to_owned() }
    }

    #[test]
    fn each_field_is_warned_of_once_in_the_order_of_events_and_a_hundred_at_most() {
        let mut summary =
            Summary { warnings: vec![warned(3, "b"), warned(1, "a"), warned(0, "b")], ..Summary::default() };
        summary.warn();
        assert_eq!(summary.warnings, [warned(0, "b"), warned(1, "a")]);
        summary.warnings = (0..150).map(|index| warned(index, &format!("f{index}"))).collect();
        summary.warn();
        assert_eq!((summary.warnings.len(), summary.warnings[99].index), (100, 99));
    }

    #[test]
    fn the_status_says_whether_something_was_taken() {
        for (accepted, duplicates, rejected, is_blank, status) in [
            (1, 0, 0, false, 202),
            (0, 1, 0, false, 202),
            (0, 1, 1, false, 400),
            (0, 0, 0, false, 202),
            (0, 0, 0, true, 400),
            (0, 0, 1, false, 400),
        ] {
            for wish in [Wish::Counts, Wish::Silence] {
                let summary = Summary { accepted, duplicates, rejected, is_blank, ..Summary::default() };
                let reply = summary.reply(wish);
                assert_eq!(reply.status().as_u16(), status, "{accepted} {duplicates} {rejected} {is_blank}");
                let is_silent = wish == Wish::Silence && status == 202 && rejected == 0;
                assert_eq!(hyper::body::Body::is_end_stream(reply.body()), is_silent);
                assert_eq!(reply.headers().contains_key("content-type"), !is_silent);
            }
        }
    }
}
