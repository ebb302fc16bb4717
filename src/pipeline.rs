//! The single writer: deduplicate → append → sync → fold → reply.
//!
//! An event is acknowledged only after the frame that holds it is synced and folded. One plain thread commits whatever
//! waits, so that one sync serves every submission that arrived during the previous one, and a single submission to an
//! idle daemon waits for nothing but the disk.
//!
//! The state is guarded by a lock that is held for the fold and for the microseconds of a snapshot, never during a write:
//! `/metrics` answers while a disk hangs. While a frame is being written, a snapshot advances the state no further than
//! that frame's time, so that replay sees the same order.
//!
//! * [`handle`] is the way to the writer; `queue` is what waits for it; [`outcome`] is what comes back.
//! * [`writer`] writes. [`policy`] decides what it does, by a [`look`] at the disk, the [`budget`] and the time that it is
//!   given: without a disk and without a clock.
//! * [`payload`] is what a frame says; [`recover`] reads it back into a state, for `serve`, `check`, [`repair`] and
//!   [`downgrade`]; [`export`] gives its events.

pub mod ahead;
pub mod budget;
pub mod downgrade;
pub mod export;
pub mod handle;
pub mod look;
pub mod outcome;
pub mod pace;
pub mod payload;
pub mod policy;
mod queue;
pub mod recover;
pub mod repair;
#[cfg(all(test, feature = "shuttle"))]
mod schedules;
pub mod writer;

pub use crate::pool::{Batch, Entry};
pub use handle::Handle;
pub use outcome::{CaseName, Erased, Health, Outcome, Refusal, Warning};
pub use queue::QUEUE_BYTES_MAX;
