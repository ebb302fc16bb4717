//! From what is on disk to the state it says. Changes nothing, so that `check` and `serve` share it.

use std::sync::Arc;

use crate::journal::{self, Checkpoint, Disk, Fatal, Recovered};
use crate::state::State;
use crate::state::dedupe::HashKey;

use super::payload;

/// The state that the journal says, and what was found on the way.
pub fn recover(disk: &Arc<dyn Disk>) -> Result<(State, Recovered), Fatal> {
    let mut reading = journal::read(&**disk)?;
    let mut state = begin(disk, reading.take_checkpoint())?;
    let recovered = reading.replay(|frame| payload::apply(&mut state, frame.sequence, frame.count, frame.payload))?;
    Ok((state, recovered))
}

/// The state to begin with.
pub(super) fn begin(disk: &Arc<dyn Disk>, checkpoint: Option<Checkpoint>) -> Result<State, Fatal> {
    match checkpoint {
        None => Ok(State::new(new_key()?)),
        Some(checkpoint) => State::decode(checkpoint.payload()).map_err(|why| Fatal::Content {
            path: disk.path(&format!("checkpoint {}", checkpoint.sequence)),
            offset: 0,
            why,
        }),
    }
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
