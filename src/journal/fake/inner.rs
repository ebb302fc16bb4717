//! The files and names of a disk in memory, and how far each call goes.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::power::{Content, NameChange};

/// What happens at one call that changes the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and does nothing; later ones work.
    Error(io::ErrorKind),
    /// A write does its first half and fails. Every other call is as with `Error`.
    Half(io::ErrorKind),
    /// The power fails during the call: it may be found done, or not, and every later call fails.
    Dead,
}

#[derive(Clone, Default)]
pub(super) struct Inner {
    pub(super) files: Vec<Content>,
    /// Names as a reader sees them now.
    pub(super) names: BTreeMap<String, usize>,
    pub(super) durable_names: BTreeMap<String, usize>,
    pub(super) unsynced_names: Vec<NameChange>,
    pub(super) operations: u64,
    pub(super) fault: Option<(u64, Fault)>,
    pub(super) fail_syncs: bool,
    pub(super) dead: bool,
    pub(super) bytes_max: Option<u64>,
    pub(super) cannot_reserve: bool,
    pub(super) no_space: bool,
    /// The directory's name leads elsewhere.
    pub(super) away: bool,
    pub(super) salts: u64,
    pub(super) lock: Arc<()>,
}

/// How far a call may go, given the fault that is set for it.
pub(super) enum Leave {
    Whole,
    Half(io::ErrorKind),
    ThenDead,
}

impl Inner {
    /// Counts one call that changes the disk, and says how far it may go.
    pub(super) fn operation(&mut self) -> io::Result<Leave> {
        self.alive()?;
        let at = self.operations;
        self.operations += 1;
        match self.fault {
            Some((when, fault)) if when == at => match fault {
                Fault::Error(kind) => Err(kind.into()),
                Fault::Half(kind) => Ok(Leave::Half(kind)),
                Fault::Dead => {
                    self.dead = true;
                    Ok(Leave::ThenDead)
                }
            },
            _ => Ok(Leave::Whole),
        }
    }

    pub(super) fn alive(&self) -> io::Result<()> {
        if self.dead { Err(power_is_off()) } else { Ok(()) }
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.names.values().map(|&file| self.files[file].taken() as u64).sum()
    }

    /// How much of `more` bytes there is no room for.
    pub(super) fn over(&self, more: usize) -> usize {
        let more = more as u64;
        self.bytes_max.map_or(0, |max| (self.used_bytes() + more).saturating_sub(max)).min(more) as usize
    }

    pub(super) fn file(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn change_names(&mut self, change: NameChange) -> io::Result<()> {
        let leave = self.operation()?;
        if let Leave::Half(kind) = leave {
            return Err(kind.into());
        }
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
        leave.done()
    }
}

impl Leave {
    pub(super) fn done(self) -> io::Result<()> {
        match self {
            Leave::Whole => Ok(()),
            Leave::Half(kind) => Err(kind.into()),
            Leave::ThenDead => Err(power_is_off()),
        }
    }
}

pub(super) fn power_is_off() -> io::Error {
    io::Error::other("the power is off")
}
