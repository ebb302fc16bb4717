//! User trust as version 1 of its section has it, of day90 0.1.0 and 0.2.0: one round of each appeal.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::appeal::{Appeal, AppealOpened, AppealStage};
use super::metrics::{Appeals, Decide, Feedback, OpenAppeals};
use super::ratings::Ratings;
use super::{Cases, Trust};
use crate::event::{AppealOutcome, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rounds::Rounds;
use crate::state::engine::maybe::Maybe;
use crate::state::engine::series::Series;
use crate::state::signals::signal::Restore;

#[derive(Deserialize)]
struct TrustV1 {
    appeals: Lifecycles<AppealV1>,
    decided: Series<Appeals>,
    open: Series<OpenAppeals>,
    decide: Series<Decide>,
    feedback: Series<Feedback>,
    ratings: BTreeMap<SystemId, Arc<Ratings>>,
}

#[derive(Clone, Deserialize)]
struct AppealV1 {
    system: SystemId,
    case: Box<str>,
    opened: Option<Timestamp>,
    decided: Option<(Timestamp, AppealOutcome)>,
    until: Timestamp,
}

impl Restore for Trust {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Trust, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<TrustV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

impl From<TrustV1> for Trust {
    fn from(stored: TrustV1) -> Trust {
        let TrustV1 { appeals, decided, open, decide, feedback, ratings } = stored;
        let appeals: Cases = appeals.map(Rounds::from);
        Trust { appeals, decided, open, decide, feedback, ratings, ..Trust::default() }
    }
}

impl From<AppealV1> for Rounds<Appeal> {
    fn from(row: AppealV1) -> Self {
        let AppealV1 { system, case, opened, decided, until } = row;
        let Some(at) = opened else {
            let mut rounds = Rounds::new(system, false, case, until);
            if let Some((at, outcome)) = decided {
                rounds.wait(at, AppealStage::Decided(outcome), at, until);
            }
            return rounds;
        };
        // Appeals had no deadline then.
        let opened = AppealOpened { at, due: Maybe::NEVER, judged_from: at };
        Rounds::of(system, case, Appeal { opened: Some(opened), decided, missed_by_clock: false }, until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::engine::lifecycle::rows::{Phase, Stages};

    type AppealV1<'a> = (SystemId, &'a str, Option<Timestamp>, Option<(Timestamp, AppealOutcome)>, Timestamp);

    fn restored(appeal: AppealV1<'_>) -> Rounds<Appeal> {
        let series = || (Vec::<u8>::new(), Vec::<u8>::new(), Vec::<u8>::new());
        let rows = vec![Some((7_u128, 1_u64, 1_u64, appeal))];
        let ratings = BTreeMap::<u32, u8>::new();
        let bytes = postcard::to_stdvec(&(rows, series(), series(), series(), series(), ratings)).unwrap();
        let (trust, rest) = Trust::restore(1, &bytes).unwrap();
        assert!(rest.is_empty());
        trust.appeals.iter().next().unwrap().clone()
    }

    #[test]
    fn appeals_of_older_releases_are_as_far_as_they_were() {
        let at = |seconds: i64| Timestamp::from_seconds(1_795_424_400 + seconds);
        let decided = Some((at(60), AppealOutcome::Overturned));
        assert_eq!(restored((0, "c", Some(at(0)), None, at(90))).phase(), Phase::Open);
        assert_eq!(restored((0, "c", Some(at(0)), decided, at(90))).phase(), Phase::Finished);
        let waits = restored((0, "c", None, decided, at(90)));
        assert_eq!((waits.phase(), waits.due()), (Phase::Waiting, Some(at(90))));
    }
}
