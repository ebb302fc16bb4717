//! From what is on disk to the state that it describes. Changes nothing, so that `check` and `serve` share it.

use std::io::{self, Read};
use std::sync::Arc;

use crate::journal::checkpoint::FORMAT_1;
use crate::journal::version::Version;
use crate::journal::{self, Checkpoint, Disk, Fatal, Recovered};
use crate::state::State;
use crate::state::engine::dedupe::HashKey;

use super::payload::{self, Told};

/// The release before this one, which knows the first version of payloads.
pub const BEFORE: Version = Version([0, 2, 0]);

/// What a journal describes.
pub struct Described {
    pub state: State,
    pub recovered: Recovered,
    /// Everything came in under an earlier release, which can still read it: `downgrade` leads back. No checkpoint is to be
    /// taken without need, since it would replace one of that release.
    pub way_back: bool,
}

/// The state that the journal describes, and what else was found.
pub fn recover(disk: &Arc<dyn Disk>) -> Result<(State, Recovered), Fatal> {
    describe(disk).map(|described| (described.state, described.recovered))
}

/// As [`recover`], and says whether there is a way back.
pub fn describe(disk: &Arc<dyn Disk>) -> Result<Described, Fatal> {
    let mut reading = journal::read(&**disk)?;
    let (mut state, skipped) = begin(disk, reading.take_checkpoint())?;
    let (mut has_known, mut has_new) = (false, false);
    let mut recovered = reading.replay(|frame| {
        match payload::told(frame.payload) {
            Told::Known => has_known = true,
            Told::OnlyModel => {}
            Told::New => has_new = true,
        }
        payload::apply(&mut state, frame.sequence, frame.count, frame.payload)
    })?;
    recovered.warnings.extend(skipped);
    let has_earlier = match recovered.checkpoint_sequence {
        Some(_) => recovered.checkpoint_is_earlier,
        None => has_known,
    };
    Ok(Described { way_back: has_earlier && !has_new, state, recovered })
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
