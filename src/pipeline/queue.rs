//! [`Queue`]: what waits for the writer, bounded in bytes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;

use super::outcome::{Accepted, CaseName, Erased, Outcome, Refusal};
use crate::config::Model;
use crate::journal::Written;
use crate::pool::Batch;
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::telemetry::Telemetry;

/// Encoded events that wait for the writer, in bytes. Beyond it: 503, the sender can retry.
pub const QUEUE_BYTES_MAX: usize = 32 << 20;

/// What a checkpoint's thread reports.
pub(super) type CheckpointDone = std::io::Result<Written>;

/// Something for the writer to do.
pub(super) enum Work {
    Submission(Batch, oneshot::Sender<Result<Outcome, Refusal>>),
    Model(Box<Model>, oneshot::Sender<Result<(), Refusal>>),
    Checkpoint(CheckpointDone),
    Forget(CaseName, oneshot::Sender<Result<Erased, Refusal>>),
    /// The name of a system.
    Accept(String, oneshot::Sender<Result<Accepted, Refusal>>),
    /// The fold is ahead of the clock.
    Clock,
}

/// What ended the writer's wait.
pub(super) enum Waited {
    Work,
    /// Nothing came within its patience.
    InVain,
    /// Nothing waits, and nothing more will come.
    Drained,
}

pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
    telemetry: Telemetry,
}

#[derive(Default)]
struct Waiting {
    work: VecDeque<Work>,
    /// Of the batches that wait.
    bytes: usize,
    draining: bool,
    /// The writer waits to be woken. Waking it is a system call, so it is done once.
    writer_waits: bool,
}

/// Wakes the writer when it is dropped, if the writer waits.
pub(super) struct Bell<'q> {
    wake: Option<&'q Condvar>,
}

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        self.wake.iter().for_each(|wake| wake.notify_one());
    }
}

impl Queue {
    pub(super) fn new(telemetry: Telemetry) -> Queue {
        Queue { waiting: Mutex::default(), wake: Condvar::new(), telemetry }
    }

    /// Adds work, of which `bytes` are encoded events. The writer is woken when the bell is dropped.
    pub(super) fn push(&self, work: Work, bytes: usize) -> Result<Bell<'_>, Refusal> {
        let mut waiting = self.lock();
        if waiting.draining {
            return Err(Refusal::Draining);
        }
        if waiting.bytes > 0 && waiting.bytes + bytes > QUEUE_BYTES_MAX {
            return Err(Refusal::QueueFull);
        }
        waiting.bytes += bytes;
        // Under the lock, so that the gauge ends with the last value.
        self.telemetry.queue_bytes(waiting.bytes as u64);
        waiting.work.push_back(work);
        Ok(Bell { wake: std::mem::take(&mut waiting.writer_waits).then_some(&self.wake) })
    }

    /// Adds the end of a checkpoint, also while draining: the writer waits for it.
    pub(super) fn push_done(&self, done: CheckpointDone) {
        self.lock().work.push_back(Work::Checkpoint(done));
        self.wake.notify_one();
    }

    /// Nothing more is taken; the writer ends when it has done what waits.
    pub(super) fn drain(&self) {
        self.lock().draining = true;
        self.wake.notify_one();
    }

    /// Waits until there is work, at most this long if it says how long.
    pub(super) fn wait(&self, patience: Option<Duration>) -> Waited {
        let mut waiting = self.lock();
        while waiting.work.is_empty() {
            if waiting.draining {
                return Waited::Drained;
            }
            waiting.writer_waits = true;
            let Some(patience) = patience else {
                waiting = self.wake.wait(waiting).expect("see Queue::lock");
                continue;
            };
            let (again, timeout) = self.wake.wait_timeout(waiting, patience).expect("see Queue::lock");
            waiting = again;
            if timeout.timed_out() && waiting.work.is_empty() {
                return Waited::InVain;
            }
        }
        Waited::Work
    }

    /// Takes what waits, in order, until it has this many bytes.
    pub(super) fn take(&self, bytes_max: usize) -> Vec<Work> {
        let mut waiting = self.lock();
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(work) = waiting.work.pop_front() {
            if let Work::Submission(batch, _) = &work {
                bytes += batch.bytes.len();
            }
            taken.push(work);
            if bytes >= bytes_max {
                break;
            }
        }
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
        self.telemetry.queue_bytes(waiting.bytes as u64);
        taken
    }

    /// Waits for the next piece of work, also while draining.
    pub(super) fn next(&self) -> Work {
        let mut waiting = self.lock();
        loop {
            if let Some(work) = waiting.work.pop_front() {
                return work;
            }
            waiting = self.wake.wait(waiting).expect("see Queue::lock");
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().work.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("the queue's lock is never held over anything that can panic")
    }
}
