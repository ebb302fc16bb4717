//! From what is on disk to the state that it describes. Changes nothing, so that `check` and `serve` share it.

use std::io::{self, Read};
use std::sync::Arc;

use crate::journal::checkpoint::FORMAT_1;
use crate::journal::{self, Checkpoint, Disk, Fatal, Recovered};
use crate::state::State;
use crate::state::engine::dedupe::HashKey;

use super::payload;

/// The state that the journal describes, and what else was found.
pub fn recover(disk: &Arc<dyn Disk>) -> Result<(State, Recovered), Fatal> {
    let mut reading = journal::read(&**disk)?;
    let (mut state, skipped) = begin(disk, reading.take_checkpoint())?;
    let mut recovered =
        reading.replay(|frame| payload::apply(&mut state, frame.sequence, frame.count, frame.payload))?;
    recovered.warnings.extend(skipped);
    Ok((state, recovered))
}

/// The state to begin with, and what of the checkpoint had to be skipped.
pub(super) fn begin(disk: &Arc<dyn Disk>, checkpoint: Option<Checkpoint>) -> Result<(State, Vec<String>), Fatal> {
    let Some(checkpoint) = checkpoint else { return Ok((State::new(new_key()?), Vec::new())) };
    let path = disk.path(&journal::names::checkpoint(checkpoint.sequence));
    decode(checkpoint).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Fatal::Content { path, offset: 0, why: error.to_string() },
        _ => Fatal::Io { doing: "reading", path, error },
    })
}

fn decode(checkpoint: Checkpoint) -> io::Result<(State, Vec<String>)> {
    let format = checkpoint.format;
    let mut payload = checkpoint.into_payload();
    if format > FORMAT_1 {
        return State::read(&mut payload);
    }
    // This format cannot be read in pieces: once, after an upgrade, all of it is in memory.
    let mut bytes = Vec::new();
    payload.read_to_end(&mut bytes)?;
    let state = State::decode_format_1(&bytes).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
    Ok((state, Vec::new()))
}

/// The secret under which ids are hashed. Journals hold the ids themselves, so a replay may choose a new one.
fn new_key() -> Result<HashKey, Fatal> {
    let random = || {
        getrandom::u64().map_err(|error| Fatal::Io {
            doing: "reading random numbers for",
            path: "the hash key".to_owned(),
            error: std::io::Error::other(error.to_string()),
        })
    };
    Ok(HashKey(random()?, random()?))
}
