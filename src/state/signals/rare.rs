//! [`RareEvents`]: the last events that a person asks about one by one: what went beyond a boundary, what was changed, taken
//! back and practised, and which evaluations failed. Counters say how many there were; this says which.
//!
//! An event is kept as the journal has it, so that whoever is asked can show all of it, its case included. Each is found
//! by the number of its record, which never comes twice and survives a restart.

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::{Body, Event, Mode, binary, words};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::cow::{CowVec, share};
use crate::state::engine::erasure::{Gone, name_of};
use crate::state::engine::room;

/// Events that are kept of one system.
pub const OF_SYSTEM_MAX: usize = 256;
/// Events that are kept of all systems.
pub const ALL_MAX: usize = 4_096;

words!(/// What a rare event is about.
    RareKind { Violation = "violation", Change = "change", Rollback = "rollback", Drill = "drill", Evaluation = "evaluation",
        Fallback = "fallback" });

/// One event, as the journal has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RareEvent {
    /// The number of its record.
    pub sequence: u64,
    pub kind: RareKind,
    /// The boundary that a violation went beyond, as it was declared then.
    pub declared: Option<Mode>,
    /// See `event::binary`.
    pub bytes: Box<[u8]>,
}

/// The last rare events of every system, by its number, in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct RareEvents {
    of: CowVec<VecDeque<RareEvent>, 1>,
    count: usize,
}

share!(RareEvents { of });

impl RareEvent {
    /// The event itself. What was encoded by this program can be decoded.
    pub fn event(&self) -> Option<Event<'_>> {
        binary::decode(&self.bytes).ok().map(|(event, _)| event)
    }

    fn size(&self) -> u64 {
        room::rare_event(self.bytes.len())
    }
}

impl RareEvents {
    /// Those of a system, in order of arrival.
    pub fn of(&self, system: SystemId) -> impl DoubleEndedIterator<Item = &RareEvent> {
        self.of.get(system as usize).into_iter().flatten()
    }

    /// Keeps an event that is rare by its type alone.
    pub fn apply(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>) {
        if let Some(kind) = kind_of(&event.body) {
            self.keep(core, system, event, kind, None);
        }
    }

    /// An event went beyond this boundary.
    pub fn violation(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>, declared: Mode) {
        self.keep(core, system, event, RareKind::Violation, Some(declared));
    }

    fn keep(&mut self, core: &mut Core, system: SystemId, event: &Event<'_>, kind: RareKind, declared: Option<Mode>) {
        let mut bytes = Vec::new();
        binary::encode(event, &mut bytes);
        let kept = RareEvent { sequence: core.sequence, kind, declared, bytes: bytes.into_boxed_slice() };
        core.taken.rare += kept.size();
        self.count += 1;
        let row = self.of.grow_mut(system as usize);
        row.push_back(kept);
        if row.len() > OF_SYSTEM_MAX {
            self.drop_from(core, system);
        }
        self.fit(core);
    }

    /// Drops the oldest until everything is within its bounds.
    fn fit(&mut self, core: &mut Core) {
        let bytes_max = room::rare_events(&core.model.limits);
        while self.count > ALL_MAX || self.count > OF_SYSTEM_MAX && core.taken.rare > bytes_max {
            // Whoever has most gives: no system loses its events to another's flood.
            let most = (0..self.of.len()).max_by_key(|system| self.of.get(*system).map_or(0, VecDeque::len));
            let Some(system) = most else { return };
            self.drop_from(core, system as SystemId);
        }
    }

    /// Drops the oldest event of the kind of which the system has most: a flood of one kind hides no other.
    fn drop_from(&mut self, core: &mut Core, system: SystemId) {
        let Some(row) = self.of.get_mut(system as usize) else { return };
        let mut counts = [0_usize; RareKind::ALL.len()];
        row.iter().for_each(|kept| counts[kept.kind as usize] += 1);
        let most = RareKind::ALL.iter().max_by_key(|kind| counts[**kind as usize]);
        let place = most.and_then(|most| row.iter().position(|kept| kept.kind == *most));
        if let Some(dropped) = place.and_then(|place| row.remove(place)) {
            core.taken.rare -= dropped.size();
            self.count -= 1;
        }
    }

    /// Forgets everything of a system that was removed.
    pub fn drop_system(&mut self, core: &mut Core, system: SystemId) {
        core.taken.rare -= self.retain(system, |_| false);
    }

    /// Forgets the events of a case.
    pub fn forget_case(&mut self, core: &mut Core, gone: &Gone) {
        for system in 0..self.of.len() as SystemId {
            // A row that keeps everything stays shared with snapshots.
            if self.of(system).any(|kept| is_of(core, system, kept, gone)) {
                core.taken.rare -= self.retain(system, |kept| !is_of(core, system, kept, gone));
            }
        }
    }

    /// Keeps some events of a system, and says what the others took.
    fn retain(&mut self, system: SystemId, keep: impl Fn(&RareEvent) -> bool) -> u64 {
        let Some(row) = self.of.get_mut(system as usize) else { return 0 };
        let size = |row: &VecDeque<RareEvent>| row.iter().map(RareEvent::size).sum::<u64>();
        let (count, bytes) = (row.len(), size(row));
        row.retain(keep);
        self.count -= count - row.len();
        bytes - size(row)
    }

    /// Counts what was restored.
    pub fn rebuild(&mut self, core: &mut Core) {
        self.count = self.of.iter().map(VecDeque::len).sum();
        core.taken.rare = self.of.iter().flatten().map(RareEvent::size).sum();
    }
}

impl Serialize for RareEvents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.of.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RareEvents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RareEvents, D::Error> {
        Ok(RareEvents { of: CowVec::deserialize(deserializer)?, count: 0 })
    }
}

/// Whether an event is of a case that is to be forgotten.
fn is_of(core: &Core, system: SystemId, kept: &RareEvent, gone: &Gone) -> bool {
    let Some(event) = kept.event() else { return false };
    let name = |case: &str| name_of(core.system_key(system, &event.system), case);
    event.case.as_deref().is_some_and(|case| gone.has(name(case)))
}

fn kind_of(body: &Body<'_>) -> Option<RareKind> {
    Some(match body {
        Body::ChangeDeployed { .. } | Body::ChangeApproved { .. } | Body::ChangeFailed { .. } => RareKind::Change,
        Body::RollbackStarted { .. } | Body::RollbackCompleted { .. } => RareKind::Rollback,
        Body::DrillCompleted { .. } => RareKind::Drill,
        Body::EvaluationCompleted { passed: false, .. } => RareKind::Evaluation,
        Body::FallbackStarted { .. } | Body::FallbackEnded { .. } => RareKind::Fallback,
        _ => return None,
    })
}
