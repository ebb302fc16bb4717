//! Which events of the submissions belong into a frame: those that are new, and under the bound of open cases.

use hashbrown::HashTable;
use tokio::sync::oneshot;

use crate::event::binary;
use crate::pipeline::outcome::{Outcome, Refusal};
use crate::pool::{Batch, Entry};
use crate::state::State;

/// The lists of ids are kept for the next commit up to this many.
const IDS_KEPT: usize = 32 << 10;

pub(super) type Submission = (Batch, oneshot::Sender<Result<Outcome, Refusal>>);

/// The ids of a commit. Kept, since fresh memory for a large one costs a page fault for every 128 events.
#[derive(Default)]
pub(super) struct Chosen {
    ids: Vec<u128>,
    /// Those that were not seen before this commit.
    seen_here: HashTable<u128>,
    /// Of the events in the frame, in order; 0 where one has none.
    fresh: Vec<u128>,
    /// The positions that these events have in their requests.
    indexes: Vec<u32>,
}

impl Chosen {
    /// The ids of the events in the frame, in order; 0 where one has none.
    pub(super) fn fresh(&self) -> &[u128] {
        &self.fresh
    }

    /// The position in its request of the event that has this position in the frame.
    pub(super) fn index(&self, position: usize) -> u32 {
        self.indexes[position]
    }

    /// Copies what is new into the frame: events whose ids were not seen, neither before nor in this commit, and
    /// openings under the bound of open cases. Marks nothing in the state: a failed write must leave no trace.
    pub(super) fn choose(&mut self, state: &State, submissions: &[Submission], frame: &mut Vec<u8>) -> Vec<Outcome> {
        self.begin(submissions);
        let mut known = state.have_seen(&self.ids).into_iter();
        let mut left = state.openings_left();
        let is_near_the_bound = !left.suffice(self.ids.len());
        let mut outcomes = Vec::with_capacity(submissions.len());
        for (batch, _) in submissions {
            let mut outcome = Outcome::default();
            let mut start = 0;
            for entry in &batch.entries {
                let encoded = &batch.bytes[start..entry.end as usize];
                start = entry.end as usize;
                if known.next().expect("one for each entry") || self.was_seen_here(entry) {
                    outcome.duplicates += 1;
                    continue;
                }
                if is_near_the_bound
                    && let Some(kind) = opens(state, encoded)
                    && let Err(rejection) = left.admit(kind)
                {
                    outcome.rejected.push((entry.index, rejection));
                    continue;
                }
                self.take(entry);
                frame.extend_from_slice(encoded);
                outcome.accepted += 1;
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Gives back the memory of an unusually large commit.
    pub(super) fn shrink(&mut self) {
        if self.ids.capacity() > IDS_KEPT {
            *self = Chosen::default();
        }
    }

    fn begin(&mut self, submissions: &[Submission]) {
        self.ids.clear();
        self.seen_here.clear();
        self.fresh.clear();
        self.indexes.clear();
        self.ids.extend(submissions.iter().flat_map(|(batch, _)| batch.entries.iter().map(|entry| entry.id)));
        self.seen_here.reserve(self.ids.len(), |id| *id as u64);
    }

    fn was_seen_here(&self, entry: &Entry) -> bool {
        entry.id != 0 && self.seen_here.find(entry.id as u64, |id| *id == entry.id).is_some()
    }

    fn take(&mut self, entry: &Entry) {
        if entry.id != 0 {
            self.seen_here.insert_unique(entry.id as u64, entry.id, |id| *id as u64);
        }
        self.fresh.push(entry.id);
        self.indexes.push(entry.index);
    }
}

/// The kind of lifecycle that an encoded event would open; asked only near a bound.
fn opens(state: &State, encoded: &[u8]) -> Option<&'static str> {
    binary::decode(encoded).ok().and_then(|(event, _)| state.would_open(&event))
}
