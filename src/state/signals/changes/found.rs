//! What events say of changes, and what follows from it.

use serde::{Deserialize, Serialize};

use super::super::words::Approval;
use crate::config::model;
use crate::event::{ChangeKind, Timestamp, words};

words!(/// How a failed change was found: by its name in the rollback, as the last one before it, by a deployment of the version
    /// before it, or by an event that says so.
    Attribution { Named = "named", Window = "window", Revert = "revert", Declared = "declared" });

/// How an event names a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Named {
    Change(String),
    Version(ChangeKind, String),
}

impl Named {
    /// A change is named by its name, else by its kind and version.
    pub fn of(change: Option<&str>, kind: Option<ChangeKind>, version: Option<&str>) -> Option<Named> {
        let version = || kind.zip(version).map(|(kind, version)| Named::Version(kind, version.to_owned()));
        change.map(|change| Named::Change(change.to_owned())).or_else(version)
    }

    /// As people read it.
    pub fn text(&self) -> String {
        match self {
            Named::Change(name) => name.clone(),
            Named::Version(kind, version) => format!("{kind} {version}"),
        }
    }
}

/// What the changes of one system are judged by.
pub(super) struct Rules<'a> {
    pub declared: &'a model::Changes,
    /// Changes that are remembered.
    pub max: usize,
    pub now: Timestamp,
}

/// Something that follows from an event, and is to be counted or said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    Deployed {
        kind: ChangeKind,
        approval: Approval,
    },
    ApprovedLater(ChangeKind),
    Failed(ChangeKind, Attribution),
    /// After this time in nanoseconds.
    Recovered(ChangeKind, i64),
    /// A rollback named a change that nobody deployed.
    Unknown {
        named: Named,
        at: Timestamp,
        /// So did another one before.
        again: bool,
    },
    /// Its deployment came later all the same.
    KnownAfterAll(Named),
    /// A change was said to have failed, and nobody deployed it.
    NeverDeployed,
    /// What the sender of the event should know: the field, and why.
    Doubt(&'static str, String),
}
