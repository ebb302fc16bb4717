//! Which events of the submissions belong into a frame: those that are new, under the bound of open cases, and of no system
//! that was removed.

use hashbrown::HashTable;
use memchr::memmem;
use tokio::sync::oneshot;

use crate::event::{Rejection, binary};
use crate::pipeline::outcome::{Outcome, Refusal};
use crate::pool::{Batch, Entry};
use crate::state::{Openings, State};

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
        let mut judge = Judge::new(state, self.ids.len());
        let mut outcomes = Vec::with_capacity(submissions.len());
        for (batch, _) in submissions {
            let mut outcome = Outcome::default();
            let mut start = 0;
            for entry in &batch.entries {
                let encoded = &batch.bytes[start..entry.end as usize];
                start = entry.end as usize;
                let is_known = known.next().expect("one for each entry") || self.was_seen_here(entry);
                match judge.judge(encoded, is_known) {
                    Verdict::Take => {}
                    Verdict::Duplicate => {
                        outcome.duplicates += 1;
                        continue;
                    }
                    Verdict::Reject(rejection) => {
                        outcome.rejected.push((entry.index, rejection));
                        continue;
                    }
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

/// What becomes of an event.
enum Verdict {
    Take,
    Duplicate,
    Reject(Rejection),
}

/// Judges events by the state. Reads an event only where something depends on what it says: near a bound of open cases, where
/// systems were removed, and while ids of an earlier release are remembered.
struct Judge<'s> {
    state: &'s State,
    /// What may still be opened, near a bound.
    left: Option<Openings>,
    has_first_ids: bool,
    /// An event has to be looked at. Mostly none has.
    needs_texts: bool,
    /// Finds the names of removed systems. An event without any of their texts is of none of them.
    removed: Vec<memmem::Finder<'s>>,
}

impl<'s> Judge<'s> {
    fn new(state: &'s State, events: usize) -> Judge<'s> {
        let removed: Vec<_> = state.model().removed.iter().map(memmem::Finder::new).collect();
        let (left, has_first_ids) = (state.openings_left(events), state.has_first_ids());
        let needs_texts = !removed.is_empty() || has_first_ids || left.is_some();
        Judge { state, left, has_first_ids, needs_texts, removed }
    }

    #[inline]
    fn judge(&mut self, encoded: &[u8], is_known: bool) -> Verdict {
        match (self.needs_texts, is_known) {
            (true, _) => self.judge_text(encoded, is_known),
            (false, true) => Verdict::Duplicate,
            (false, false) => Verdict::Take,
        }
    }

    #[inline(never)]
    fn judge_text(&mut self, encoded: &[u8], is_known: bool) -> Verdict {
        let may_be_removed = self.removed.iter().any(|name| name.find(encoded).is_some());
        let needs_text = may_be_removed || !is_known && (self.has_first_ids || self.left.is_some());
        if !needs_text {
            return if is_known { Verdict::Duplicate } else { Verdict::Take };
        }
        let Ok((event, _)) = binary::decode(encoded) else { return Verdict::Take };
        if let Err(rejection) = self.state.refuse_removed(&event) {
            return Verdict::Reject(rejection);
        }
        if is_known || self.has_first_ids && self.state.had_seen(&event) {
            return Verdict::Duplicate;
        }
        match self.left.as_mut().map_or(Ok(()), |left| self.state.admit(left, &event)) {
            Ok(()) => Verdict::Take,
            Err(rejection) => Verdict::Reject(rejection),
        }
    }
}
