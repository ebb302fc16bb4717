//! [`Draft`]: the frame that is being built.

use super::chosen::{Chosen, Submission};
use crate::pipeline::outcome::Outcome;
use crate::state::State;

/// A frame's buffer is kept for the next one up to this many bytes.
const FRAME_KEPT_BYTES: usize = 6 << 20;

/// The frame that is being built, and which events are in it. Reused for every commit.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) frame: Vec<u8>,
    pub(super) chosen: Chosen,
}

impl Draft {
    /// Adds the events that belong into the frame, see [`Chosen::choose`].
    pub(super) fn choose(&mut self, state: &State, submissions: &[Submission]) -> Vec<Outcome> {
        self.chosen.choose(state, submissions, &mut self.frame)
    }

    /// Gives back the memory of an unusually large commit.
    pub(super) fn shrink(&mut self) {
        if self.frame.capacity() > FRAME_KEPT_BYTES {
            self.frame = Vec::new();
        }
        self.chosen.shrink();
    }
}
