//! `day90 check`: the daemon's own start, stopped before the first write.

use std::fmt;
use std::sync::Arc;

use crate::config::Config;
use crate::config::units::size_text;
use crate::ingest;
use crate::journal::sizes::newest_checkpoint_bytes;
use crate::journal::{Disk, RealDisk};
use crate::pipeline::{budget, recover};
use crate::state::State;

/// Something that `check` found.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The daemon would start all the same.
    Warning(String),
    /// The daemon would not start.
    Failure(String),
}

impl Finding {
    pub fn fails(&self) -> bool {
        matches!(self, Finding::Failure(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Warning(what) => write!(f, "warning: {what}"),
            Finding::Failure(what) => write!(f, "error: {what}"),
        }
    }
}

/// A limit that is too small for the state: the daemon would start, and refuse events for lack of room.
fn too_small(config: &Config, disk: &dyn Disk) -> Option<Finding> {
    const MIB: u64 = 1 << 20;
    let checkpoint = newest_checkpoint_bytes(disk).ok()?;
    let (limit, least) = (config.limits.journal_bytes, budget::least_limit(checkpoint).next_multiple_of(MIB));
    (limit < least).then(|| {
        Finding::Warning(format!(
            "limits.journal_bytes is {}, and the newest checkpoint takes {checkpoint} bytes: three of them and the journal \
             need at least {}, or events are refused with 503",
            size_text(limit),
            size_text(least)
        ))
    })
}

/// Why the state doesn't fit into `limits.memory`: what is open and what was counted cannot be made smaller, so the process would
/// take more than it may.
pub(super) fn outgrown(config: &Config, state: &State) -> Option<String> {
    const STEP: u64 = 16 << 20;
    let needed = state.outgrows(&config.model.limits)?;
    let memory = config.limits.memory;
    let share = |memory: &u64| config.with_memory(*memory).is_some_and(|budget| budget.state >= needed);
    let enough = (1..).map(|steps| memory.next_multiple_of(STEP) + steps * STEP).find(share)?;
    Some(format!(
        "limits.memory is {}, and what the journal holds of open cases and series needs at least {}: raise it",
        size_text(memory),
        size_text(enough)
    ))
}

/// Says which configured keys have no source in this version.
pub(super) fn not_served(config: &Config) -> impl Iterator<Item = String> {
    let is_served = |line: &String| ingest::INLETS.iter().any(|(_, key)| line.split(' ').next() == Some(*key));
    config.not_served().into_iter().filter(move |line| !is_served(line))
}

/// Reads the journal as a start would, and changes nothing.
pub fn check_journal(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<Finding> = config.refuses_to_start().map(Finding::Failure).into_iter().collect();
    findings.extend(not_served(config).map(Finding::Warning));
    let dir = &config.server.data_dir;
    if !dir.exists() {
        return findings;
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(dir));
    match disk.check_access() {
        Ok(warning) => findings.extend(warning.map(Finding::Warning)),
        Err(error) => findings.push(Finding::Failure(format!("journal: using {} failed: {error}", dir.display()))),
    }
    match recover::recover(&disk) {
        Err(fatal) => findings.push(Finding::Failure(format!("journal: {fatal}"))),
        Ok((state, recovered)) => {
            findings.extend(state.conflict(&config.model).map(Finding::Failure));
            findings.extend(outgrown(config, &state).map(Finding::Failure));
            let warnings = recovered.warnings.iter().cloned();
            findings.extend(warnings.map(|warning| Finding::Warning(format!("journal: {warning}"))));
            findings.extend(too_small(config, &*disk));
            if let Some(torn) = recovered.torn {
                findings.push(Finding::Warning(format!(
                    "journal: {} has a torn tail of {} bytes at byte {} ({}); the next start cuts it off and keeps it \
                     next to the journal. If a daemon is running here, this may be the frame it is writing",
                    torn.path, torn.bytes, torn.offset, torn.why
                )));
            }
        }
    }
    findings
}
