//! Escalations as version 1 of their section has them, of day90 0.1.0 and 0.2.0: one round of each.

use serde::Deserialize;

use super::metrics::{Acknowledge, Escalated, Missed, OpenNow, Reassigned, Resolve, Unacknowledged, Unrouted};
use super::row::{Escalation, EscalationStage, Opened};
use super::{Cases, Escalations};
use crate::event::time::SECOND;
use crate::event::{EscalationOutcome, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::deadline::ByDeadline;
use crate::state::engine::labels::Sym;
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::round::Round;
use crate::state::engine::lifecycle::rounds::Rounds;
use crate::state::engine::maybe::Maybe;
use crate::state::engine::series::Series;

#[derive(Deserialize)]
pub(super) struct EscalationsV1 {
    rows: Lifecycles<EscalationV1>,
    opened: Series<Escalated>,
    open: Series<OpenNow>,
    unacknowledged: Series<Unacknowledged>,
    acknowledge: Series<Acknowledge>,
    resolve: Series<Resolve>,
    missed: Series<Missed>,
    reassigned: Series<Reassigned>,
    unrouted: Series<Unrouted>,
}

#[derive(Clone, Deserialize)]
struct EscalationV1 {
    system: SystemId,
    case: Box<str>,
    opened: Option<OpenedV1>,
    acknowledged: Maybe,
    resolved: Option<(Timestamp, EscalationOutcome)>,
    moves: Vec<(Timestamp, Sym)>,
    missed_by_clock: ByDeadline<bool>,
    until: Timestamp,
}

#[derive(Clone, Deserialize)]
struct OpenedV1 {
    at: Timestamp,
    queue: Sym,
    reason: Sym,
    unrouted: bool,
    received: Timestamp,
    due: ByDeadline<Maybe>,
}

/// How long the clock waited for late arrivals. Nanoseconds.
const GRACE_V1: i64 = 5 * SECOND;

impl From<EscalationsV1> for Escalations {
    fn from(stored: EscalationsV1) -> Escalations {
        let EscalationsV1 { rows, opened, open, unacknowledged, acknowledge, resolve, missed, reassigned, unrouted } =
            stored;
        let rows: Cases = rows.map(Rounds::from);
        let forgiven = Series::default();
        Escalations { rows, opened, open, unacknowledged, acknowledge, resolve, missed, forgiven, reassigned, unrouted }
    }
}

impl From<EscalationV1> for Rounds<Escalation> {
    fn from(row: EscalationV1) -> Self {
        let stages = row.stages();
        let EscalationV1 { system, case, opened, missed_by_clock, until, .. } = row;
        let Some(opened) = opened else {
            let mut rounds = Rounds::new(system, false, case, until);
            stages.into_iter().for_each(|(at, stage)| rounds.wait(at, stage, at, until));
            return rounds;
        };
        let OpenedV1 { at, queue, reason, unrouted, received, due } = opened;
        let opened = Opened { at, queue, reason, unrouted, judged_from: received.plus(GRACE_V1), due };
        let mut round = Escalation { opened: Some(opened), missed_by_clock, ..Escalation::default() };
        stages.iter().for_each(|(at, stage)| _ = round.take(*at, stage, *at));
        // All was counted when it came, and a resolution acknowledged nothing.
        round.moves.settle(queue);
        round.unacknowledged_until = Maybe::NEVER;
        Rounds::of(system, case, round, until)
    }
}

impl EscalationV1 {
    fn stages(&self) -> Vec<(Timestamp, EscalationStage)> {
        let acknowledged = self.acknowledged.get().map(|at| (at, EscalationStage::Acknowledged));
        let moves = self.moves.iter().map(|(at, queue)| (*at, EscalationStage::moved(*queue, false)));
        let resolved = self.resolved.map(|(at, outcome)| (at, EscalationStage::Resolved(outcome)));
        acknowledged.into_iter().chain(moves).chain(resolved).collect()
    }
}
