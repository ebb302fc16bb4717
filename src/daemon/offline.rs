//! What is done to a data directory that no daemon has: the same writer, with its turns taken here.

use std::sync::Arc;

use tokio::sync::oneshot::error::TryRecvError;

use crate::clock::SystemClock;
use crate::journal::{self, Disk, Fatal};
use crate::pipeline::writer::{CheckpointOptions, Start, Writer};
use crate::pipeline::{CaseName, Erased, Refusal, recover};
use crate::pool::Pool;
use crate::telemetry::Telemetry;

/// Why a directory was not changed, or not to the end.
#[derive(Debug)]
pub enum Failed {
    Journal(Fatal),
    /// There is no journal in the directory.
    Empty,
    /// The writer refused, or ended early.
    Refused(String),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Failed {
        Failed::Refused(refusal.to_string())
    }
}

impl From<Fatal> for Failed {
    fn from(fatal: Fatal) -> Failed {
        Failed::Journal(fatal)
    }
}

/// Forgets a case in a data directory; `warn` gets what its recovery warns of.
pub fn forget(disk: Arc<dyn Disk>, case: CaseName, warn: impl Fn(&str)) -> Result<Erased, Failed> {
    let (handle, mut writer) = Writer::new(start(disk, warn)?);
    let mut answer = handle.begin_forget(case)?;
    loop {
        writer.turn();
        match answer.try_recv() {
            Err(TryRecvError::Empty) => {}
            Err(closed) => return Err(Failed::Refused(closed.to_string())),
            Ok(erased) => return Ok(erased?),
        }
    }
}

fn start(disk: Arc<dyn Disk>, warn: impl Fn(&str)) -> Result<Start, Failed> {
    let lock = journal::lock(&*disk)?;
    let (state, recovered) = recover::recover(&disk)?;
    recovered.warnings.iter().for_each(|warning| warn(warning));
    if recovered.next_sequence == 1 {
        return Err(Failed::Empty);
    }
    // There is no other thread to give the writer's jobs to.
    let run_here = |job: Box<dyn FnOnce() + Send>| {
        job();
        Ok(())
    };
    Ok(Start {
        model: state.model().as_ref().clone(),
        state,
        journal: journal::Journal::open(disk, lock, recovered, journal::Options::default())?,
        clock: Arc::new(SystemClock),
        telemetry: Telemetry::new(),
        way_back: false,
        unread_bytes: 0,
        pool: Pool::default(),
        options: CheckpointOptions { spawner: Box::new(run_here), ..CheckpointOptions::default() },
    })
}
