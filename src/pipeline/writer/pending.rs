//! [`Pending`]: records that the writer owes the journal. It writes them on its own, before any event.

use crate::config::Model;

/// A field for each kind of record that can be owed. `Writer::commit_pending` writes them in this order, and a record that
/// could not be written goes on waiting.
#[derive(Default)]
pub(super) struct Pending {
    /// A model that is not in the journal yet, or the one in force, to be written again.
    pub(super) model: Option<Model>,
}

impl Pending {
    /// Whether any record waits.
    pub(super) fn waits(&self) -> bool {
        let Pending { model } = self;
        model.is_some()
    }
}
