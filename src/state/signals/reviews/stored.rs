//! Reviews as version 1 of their section has them, of day90 0.1.0 and 0.2.0: one round of each.

use serde::Deserialize;

use super::metrics::{Audited, CompletedReviews, EditRatio, Handling, OpenReviews, Wait};
use super::row::{Completed, Requested, Review, ReviewStage};
use super::{Cases, Reviews};
use crate::event::{Decision, Fixed, Timestamp};
use crate::state::engine::core::SystemId;
use crate::state::engine::labels::{NONE, Sym};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::round::Round;
use crate::state::engine::lifecycle::rounds::Rounds;
use crate::state::engine::maybe::Maybe;
use crate::state::engine::series::Series;
use crate::state::signals::signal::Restore;

#[derive(Deserialize)]
struct ReviewsV1 {
    rows: Lifecycles<ReviewV1>,
    completed: Series<CompletedReviews>,
    audited: Series<Audited>,
    edit_ratio: Series<EditRatio>,
    open: Series<OpenReviews>,
    wait: Series<Wait>,
    handling: Series<Handling>,
}

#[derive(Clone, Deserialize)]
struct ReviewV1 {
    system: SystemId,
    case: Box<str>,
    requested: Option<(Timestamp, Sym)>,
    started: Maybe,
    completed: Option<CompletedV1>,
    audited: Option<bool>,
    until: Timestamp,
}

#[derive(Clone, Copy, Deserialize)]
struct CompletedV1 {
    at: Timestamp,
    decision: Decision,
    handling: Option<Fixed>,
    edit_ratio: Option<Fixed>,
}

impl Restore for Reviews {
    fn restore(version: u16, bytes: &[u8]) -> postcard::Result<(Reviews, &[u8])> {
        match version {
            1 => postcard::take_from_bytes::<ReviewsV1>(bytes).map(|(stored, rest)| (stored.into(), rest)),
            _ => postcard::take_from_bytes(bytes),
        }
    }
}

impl From<ReviewsV1> for Reviews {
    fn from(stored: ReviewsV1) -> Reviews {
        let ReviewsV1 { rows, completed, audited, edit_ratio, open, wait, handling } = stored;
        let rows: Cases = rows.map(Rounds::from);
        Reviews { rows, completed, audited, edit_ratio, open, wait, handling, ..Reviews::default() }
    }
}

impl From<ReviewV1> for Rounds<Review> {
    fn from(row: ReviewV1) -> Self {
        let stages = row.stages();
        let ReviewV1 { system, case, requested, started, until, .. } = row;
        let Some((at, queue)) = requested else {
            let mut rounds = Rounds::new(system, false, case, until);
            stages.into_iter().for_each(|(at, stage)| rounds.wait(at, stage, at, until));
            return rounds;
        };
        // Its queue had no deadline then.
        let queue = (queue != NONE).then_some(queue);
        let requested = Requested { at, queue, due: Maybe::NEVER, judged_from: at };
        let mut round = Review { requested: Some(requested), waited: started.is_some(), ..Review::default() };
        stages.iter().for_each(|(at, stage)| _ = round.take(*at, stage, *at));
        Rounds::of(system, case, round, until)
    }
}

impl ReviewV1 {
    fn stages(&self) -> Vec<(Timestamp, ReviewStage)> {
        let started = self.started.get().map(|at| (at, ReviewStage::Started));
        let completed = self.completed.map(|CompletedV1 { at, decision, handling, edit_ratio }| {
            let completed = Completed { at, decision, queue: None, wait: None, handling, edit_ratio };
            (at, ReviewStage::Completed(completed))
        });
        // An audit has no time there, and follows the decision that it judges. It was counted with it, before the request.
        let end = self.completed.map_or(self.until, |completed| completed.at);
        let was_counted = self.requested.is_none() && self.completed.is_some();
        let audited = self.audited.filter(|_| !was_counted);
        let audited = audited.map(|appropriate| (end, ReviewStage::Audited(appropriate)));
        started.into_iter().chain(completed).chain(audited).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::engine::lifecycle::rows::{Phase, Stages};

    type CompletedV1 = (Timestamp, Decision, Option<i64>, Option<i64>);
    type ReviewV1<'a> =
        (SystemId, &'a str, Option<(Timestamp, Sym)>, Option<Timestamp>, Option<CompletedV1>, Option<bool>, Timestamp);

    fn restored(review: ReviewV1<'_>) -> Rounds<Review> {
        let series = || (Vec::<u8>::new(), Vec::<u8>::new(), Vec::<u8>::new());
        let rows = vec![Some((7_u128, 1_u64, 1_u64, review))];
        let bytes = postcard::to_stdvec(&(rows, series(), series(), series(), series(), series(), series())).unwrap();
        let (reviews, rest) = Reviews::restore(1, &bytes).unwrap();
        assert!(rest.is_empty());
        reviews.rows.iter().next().unwrap().clone()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_795_424_400 + seconds)
    }

    #[test]
    fn an_open_review_stays_open_and_its_wait_is_not_observed_again() {
        let row = restored((0, "c", Some((at(0), 9)), Some(at(20)), None, None, at(90)));
        let before = row.newest().facts();
        assert_eq!((row.phase(), before.open, before.wait), (Phase::Open, Some(9), Some(20_000_000_000)));
    }

    #[test]
    fn what_waited_for_its_request_waits_on_and_a_counted_audit_is_not_counted_again() {
        let completed = Some((at(50), Decision::Edited, None, None));
        let row = restored((0, "c", None, Some(at(20)), completed, Some(true), at(90)));
        assert_eq!((row.phase(), row.due()), (Phase::Waiting, Some(at(90))));
        let completed = super::CompletedV1 { at: at(50), decision: Decision::Edited, handling: None, edit_ratio: None };
        let old = super::ReviewV1 {
            system: 0,
            case: Box::default(),
            requested: None,
            started: at(20).into(),
            completed: Some(completed),
            audited: Some(true),
            until: at(90),
        };
        assert_eq!(old.stages().len(), 2, "the start and the completion");
    }
}
