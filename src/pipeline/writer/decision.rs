//! What a person decides about a system's detector, as a record in the journal.

use tracing::info;

use super::Writer;
use super::commit::Asks;
use crate::journal::begin_frame;
use crate::pipeline::outcome::{Accepted, Refusal};
use crate::pipeline::payload;

impl Writer {
    /// Accepts a system's rise, if it has one.
    pub(super) fn accept(&mut self, system: &str) -> Result<Accepted, Refusal> {
        self.commit_pending()?;
        let now = self.handle.begin_commit();
        let is_open = {
            let mut fold = self.handle.fold();
            // A page may end with the time until now.
            fold.state.advance(now);
            fold.state.can_accept(system)
        };
        if !is_open {
            self.handle.end_commit(|_| ());
            let why = format!("nothing has risen in {system}: no page is open, and no new normal waits for an answer");
            return Err(Refusal::Conflict(why));
        }
        begin_frame(&mut self.draft.frame);
        payload::accepted(now, system, &mut self.draft.frame);
        let written = self.write(1, Asks::Room);
        let mut usual = None;
        self.handle.end_commit(|state| {
            if let Ok(sequence) = written {
                usual = state.accept(system, sequence);
            }
        });
        written?;
        self.memory.close_way_back();
        info!(system, "a rise of escalations was accepted as usual");
        Ok(Accepted { usual })
    }
}
