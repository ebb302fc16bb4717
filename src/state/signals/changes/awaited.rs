//! [`Awaited`]: a failure whose change is still to come.

use serde::{Deserialize, Serialize};

use super::super::notice::Restored;
use super::change::Failure;
use super::found::{Attribution, Found, Named};
use crate::event::Timestamp;

/// A failure whose change has not arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Awaited {
    /// `None`: the last change within the window.
    pub named: Option<Named>,
    pub failure: Failure,
    pub window: i64,
    pub restored: Option<Restored>,
    pub until: Timestamp,
    /// It has waited in vain, and that was counted. Its change may come later all the same.
    pub given_up: bool,
}

impl Awaited {
    pub fn is_rollback(&self) -> bool {
        self.failure.attribution != Attribution::Declared
    }

    /// What has waited in vain is a finding, where it names a change. `again`: its name was counted before.
    pub fn give_up(&mut self, again: bool) -> Option<Found> {
        let is_first = !std::mem::replace(&mut self.given_up, true);
        let named = self.named.clone().filter(|_| is_first)?;
        match self.is_rollback() {
            true => Some(Found::Unknown { named, at: self.failure.at, again }),
            false => Some(Found::NeverDeployed),
        }
    }
}
