//! The rollbacks as version 1 of their section has them, of day90 0.1.0 and 0.2.0.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::restore::Restore;
use super::Rollbacks;
use super::fallback::Fallbacks;
use super::metrics::{Duration, Ended, FallbackSeconds, InProgress};
use super::row::{Completion, Rollback, Started, UNFINISHED};
use crate::event::time::SECOND;
use crate::event::{RollbackResult, RollbackTo, Timestamp, Trigger};
use crate::state::engine::core::SystemId;
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::series::Series;

/// How long the releases of version 1 waited for other events of a history. Nanoseconds.
const ARRIVAL_GRACE: i64 = 5 * SECOND;

impl Restore for Rollbacks {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Rollbacks, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<RollbacksV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

#[derive(Deserialize)]
struct RollbacksV1 {
    rows: Lifecycles<RollbackV1>,
    ended: Series<Ended>,
    duration: Series<Duration>,
    in_progress: Series<InProgress>,
    last_success: BTreeMap<(SystemId, bool), Timestamp>,
    fallbacks: FallbacksV1,
    fallback_seconds: Series<FallbackSeconds>,
}

#[derive(Clone, Deserialize)]
struct RollbackV1 {
    system: SystemId,
    started: Option<StartedV1>,
    completed: Option<(Timestamp, RollbackResult)>,
    unfinished_by_clock: bool,
    until: Timestamp,
}

#[derive(Clone, Deserialize)]
struct StartedV1 {
    at: Timestamp,
    received: Timestamp,
    due: Timestamp,
    change: Option<Box<str>>,
    trigger: Trigger,
    to: RollbackTo,
    drill: bool,
}

#[derive(Deserialize)]
struct FallbacksV1 {
    since: BTreeMap<SystemId, Timestamp>,
    ended_early: BTreeMap<SystemId, (Timestamp, Timestamp)>,
}

impl From<RollbacksV1> for Rollbacks {
    fn from(stored: RollbacksV1) -> Rollbacks {
        let RollbacksV1 { rows, ended, duration, in_progress, last_success, fallbacks, fallback_seconds } = stored;
        Rollbacks {
            rows: rows.map(Rollback::from),
            ended,
            duration,
            in_progress,
            // Nobody knows where they went.
            last_success: last_success.into_iter().map(|((system, drill), at)| ((system, drill, None), at)).collect(),
            fallbacks: Fallbacks::stored(fallbacks.since, fallbacks.ended_early),
            fallback_seconds,
            ..Rollbacks::default()
        }
    }
}

impl From<RollbackV1> for Rollback {
    fn from(stored: RollbackV1) -> Rollback {
        let RollbackV1 { system, started, completed, unfinished_by_clock, until } = stored;
        // A completion counted when the start was there, as whatever it was then.
        let counted = started.is_some();
        let completion = |(at, result)| Completion {
            at,
            restored: result == RollbackResult::Restored,
            change: None,
            to: None,
            drill: false,
            nanos: None,
            took_long: false,
            until,
            counted,
            timed: counted,
        };
        Rollback {
            completions: completed.map(completion).into_iter().collect(),
            // It was counted as unfinished when its declared time had passed.
            overdue: unfinished_by_clock,
            unfinished: unfinished_by_clock,
            until,
            started: started.map(Started::from),
            ..Rollback::new(system)
        }
    }
}

impl From<StartedV1> for Started {
    fn from(stored: StartedV1) -> Started {
        let StartedV1 { at, received, due, change, trigger, to, drill } = stored;
        Started {
            at,
            due,
            overdue_at: due.max(received.plus(ARRIVAL_GRACE)),
            unfinished_at: at.plus(UNFINISHED).max(received.plus(ARRIVAL_GRACE)),
            change_until: received,
            change,
            trigger,
            to: Some(to),
            drill,
        }
    }
}
