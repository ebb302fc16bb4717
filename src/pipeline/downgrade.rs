//! The way back to day90 0.1.0: the whole state in the format that it reads.
//!
//! The new checkpoint is of the last record, so that the older release needs no frame that it may not know. It is written
//! under another name and read back; then one rename puts it in force. Older checkpoints and the segments stay: with them
//! this release can resume later, and the older one doesn't need them.

use std::io::{self, Read};
use std::sync::Arc;

use crate::journal::{self, Disk, Fatal, Journal, Options};
use crate::state::{Snapshot, State, stored};

use super::recover;

/// What came of it.
#[derive(Debug)]
pub struct Downgraded {
    /// The path of the checkpoint that the older release begins with.
    pub path: String,
    pub sequence: u64,
    /// What that release cannot store.
    pub lost: Vec<&'static str>,
    pub warnings: Vec<String>,
}

/// Makes a data directory one that day90 0.1.0 reads.
pub fn downgrade(disk: Arc<dyn Disk>) -> Result<Downgraded, Fatal> {
    let lock = journal::lock(&*disk)?;
    let (state, recovered) = recover::recover(&disk)?;
    if recovered.next_sequence == 1 {
        let error = io::Error::new(io::ErrorKind::NotFound, "no journal is there");
        return Err(Fatal::io("downgrading", disk.path(""), error));
    }
    let mut warnings = recovered.warnings.clone();
    let mut journal = Journal::open(Arc::clone(&disk), lock, recovered, Options::default())?;
    let (snapshot, sequence) = (state.snapshot(), journal.last_sequence());
    let path = disk.path(&journal::names::checkpoint(sequence));
    let failed = |error| Fatal::io("writing", path.clone(), error);
    let bytes = encoded(&snapshot).map_err(failed)?;
    let mut file = journal.checkpoint_format_1(sequence).map_err(failed)?;
    io::Write::write_all(&mut file, &bytes).map_err(failed)?;
    let written = file.finish().map_err(failed)?;
    check(&*disk, &bytes).map_err(failed)?;
    if let Err(error) = journal.trim(&written) {
        warnings.push(format!("older files were not removed: {error}"));
    }
    Ok(Downgraded { path, sequence, lost: stored::lost_in_format_1().collect(), warnings })
}

/// The bytes of format 1. If they don't give the same state when they are read back, nothing is written.
fn encoded(snapshot: &Snapshot) -> io::Result<Vec<u8>> {
    let (mut bytes, mut again) = (Vec::new(), Vec::new());
    snapshot.encode_format_1_to(&mut bytes)?;
    let read = State::decode_format_1(&bytes).map_err(io::Error::other)?;
    read.snapshot().encode_format_1_to(&mut again)?;
    if bytes == again { Ok(bytes) } else { Err(io::Error::other("the state does not come back as it was written")) }
}

/// The file, as a start would find it.
fn check(disk: &dyn Disk, bytes: &[u8]) -> io::Result<()> {
    let found = journal::read(disk).map_err(|fatal| io::Error::other(fatal.to_string()))?.take_checkpoint();
    let mut stored = Vec::new();
    if let Some(checkpoint) = found {
        checkpoint.into_payload().read_to_end(&mut stored)?;
    }
    if stored == bytes { Ok(()) } else { Err(io::Error::other("it does not read back as it was written")) }
}
