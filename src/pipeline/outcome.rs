//! What becomes of what was handed to the writer, and whether the journal can be written.

use crate::event::Rejection;

/// What became of a [`crate::pool::Batch`]. All that is counted as accepted is on disk, synced.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    pub accepted: u64,
    pub duplicates: u64,
    /// (index in the request, why): events that only the writer can judge, such as an opening over the bound.
    pub rejected: Vec<(u32, Rejection)>,
    /// What only the fold can say of accepted events.
    pub warnings: Vec<Warning>,
}

/// An accepted event has no effect, or not the one that was meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// The position of the event in its request.
    pub index: u32,
    pub field: &'static str,
    pub warning: String,
}

/// A case to forget, in one system or in all.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseName {
    pub case: String,
    pub system: Option<String>,
}

/// An erasure that is complete: no segment, checkpoint or torn tail has the case.
#[derive(Clone, Debug, PartialEq)]
pub struct Erased {
    /// Pieces of work that were known of the case: escalations, reviews, appeals, and their results.
    pub work: usize,
    /// Files in the directory that are not the journal's, and may have it.
    pub left: Vec<String>,
}

/// A rise that was accepted as usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accepted {
    /// What is usual from now on: escalations for each task, or for each second in a system that sends none. `None` while that
    /// is to be learned.
    pub usual: Option<f64>,
}

/// Why nothing of a batch was counted, or a model is not in force. The sender of a batch may send it again: 503.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// More bytes wait for the writer than it may hold.
    QueueFull,
    /// The disk is full or fails; the text says how.
    Disk(String),
    /// The data would exceed `limits.journal_bytes`; the text says by what.
    JournalLimit(String),
    /// A sync failed: only a restart helps.
    JournalLost(String),
    /// A model would join the states of two systems, or there is nothing to accept; the text says so.
    Conflict(String),
    /// The daemon is stopping.
    Draining,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::QueueFull => f.write_str("too much waits to be written"),
            Refusal::Disk(why) | Refusal::JournalLimit(why) | Refusal::JournalLost(why) | Refusal::Conflict(why) => {
                f.write_str(why)
            }
            Refusal::Draining => f.write_str("day90 is stopping"),
        }
    }
}

/// Whether the journal can be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    Writable,
    /// The last append failed and left no trace; the writer goes on when there is space again.
    Unwritable(String),
    /// A sync failed: nothing is acknowledged until a restart.
    Poisoned(String),
}
