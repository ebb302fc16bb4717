//! User trust: what people say of the system, and what they appeal.
//!
//! A decision whose appeal doesn't come counts as an appeal of its own. The declared deadline is fixed when an appeal opens,
//! and is missed and forgiven as that of an escalation.

mod appeal;
mod metrics;
mod ratings;
mod shown;
mod stored;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::appeal::Appeal;
use self::appeal::{AppealFacts, AppealOpened, AppealStage};
use self::metrics::{Appeals, Decide, Feedback, ForgivenAppeals, MissedAppeals, OpenAppeals};
pub use self::metrics::{FAMILIES, Rating};
use self::ratings::{Ratings, polarity_of};
use super::facts::QualityFamily;
use super::fold::Fold;
use super::notice::Notice;
use super::objectives::Objective;
use super::signal::{Kinds, Section, Signal};
use super::words::Polarity;
use crate::config::model;
use crate::event::time::MINUTE;
use crate::event::{AppealOutcome, Body, Event, FeedbackValue, Kind, Signal as FeedbackSignal, Thumb, Timestamp};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::erasure::{Gone, name_of};
use crate::state::engine::family::Sink;
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::round::Found;
use crate::state::engine::lifecycle::rounds::Rounds;
use crate::state::engine::lifecycle::rows::{Phase, Rows, Stages};
use crate::state::engine::lifecycle::steps::Step;
use crate::state::engine::parts::{HasParts, parts};
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::AppealOpened, Kind::AppealDecided, Kind::FeedbackReceived]);
pub const SECTION: Section = Section { name: "trust", version: 2, since: [0, 3, 0], lost: "" };

/// An opening that arrives later than this after its time may be followed by its decision, which is late too. Nanoseconds.
const LATE: i64 = MINUTE;

/// The appeals of every case, and those with a name.
type Cases = Lifecycles<Rounds<Appeal>>;

/// Feedback and appeals.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trust {
    appeals: Cases,
    decided: Series<Appeals>,
    open: Series<OpenAppeals>,
    missed: Series<MissedAppeals>,
    forgiven: Series<ForgivenAppeals>,
    decide: Series<Decide>,
    feedback: Series<Feedback>,
    ratings: BTreeMap<SystemId, Arc<Ratings>>,
}

parts!(Trust { appeals decided open missed forgiven decide feedback });

impl Signal for Trust {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::FeedbackReceived { signal, value, .. } => self.take_feedback(fold, event.time, *signal, *value),
            Body::AppealOpened { appeal, .. } => {
                let opened = open(fold.core, fold.system, event);
                self.take(fold, event, appeal.as_deref(), AppealStage::Opened(opened));
            }
            Body::AppealDecided { appeal, outcome } => self.decide(fold, event, appeal.as_deref(), *outcome),
            _ => {}
        }
    }

    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let Some((system, found)) = self.appeals.pass(fold.core) else { return };
        for found in found {
            self.count(fold, system, &found);
        }
    }

    fn declare(&mut self, core: &mut Core, system: SystemId) {
        for outcome in AppealOutcome::ALL {
            self.decided.declare(core, [system, *outcome as u32]);
        }
        self.open.declare(core, [system]);
        if core.declared(system).is_some_and(|declared| declared.trust.appeals_within.is_some()) {
            self.missed.declare(core, [system]);
            self.forgiven.declare(core, [system]);
        }
    }

    fn redeclares(&self, before: &model::System, now: &model::System) -> bool {
        before.trust != now.trust
    }

    fn drop_system(&mut self, core: &mut Core, system: SystemId) {
        self.appeals.drop_system(system);
        if self.ratings.remove(&system).is_some() {
            core.series -= 1;
        }
    }

    fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let forgotten = self.appeals.erase(core, gone);
        for row in forgotten.iter().filter(|row| row.phase() == Phase::Open) {
            self.open.shift(core, Some([row.system]), None);
        }
        forgotten.len()
    }

    fn rows(&self) -> Option<&dyn Rows> {
        Some(&self.appeals)
    }

    fn rows_mut(&mut self) -> Option<&mut dyn Rows> {
        Some(&mut self.appeals)
    }

    fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::AppealOpened { appeal, .. } = &event.body else { return false };
        self.appeals.would_begin(Step { event, system: 0, own: appeal.as_deref() })
    }

    fn rebuild(&mut self, core: &mut Core) {
        self.parts_mut().into_iter().for_each(|part| part.rebuild(core));
        core.series += self.ratings.len();
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.show(core, sink);
    }
}

