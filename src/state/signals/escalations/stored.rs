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
use crate::state::signals::signal::Restore;

impl Restore for Escalations {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Escalations, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<EscalationsV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

#[derive(Deserialize)]
struct EscalationsV1 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::engine::core::Core;
    use crate::state::engine::lifecycle::rows::Rows;
    use crate::state::signals::signal::Signal;

    /// A row as day90 0.2.0 wrote it: opened, acknowledged, resolved, moves.
    type Row<'a> = (
        u32,
        &'a str,
        Option<(Timestamp, Sym, Sym, bool, Timestamp, [Option<Timestamp>; 2])>,
        Option<Timestamp>,
        Option<(Timestamp, EscalationOutcome)>,
        Vec<(Timestamp, Sym)>,
        [bool; 2],
        Timestamp,
    );

    fn restored(rows: &[Row<'_>]) -> Escalations {
        let rows: Vec<_> = rows.iter().enumerate().map(|(name, row)| Some((name as u128, 7_u64, 0_u64, row))).collect();
        let mut bytes = postcard::to_stdvec(&rows).unwrap();
        let empty = Series::<Missed>::default();
        (0..8).for_each(|_| bytes.extend(postcard::to_stdvec(&empty).unwrap()));
        let (mut restored, rest) = Escalations::restore(1, &bytes).unwrap();
        assert!(rest.is_empty());
        restored.rebuild(&mut Core::default());
        restored
    }

    #[test]
    fn escalations_of_version_0_2_0_go_on_as_rounds() {
        let at = Timestamp::from_seconds;
        let opened = Some((at(100), 5, 6, true, at(110), [Some(at(200)), None]));
        let resolved = Some((at(150), EscalationOutcome::Upheld));
        let rows = restored(&[
            (0, "open", opened, None, None, vec![(at(120), 8)], [true, false], at(0)),
            (0, "", opened, Some(at(130)), resolved, Vec::new(), [false, false], at(9_000)),
            (0, "waits", None, Some(at(130)), resolved, vec![(at(120), 8)], [false, false], at(9_000)),
        ])
        .rows;
        let counts = rows.counts();
        assert_eq!((counts.open, counts.finished, counts.waiting), (1, 1, 1));
        let open = rows.open().next().unwrap();
        let facts = open.newest().facts();
        assert_eq!(
            (&*open.case, open.newest().queue_now(), facts.moved, facts.missed),
            ("open", Some(8), 1, {
                let mut missed = ByDeadline::default();
                missed[crate::state::engine::deadline::Deadline::Acknowledge] = true;
                missed
            })
        );
        assert_eq!(rows.next_timer().map(|timer| timer.due), Some(at(9_000)), "what was settled stays so");
    }
}
