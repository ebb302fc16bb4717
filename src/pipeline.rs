//! The single writer: deduplicate → append → sync → fold → reply.
//!
//! An event is acknowledged only after the frame that holds it is synced and folded. One plain thread commits
//! whatever waits, so that one sync serves every submission that arrived during the one before.

use crate::event::Rejection;

/// The events of one request that parsed, already in the journal's encoding.
#[derive(Debug, Default)]
pub struct Batch {
    /// `event::binary` encodings, one after the other.
    pub bytes: Vec<u8>,
    pub entries: Vec<Entry>,
}

/// One event of a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where its encoding ends in [`Batch::bytes`]; it starts where the one before ends.
    pub end: u32,
    /// Its position among the events of the request, from 0.
    pub index: u32,
    /// The keyed hash of (source, id), see [`crate::state::dedupe`]; 0 when it has no id.
    pub id: u128,
}

/// What became of a [`Batch`]. All that is counted as accepted is on disk, synced.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    pub accepted: u64,
    pub duplicates: u64,
    /// (index in the request, why): events that only the writer can judge, such as an opening over the bound.
    pub rejected: Vec<(u32, Rejection)>,
}

/// Why nothing of a batch was counted. The sender may send it again: 503.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// More bytes wait for the writer than it may hold.
    QueueFull,
    /// The journal cannot be written; the text says what failed.
    Disk(String),
    /// The daemon is stopping.
    Draining,
}
