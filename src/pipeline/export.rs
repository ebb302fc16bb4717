//! The events of a journal, as they were accepted, for another daemon to take or for anybody to read. Changes nothing.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::payload::{self, Records};
use super::recover;
use crate::event::Event;
use crate::journal::verify::{self, Verification};
use crate::journal::{Disk, Fatal, Frame};
use crate::state::State;
use crate::state::engine::dedupe::HashKey;

/// What an export came to.
#[derive(Debug)]
pub struct Exported {
    /// What is damaged; every whole frame was given all the same.
    pub report: Verification,
    /// Events that were given, and those of cases that were forgotten later, which were not.
    pub events: u64,
    pub forgotten: u64,
}

/// Why an export ended early.
#[derive(Debug)]
pub enum Unexported {
    Journal(Fatal),
    /// Whoever takes the events takes no more.
    Output(io::Error),
}

impl From<Fatal> for Unexported {
    fn from(fatal: Fatal) -> Unexported {
        Unexported::Journal(fatal)
    }
}

/// Gives every event of the journal to `take`, in order, but for those of cases that were forgotten. A daemon may write
/// meanwhile.
pub fn export(
    disk: &Arc<dyn Disk>,
    mut take: impl FnMut(&Event<'_>) -> io::Result<()>,
) -> Result<Exported, Unexported> {
    // An order to forget comes after what it forgets, so all of them are read first.
    let forgotten = Forgotten::read(disk)?;
    let (mut events, mut left_out, mut failed) = (0, 0, None);
    let given = verify::survey(&**disk, |frame| {
        let Records::Events(all) = payload::read(frame.count, frame.payload)? else { return Ok(()) };
        for (event, sequence) in all.iter().zip(frame.sequence..) {
            if forgotten.has(event, sequence) {
                left_out += 1;
                continue;
            }
            if let Err(error) = take(event) {
                failed = Some(error);
                return Err("the output ended".to_owned());
            }
            events += 1;
        }
        Ok(())
    });
    match (failed, given) {
        (Some(error), _) => Err(Unexported::Output(error)),
        (None, given) => Ok(Exported { report: given?, events, forgotten: left_out }),
    }
}

/// The cases that were forgotten.
struct Forgotten {
    /// Names of cases, each with the record that ordered it last.
    names: HashMap<u128, u64>,
    /// Knows under which names a case may be.
    state: State,
}

impl Forgotten {
    fn read(disk: &Arc<dyn Disk>) -> Result<Forgotten, Fatal> {
        let mut names = HashMap::new();
        verify::survey(&**disk, |frame: Frame<'_>| {
            if let Records::Forget(gone) = payload::read(frame.count, frame.payload)? {
                gone.into_iter().for_each(|name| _ = names.insert(name, frame.sequence));
            }
            Ok(())
        })?;
        let nothing = || State::new(HashKey(0, 0));
        let state = match names.is_empty() {
            true => nothing(),
            // What is too damaged to start on is exported all the same; then systems have the names that they were sent under.
            false => recover::recover(disk).map_or_else(|_| nothing(), |(state, _)| state),
        };
        Ok(Forgotten { names, state })
    }

    fn has(&self, event: &Event<'_>, sequence: u64) -> bool {
        let Some(case) = event.case.as_deref().filter(|_| !self.names.is_empty()) else { return false };
        let names = self.state.names_of_case(case, Some(&event.system));
        names.iter().any(|name| self.names.get(name).is_some_and(|ordered| *ordered > sequence))
    }
}
