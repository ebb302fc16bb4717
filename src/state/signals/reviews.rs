//! Review load: what waits for a reviewer, how long it waits, how long it takes, and what is decided.
//!
//! A completion whose request doesn't come counts as a review of its own. The deadline of a queue is fixed when a review is
//! requested. It is missed by event times, and by the clock while the review is open; whoever was in time by the event's own
//! time is forgiven a miss that the clock found.

mod count;
mod metrics;
mod row;
mod shown;
mod stored;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::metrics::FAMILIES;
use self::metrics::{
    Audited, CompletedReviews, EditRatio, ForgivenReviews, Handling, MissedReviews, OpenReviews, Wait,
};
pub use self::row::Review;
use self::row::{Completed, Requested, ReviewStage};
use super::fold::Fold;
use super::signal::{Kinds, Section, Signal};
use crate::config::model;
use crate::event::time::MINUTE;
use crate::event::{Body, Event, Kind};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::erasure::Gone;
use crate::state::engine::family::Sink;
use crate::state::engine::labels::{Open, Sym};
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::round::Round;
use crate::state::engine::lifecycle::rounds::Rounds;
use crate::state::engine::lifecycle::rows::Rows;
use crate::state::engine::lifecycle::steps::Step;
use crate::state::engine::metric::Metric;
use crate::state::engine::parts::parts;
use crate::state::engine::series::Series;

pub const TAKES: Kinds =
    Kinds::of(&[Kind::ReviewRequested, Kind::ReviewStarted, Kind::ReviewCompleted, Kind::ReviewAudited]);
pub const SECTION: Section = Section { name: "reviews", version: 2, since: [0, 3, 0], lost: "" };

/// A request that arrives later than this after its time may be followed by its other stages, which are late too.
/// Nanoseconds.
const LATE: i64 = MINUTE;

/// The reviews of every case, and those with a name.
type Cases = Lifecycles<Rounds<Review>>;

/// Reviews and what is counted of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reviews {
    rows: Cases,
    completed: Series<CompletedReviews>,
    audited: Series<Audited>,
    edit_ratio: Series<EditRatio>,
    open: Series<OpenReviews>,
    missed: Series<MissedReviews>,
    forgiven: Series<ForgivenReviews>,
    wait: Series<Wait>,
    handling: Series<Handling>,
}

parts!(Reviews { rows completed audited edit_ratio open missed forgiven wait handling });

impl Signal for Reviews {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::ReviewRequested { review, queue, .. } => {
                let requested = request(fold, event, queue.as_deref());
                self.take(fold, event, review.as_deref(), ReviewStage::Requested(requested));
            }
            Body::ReviewStarted { review, .. } => self.take(fold, event, review.as_deref(), ReviewStage::Started),
            Body::ReviewCompleted { review, decision, queue, handling_seconds, wait_seconds, edit_ratio, .. } => {
                let completed = Completed {
                    at: event.time,
                    decision: *decision,
                    queue: queue.as_deref().map(|queue| label(fold, queue)),
                    wait: *wait_seconds,
                    handling: *handling_seconds,
                    edit_ratio: *edit_ratio,
                };
                self.take(fold, event, review.as_deref(), ReviewStage::Completed(completed));
            }
            Body::ReviewAudited { appropriate, decision: Some(decision), .. } => {
                self.audited.add(fold.core, [fold.system, *decision as u32, u32::from(*appropriate)], 1);
            }
            Body::ReviewAudited { review, appropriate, decision: None } => {
                self.audit(fold, event, review.as_deref(), *appropriate);
            }
            _ => {}
        }
    }

    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let Some((system, found)) = self.rows.pass(fold.core) else { return };
        for found in found {
            self.count(fold, system, &found);
        }
    }

    /// Declared queues are at 0 from the first scrape.
    fn declare(&mut self, core: &mut Core, system: SystemId) {
        let model = Arc::clone(&core.model);
        let Some(declared) = model.systems.get(core.system_name(system)) else { return };
        for (queue, declared) in &declared.review_queues {
            let queue = core.declared_label(system, Open::Queue, queue);
            self.open.declare(core, [system, queue]);
            if declared.within.is_some() {
                self.missed.declare(core, [system, queue]);
                self.forgiven.declare(core, [system, queue]);
            }
        }
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.review_queues != now.review_queues
    }

    fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let forgotten = self.rows.erase(core, gone);
        for row in &forgotten {
            self.open.shift(core, row.newest().facts().open.map(|queue| [row.system, queue]), None);
        }
        forgotten.len()
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.rows)
    }

    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        Some(&mut self.rows)
    }

    fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::ReviewRequested { review, .. } = &event.body else { return false };
        self.rows.would_begin(Step { event, system: 0, own: review.as_deref() })
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.show(core, sink);
    }
}

impl Reviews {
    /// The cases with an open review, in order of their slots.
    pub fn open_rows(&self) -> impl Iterator<Item = &Rounds<Review>> {
        self.rows.open()
    }

    fn take(&mut self, fold: &mut Fold<'_>, event: &Event<'_>, own: Option<&str>, stage: ReviewStage) {
        let system = fold.system;
        let found = self.rows.take(fold.core, Step { event, system, own }, stage);
        for found in found {
            self.count(fold, system, &found);
        }
    }

    /// An audit follows the decision that it judges: it doesn't wait for what else may happen after that.
    fn audit(&mut self, fold: &mut Fold<'_>, event: &Event<'_>, own: Option<&str>, appropriate: bool) {
        let step = Step { event, system: fold.system, own };
        let decided = self.rows.get(step.name()).and_then(|row| row.newest().awaits_audit());
        let time = decided.map_or(event.time, |decided| decided.min(event.time));
        self.take(fold, &Event { time, ..event.clone() }, own, ReviewStage::Audited(appropriate));
    }
}

fn label(fold: &mut Fold<'_>, queue: &str) -> Sym {
    fold.core.label(fold.system, CompletedReviews::FAMILY, Open::Queue, queue)
}

/// A request with the deadline of its queue.
fn request(fold: &mut Fold<'_>, event: &Event<'_>, queue: Option<&str>) -> Requested {
    let (at, received) = (event.time, event.received);
    let declared = fold.core.declared(fold.system);
    let due = declared.zip(queue).and_then(|(declared, queue)| declared.review_due(at, queue)).into();
    let is_late = received.since(at) > LATE;
    let judged_from = if is_late { received.plus(fold.core.model.limits.arrival_grace) } else { at };
    Requested { at, queue: queue.map(|queue| label(fold, queue)), due, judged_from }
}
