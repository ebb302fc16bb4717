//! Counting what is new of an escalation.

use super::Escalations;
use super::row::{EscalationFacts, OpenIn, Opened};
use crate::event::{EscalationOutcome, Event, Kind, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::deadline::Deadline;
use crate::state::engine::erasure::name_of;
use crate::state::engine::lifecycle::round::Found;
use crate::state::signals::facts::{Ownerless, QualityFamily};
use crate::state::signals::fold::Fold;
use crate::state::signals::notice::{Cause, EscalatedCase, Notice};
use crate::state::signals::objectives::Objective;

impl Escalations {
    /// Counts what was found when this event arrived, or as time passed.
    pub(super) fn count(
        &mut self,
        fold: &mut Fold<'_>,
        system: SystemId,
        event: Option<&Event<'_>>,
        found: &Found<EscalationFacts>,
    ) {
        match found {
            Found::Facts { before, after, began } => {
                if let (true, Some(opened)) = (*began, &after.opened) {
                    self.count_opening(fold, system, event, opened);
                    note_if_ownerless(
                        fold,
                        system,
                        Ownerless { queue: opened.queue, reason: opened.reason },
                        opened.at,
                    );
                }
                self.count_facts(fold, system, before, after);
                if let (Some(opened), Some(open), Some(event)) = (&after.opened, after.open, event)
                    && before.open.is_some_and(|before| before.queue != open.queue)
                {
                    let moved = Ownerless { queue: open.queue, reason: opened.reason };
                    note_if_ownerless(fold, system, moved, event.time);
                }
                if let Some(event) = event {
                    say_overturned(fold, system, event, before, after);
                }
            }
            Found::Repeat(kind) => fold.repeat(*kind),
            Found::Orphan(kind) => fold.orphan(*kind),
        }
    }

    fn count_opening(&mut self, fold: &mut Fold<'_>, system: SystemId, event: Option<&Event<'_>>, opened: &Opened) {
        self.opened.add_case(fold.core, [system, opened.queue, opened.reason]);
        fold.facts.escalated(fold.core, system);
        fold.facts.of(system).see_counted(QualityFamily::Escalations, opened.at);
        // An opening that waited is accepted when another event of its case arrives.
        if let Some(event) = event {
            let cause = Cause { queue: opened.queue, reason: opened.reason };
            let (case, at, received) = (case_of(event), opened.at, event.received);
            fold.say(Notice::Escalated(EscalatedCase { system, case, at, received, cause }));
        }
    }

    fn count_facts(
        &mut self,
        fold: &mut Fold<'_>,
        system: SystemId,
        before: &EscalationFacts,
        after: &EscalationFacts,
    ) {
        let Some(opened) = &after.opened else { return };
        let queue = opened.queue;
        self.count_times(fold, system, before, after);
        // A queue that was passed through before the opening arrived is at 0 all the same.
        for queue in after.queues.iter().copied().chain([queue]) {
            self.open.at(fold.core, [system, queue]);
            self.unacknowledged.at(fold.core, [system, queue]);
        }
        if after.moved > before.moved {
            self.reassigned.add(fold.core, [system, queue], (after.moved - before.moved) as u64);
        }
        (before.repeats..after.repeats).for_each(|_| fold.repeat(Kind::EscalationReassigned));
        if after.unrouted && !before.unrouted {
            self.unrouted.add_case(fold.core, [system, opened.reason]);
        }
        self.count_deadlines(fold, system, before, after);
        if before.open != after.open {
            self.move_gauges(fold.core, system, before.open, after.open);
        }
    }

    fn count_deadlines(
        &mut self,
        fold: &mut Fold<'_>,
        system: SystemId,
        before: &EscalationFacts,
        after: &EscalationFacts,
    ) {
        let Some(opened) = &after.opened else { return };
        for deadline in Deadline::ALL.iter().copied() {
            let key = [system, opened.queue, deadline as u32];
            if after.missed[deadline] && !before.missed[deadline] {
                self.missed.add(fold.core, key, 1);
            }
            // Judged once: when it is over, or when the clock finds it missed.
            if opened.due[deadline].is_some() && after.is_judged(deadline) && !before.is_judged(deadline) {
                fold.judge(system, objective_of(deadline), !after.missed[deadline]);
            }
            if after.forgiven[deadline] && !before.forgiven[deadline] {
                self.forgiven.add(fold.core, key, 1);
                fold.forgive(system, objective_of(deadline));
            }
        }
    }

    fn count_times(
        &mut self,
        fold: &mut Fold<'_>,
        system: SystemId,
        before: &EscalationFacts,
        after: &EscalationFacts,
    ) {
        let Some(opened) = &after.opened else { return };
        if let (None, Some(nanos)) = (before.acknowledge, after.acknowledge) {
            let missed = after.missed[Deadline::Acknowledge] && !after.forgiven[Deadline::Acknowledge];
            let in_time = opened.due[Deadline::Acknowledge].is_some() && !missed;
            let facts = fold.facts.of(system);
            facts.see_acknowledged(opened.at.plus(nanos), in_time);
            facts.see_counted(QualityFamily::Escalations, opened.at.plus(nanos));
            let nanos = fold.duration(Kind::EscalationAcknowledged, nanos);
            self.acknowledge.observe(fold.core, [system, opened.queue], nanos);
        }
        if let (None, Some((nanos, outcome))) = (before.resolve, after.resolve) {
            fold.facts.of(system).see_counted(QualityFamily::Escalations, opened.at.plus(nanos));
            let nanos = fold.duration(Kind::EscalationResolved, nanos);
            self.resolve.observe(fold.core, [system, opened.queue, outcome as u32], nanos);
        }
    }

    pub(super) fn move_gauges(&mut self, core: &mut Core, system: SystemId, from: Option<OpenIn>, to: Option<OpenIn>) {
        let key = |open: OpenIn| [system, open.queue];
        self.open.shift(core, from.map(key), to.map(key));
        let waiting = |open: Option<OpenIn>| open.filter(|open| open.unacknowledged).map(key);
        self.unacknowledged.shift(core, waiting(from), waiting(to));
    }
}

/// The hash name of an event's case, whatever name its lifecycle has.
fn case_of(event: &Event<'_>) -> u128 {
    name_of(&event.system, event.case.as_deref().unwrap_or_default())
}

/// An escalation that comes to a queue without an owner is a finding for the checklist.
fn note_if_ownerless(fold: &mut Fold<'_>, system: SystemId, found: Ownerless, at: Timestamp) {
    let queue = fold.core.labels.text(found.queue);
    if fold.core.declared(system).is_none_or(|declared| !declared.owns(queue)) {
        fold.facts.of(system).see_ownerless(found, at);
    }
}

/// A person decided that the system was wrong.
fn say_overturned(
    fold: &mut Fold<'_>,
    system: SystemId,
    event: &Event<'_>,
    before: &EscalationFacts,
    after: &EscalationFacts,
) {
    let Some(opened) = &after.opened else { return };
    if let (None, Some((nanos, EscalationOutcome::Overturned))) = (before.resolve, after.resolve) {
        fold.say(Notice::EscalationOverturned { system, case: case_of(event), at: opened.at.plus(nanos) });
    }
}

fn objective_of(deadline: Deadline) -> Objective {
    match deadline {
        Deadline::Acknowledge => Objective::AcknowledgeSeconds,
        Deadline::Resolve => Objective::ResolveSeconds,
    }
}
