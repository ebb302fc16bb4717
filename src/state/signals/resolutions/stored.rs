//! Resolutions as version 1 of their section has them, of day90 0.1.0 and 0.2.0.
//!
//! A case kept no times then but that of its maturity, so what is not known is chosen as those releases judged it: whatever
//! came of a closed case undid it, in whatever order it arrived, and only before the case had matured.

use serde::Deserialize;

use super::super::words::Undoing;
use super::row::{Case, Mark, Of, Resolution};
use super::{Durable, Resolutions, Resolved, Undone};
use crate::event::time::DAY;
use crate::event::{ClosedBy, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::family::Family;
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::maybe::Maybe;
use crate::state::engine::metric::Metric;
use crate::state::engine::series::Series;
use crate::state::signals::signal::Restore;

/// How much longer a closed case is remembered now, unless the configuration says otherwise. Nanoseconds.
const REMEMBERED_LONGER: i64 = 28 * DAY;

#[derive(Deserialize)]
struct ResolutionsV1 {
    rows: Lifecycles<CaseV1>,
    closed: Series<Resolved>,
    reopened: Series<ReopenedV1>,
    durable: Series<Durable>,
}

/// `day90_resolutions_reopened_total`, which went on as `day90_resolutions_undone_total`.
struct ReopenedV1;

impl Metric for ReopenedV1 {
    type Key = [u32; 3];
    type Value = u64;
    const FAMILY: &'static Family = Undone::FAMILY;
}

#[derive(Clone, Deserialize)]
struct CaseV1 {
    system: SystemId,
    escalated: bool,
    closed: Option<(ClosedBy, bool)>,
    reopened: bool,
    matures: Maybe,
    until: Timestamp,
}

impl Restore for Resolutions {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Resolutions, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<ResolutionsV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

impl From<ResolutionsV1> for Resolutions {
    fn from(stored: ResolutionsV1) -> Resolutions {
        let ResolutionsV1 { rows, closed, reopened, durable } = stored;
        // A reopening was counted only while the case was remembered, and that was until it matured.
        let matured = u32::from(false);
        let undone = |[system, by, escalated]: [u32; 3]| [system, by, escalated, Undoing::Reopened as u32, matured];
        Resolutions { rows: rows.map(Case::from), closed, undone: Series::renamed(reopened, undone), durable }
    }
}

impl From<CaseV1> for Case {
    fn from(stored: CaseV1) -> Case {
        let CaseV1 { system, escalated, closed, reopened, matures, until } = stored;
        let mut case = Case::new(system, until);
        // Before anything that may come.
        case.escalated = escalated.then_some(Timestamp::EPOCH).into();
        if let Some((by, escalated)) = closed {
            case.last = Some(resolution(Of { by, escalated }, reopened, matures, until));
            case.until = until.plus(REMEMBERED_LONGER);
        } else if reopened {
            // After the closing that it waits for, whenever that was.
            case.mark = Some(Mark { at: until, how: Undoing::Reopened });
        }
        case
    }
}

/// A person's closing never matured then; it does when it would have been forgotten.
fn resolution(of: Of, reopened: bool, matures: Maybe, until: Timestamp) -> Resolution {
    let due = match of.by {
        _ if reopened => Maybe::NEVER,
        ClosedBy::Ai => matures,
        ClosedBy::Human => until.into(),
    };
    let undone = reopened.then_some(Timestamp::EPOCH).into();
    Resolution { at: Timestamp::EPOCH, of, matures: due.get().unwrap_or(Timestamp::EPOCH), due, undone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::time::HOUR;
    use crate::state::engine::core::Core;
    use crate::state::signals::resolutions::row::{Closing, Marked};

    type CaseV1 = (SystemId, bool, Option<(ClosedBy, bool)>, bool, Option<Timestamp>, Timestamp);

    fn restored(case: CaseV1) -> (Resolutions, Case) {
        let series = |count: u64| (vec![(0_u32, 0_u32, 1_u32)], vec![count], vec![Timestamp::EPOCH]);
        let bytes =
            postcard::to_stdvec(&(vec![Some((7_u128, 1_u64, 1_u64, case))], series(5), series(2), series(1))).unwrap();
        let (resolutions, rest) = Resolutions::restore(1, &bytes).unwrap();
        assert!(rest.is_empty());
        let case = resolutions.rows.iter().next().unwrap().clone();
        (resolutions, case)
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_seconds(1_795_424_400).plus(hours * HOUR)
    }

    #[test]
    fn reopened_cases_count_on_as_undone() {
        let (mut resolutions, _) = restored((0, false, None, true, None, at(9)));
        let mut core = Core::default();
        core.system("agent");
        crate::state::signals::signal::Signal::rebuild(&mut resolutions, &mut core);
        assert_eq!(resolutions.undone.get([0, 0, 1, Undoing::Reopened as u32, 0]), Some(&2));
        assert_eq!(resolutions.closed.get([0, 0, 1]), Some(&5));
        assert_eq!(resolutions.durable.get([0, 0, 1]), Some(&1));
    }

    #[test]
    fn a_case_that_was_closed_before_is_undone_by_what_comes_now() {
        let (_, mut case) = restored((0, true, Some((ClosedBy::Ai, false)), false, Some(at(100)), at(100)));
        let reopened = |hours| Mark { at: at(hours), how: Undoing::Reopened };
        let Marked::Undid(undone) = case.mark(reopened(99), true) else { panic!("{case:?}") };
        assert_eq!((undone.of, undone.matured), (Of { by: ClosedBy::Ai, escalated: false }, false));
        assert!(matches!(case.mark(reopened(100), true), Marked::TooLate));
        let (_, mut case) = restored((0, true, Some((ClosedBy::Ai, false)), false, None, at(100)));
        let Marked::Undid(undone) = case.mark(reopened(101), true) else { panic!("{case:?}") };
        assert!(undone.matured && case.until == at(100 + 28 * 24));
    }

    #[test]
    fn a_case_that_was_reopened_before_can_be_closed_again_and_is_undone_if_its_closing_still_comes() {
        let closing = Closing { at: at(50), by: ClosedBy::Ai, matures: at(200), due: at(200) };
        let (_, mut case) = restored((0, true, Some((ClosedBy::Ai, false)), true, None, at(100)));
        let closed = case.close(closing, true).expect("another resolution");
        assert!(closed.of.escalated && closed.before.is_none() && closed.at_once.is_none());
        let (_, mut case) = restored((0, false, None, true, None, at(100)));
        assert_eq!(case.orphans(), 1);
        let closed = case.close(closing, true).expect("its first resolution");
        assert_eq!(closed.at_once.map(|undone| undone.how), Some(Undoing::Reopened));
    }
}
