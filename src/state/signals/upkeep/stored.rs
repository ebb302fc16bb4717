//! Upkeep as version 1 of its section has it, of day90 0.1.0 and 0.2.0: one month, of UTC, for all systems.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::month::Months;
use super::{Cost, Evaluation, Evaluations, MaintenanceSeconds, Upkeep};
use crate::event::{Activity, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::labels::Sym;
use crate::state::engine::series::Series;
use crate::state::engine::value::Nanos;
use crate::state::signals::signal::Restore;

#[derive(Deserialize)]
struct UpkeepV1 {
    maintenance: Series<MaintenanceSeconds>,
    cost: Series<Cost>,
    evaluations: Series<Evaluations>,
    last_evaluation: BTreeMap<(SystemId, Sym), Evaluation>,
    month: MonthV1,
    attested: BTreeMap<SystemId, (Timestamp, Arc<str>)>,
    last_activity: BTreeMap<(SystemId, Activity), Timestamp>,
}

/// When the month of the fold's time began, and what was spent in it: cost and time.
type MonthV1 = (Timestamp, BTreeMap<(SystemId, Sym), Nanos>, BTreeMap<SystemId, Nanos>);

impl Restore for Upkeep {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Upkeep, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<UpkeepV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

impl From<UpkeepV1> for Upkeep {
    fn from(stored: UpkeepV1) -> Upkeep {
        let UpkeepV1 { maintenance, cost, evaluations, last_evaluation, month, attested, last_activity } = stored;
        let (_, cost_of_month, time_of_month) = month;
        let months = Months::of(cost_of_month, time_of_month);
        Upkeep { maintenance, cost, evaluations, last_evaluation, months, attested, last_activity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::engine::core::Core;
    use crate::state::signals::signal::Signal;

    #[test]
    fn the_month_of_an_older_release_goes_on_in_utc() {
        let now = Timestamp::parse_rfc3339("2026-11-23T09:00:00Z").expect("a time");
        let mut core = Core::default();
        core.now = now;
        core.system("agent");
        let series = || (Vec::<(u32, u32, u32)>::new(), Vec::<i128>::new(), Vec::<Timestamp>::new());
        let pairs = || (Vec::<(u32, u32)>::new(), Vec::<i128>::new(), Vec::<Timestamp>::new());
        let month = (now.month_start(), BTreeMap::from([((0_u32, 4_u32), 5_i128)]), BTreeMap::from([(0_u32, 60_i128)]));
        let empty = BTreeMap::<(u32, u32), u32>::new();
        let stored = (pairs(), series(), series(), &empty, month, &empty, &empty);
        let bytes = postcard::to_stdvec(&stored).unwrap();
        let (mut upkeep, rest) = Upkeep::restore(1, &bytes).unwrap();
        assert!(rest.is_empty());
        upkeep.rebuild(&mut core);
        let months = upkeep.months();
        assert_eq!(months.start(0), Some(now.month_start()));
        assert_eq!(months.time(0, now), 60);
        assert_eq!(months.cost(0, now).collect::<Vec<_>>(), [(4, 5)]);
        assert_eq!(months.time(0, now.next_month_start()), 0, "it ends with the month of UTC");
    }
}
