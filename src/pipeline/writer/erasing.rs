//! [`Erasing`]: an erasure whose record is written, and that waits for checkpoints.

use tokio::sync::oneshot;

use crate::pipeline::outcome::{Erased, Refusal};

/// An erasure that is not complete.
pub(super) struct Erasing {
    /// What is older than this record must be removed.
    pub(super) record: u64,
    pub(super) work: usize,
    pub(super) reply: oneshot::Sender<Result<Erased, Refusal>>,
    pub(super) checkpoints: u32,
}