impl Trust {
    /// The cases with an open appeal, in order of their slots.
    pub fn open_rows(&self) -> impl Iterator<Item = &Rounds<Appeal>> {
        self.appeals.open()
    }

    /// Takes a decision. One that waits for its opening will count whether that comes or not, so it is passed on at once, unless
    /// the appeal was decided before.
    fn decide(&mut self, fold: &mut Fold<'_>, event: &Event<'_>, own: Option<&str>, outcome: AppealOutcome) {
        let step = Step { event, system: fold.system, own };
        let was_decided = self.appeals.get(step.name()).is_some_and(|row| row.newest().decided.is_some());
        self.take(fold, event, own, AppealStage::Decided(outcome));
        if outcome == AppealOutcome::Overturned && !was_decided {
            fold.say(overturned(fold.system, event, event.time));
        }
    }

    fn take(&mut self, fold: &mut Fold<'_>, event: &Event<'_>, own: Option<&str>, stage: AppealStage) {
        let system = fold.system;
        let found = self.appeals.take(fold.core, Step { event, system, own }, stage);
        for found in found {
            self.count(fold, system, &found);
            // Said twice it undoes no more than once.
            if let Found::Facts { before: AppealFacts { decided: None, .. }, after, .. } = found
                && let Some((at, AppealOutcome::Overturned)) = after.decided
            {
                fold.say(overturned(system, event, at));
            }
        }
    }

    fn count(&mut self, fold: &mut Fold<'_>, system: SystemId, found: &Found<AppealFacts>) {
        let (before, after) = match found {
            Found::Facts { before, after, .. } => (before, after),
            Found::Repeat(kind) => return fold.repeat(*kind),
            Found::Orphan(kind) => return fold.orphan(*kind),
        };
        if let (None, Some((at, outcome))) = (before.decided, after.decided) {
            self.decided.add(fold.core, [system, outcome as u32], 1);
            fold.facts.of(system).see_counted(QualityFamily::UserTrust, at);
        }
        if let (None, Some(nanos)) = (before.nanos, after.nanos) {
            let nanos = fold.duration(Kind::AppealDecided, nanos);
            self.decide.observe(fold.core, [system], nanos);
        }
        if after.missed && !before.missed {
            self.missed.add(fold.core, [system], 1);
        }
        if after.forgiven && !before.forgiven {
            self.forgiven.add(fold.core, [system], 1);
        }
        let key = |open: bool| open.then_some([system]);
        self.open.at(fold.core, [system]);
        self.open.shift(fold.core, key(before.open), key(after.open));
    }

    fn take_feedback(&mut self, fold: &mut Fold<'_>, at: Timestamp, signal: FeedbackSignal, value: FeedbackValue) {
        let (core, system) = (&mut *fold.core, fold.system);
        let scale = core.model.rating_scale(core.system_name(system));
        let polarity = match value {
            FeedbackValue::Thumb(Thumb::Up) => Polarity::Positive,
            FeedbackValue::Rating(rating) => {
                let ratings = self.ratings.entry(system).or_insert_with(|| {
                    core.series += 1;
                    Arc::new(Ratings::on(scale))
                });
                if ratings.scale != scale {
                    *ratings = Arc::new(Ratings::on(scale));
                }
                Arc::make_mut(ratings).observe(rating);
                polarity_of(rating, scale)
            }
            FeedbackValue::Thumb(Thumb::Down) | FeedbackValue::None => Polarity::Negative,
        };
        self.feedback.add(core, [system, signal as u32, polarity as u32], 1);
        // Trust is the positive part of what is positive or negative.
        if polarity == Polarity::Neutral {
            return;
        }
        fold.facts.of(system).see_counted(QualityFamily::UserTrust, at);
        if fold.core.declared(system).is_some_and(|declared| declared.objectives.trust_ratio.is_some()) {
            fold.judge(system, Objective::TrustRatio, polarity == Polarity::Positive);
        }
    }
}

/// An opening with its deadline.
fn open(core: &Core, system: SystemId, event: &Event<'_>) -> AppealOpened {
    let (at, received) = (event.time, event.received);
    let due = core.declared(system).and_then(|declared| declared.appeal_due(at)).into();
    let is_late = received.since(at) > LATE;
    let judged_from = if is_late { received.plus(core.model.limits.arrival_grace) } else { at };
    AppealOpened { at, due, judged_from }
}

fn overturned(system: SystemId, event: &Event<'_>, at: Timestamp) -> Notice {
    let case = name_of(&event.system, event.case.as_deref().unwrap_or_default());
    Notice::AppealOverturned { system, case, at }
}
