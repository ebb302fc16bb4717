//! What a writer starts with.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Model;
use crate::journal::Journal;
use crate::pool::Pool;
use crate::state::State;
use crate::sync::thread;
use crate::telemetry::Telemetry;

/// Work that may take long, for another thread.
pub type Job = Box<dyn FnOnce() + Send>;
/// Must run every job, now or later, or return an error: the writer waits for its result.
pub type Spawner = Box<dyn Fn(Job) -> std::io::Result<()> + Send>;

pub struct CheckpointOptions {
    /// A checkpoint is taken after this many journal bytes: about what a restart has to read at most.
    pub checkpoint_bytes: u64,
    /// Gets the checkpoints to write.
    pub spawner: Spawner,
}

impl Default for CheckpointOptions {
    fn default() -> CheckpointOptions {
        let spawner = |job| thread::Builder::new().name("day90-checkpoint".to_owned()).spawn(job).map(drop);
        CheckpointOptions { checkpoint_bytes: 64 << 20, spawner: Box::new(spawner) }
    }
}

/// What a writer starts with.
pub struct Start {
    /// As recovered from the journal.
    pub state: State,
    pub journal: Journal,
    /// Put into force before the first event.
    pub model: Model,
    pub clock: Arc<dyn Clock>,
    pub telemetry: Telemetry,
    /// An earlier release can still read everything that came in: see [`crate::pipeline::recover::Described`].
    pub way_back: bool,
    /// The journal bytes that a start would have to read after the newest checkpoint.
    pub unread_bytes: u64,
    /// Gets back the buffers of the batches.
    pub pool: Pool,
    pub options: CheckpointOptions,
}
