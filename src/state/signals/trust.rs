//! User trust: what people say of the system, and what they appeal.

mod appeal;
mod ratings;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::appeal::Appeal;
use self::ratings::{Ratings, polarity_of};
use super::fold::Fold;
use super::notice::Notice;
use super::objectives::Objective;
use super::signal::{Kinds, Restore, Section, Signal};
use super::words::Polarity;
use crate::event::{AppealOutcome, Body, Event, FeedbackValue, Kind, Signal as FeedbackSignal, Thumb};
use crate::state::engine::core::{Core, SystemId};
use crate::state::engine::erasure::{Gone, name_of};
use crate::state::engine::family::{SYSTEM, Sink, closed, counter, gauge, histogram};
use crate::state::engine::hist::Hist;
use crate::state::engine::lifecycle::Lifecycles;
use crate::state::engine::lifecycle::rows::{Phase, Rows, Stages};
use crate::state::engine::lifecycle::steps::{Step, Stepped, Steps};
use crate::state::engine::metric::{Computed, Metric, metrics};
use crate::state::engine::parts::{HasParts, parts};
use crate::state::engine::series::Series;

pub const TAKES: Kinds = Kinds::of(&[Kind::AppealOpened, Kind::AppealDecided, Kind::FeedbackReceived]);
pub const SECTION: Section = Section::first("trust");

/// From an hour to three months.
const TURNAROUND: &[f64] =
    &[3_600.0, 14_400.0, 28_800.0, 86_400.0, 172_800.0, 259_200.0, 604_800.0, 1_209_600.0, 2_592_000.0, 7_776_000.0];

metrics! {
    Appeals: u64 = counter(
        "day90_appeals_total",
        &[SYSTEM, closed("outcome", AppealOutcome::WORDS)],
        "Appeals decided, by outcome. Overturned means that a person affected by the system was right against it."
    );
    OpenAppeals: u64 = gauge("day90_appeals_open", &[SYSTEM], "Appeals opened and not decided.");
    Decide: Hist = histogram(
        "day90_appeal_decide_seconds",
        &[SYSTEM],
        TURNAROUND,
        "Time from an appeal's opening to its decision."
    );
    Feedback: u64 = counter(
        "day90_feedback_total",
        &[SYSTEM, closed("signal", FeedbackSignal::WORDS), closed("polarity", Polarity::WORDS)],
        "Feedback from users, by signal and by what it says. Trust is the lower bound of positive over positive and negative: few answers never look like certainty."
    );
    Rating: Computed = histogram(
        "day90_feedback_rating",
        &[SYSTEM],
        &[1.0, 2.0, 3.0, 4.0, 5.0],
        "Ratings on the declared scale (default 1 to 5)."
    );
}

/// Feedback and appeals.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trust {
    appeals: Lifecycles<Appeal>,
    decided: Series<Appeals>,
    open: Series<OpenAppeals>,
    decide: Series<Decide>,
    feedback: Series<Feedback>,
    ratings: BTreeMap<SystemId, Arc<Ratings>>,
}

parts!(Trust { appeals decided open decide feedback });

impl Restore for Trust {}

impl Signal for Trust {
    fn apply<'a>(&mut self, fold: &mut Fold<'a>, event: &'a Event<'a>) {
        match &event.body {
            Body::FeedbackReceived { signal, value, .. } => self.take_feedback(fold, *signal, *value),
            Body::AppealOpened { appeal, .. } => {
                self.step(fold, event, appeal.as_deref(), &mut |row| {
                    row.begin_round(event) && row.opened.replace(event.time).is_none()
                });
            }
            Body::AppealDecided { appeal, outcome } => {
                let is_new = self.step(fold, event, appeal.as_deref(), &mut |row| {
                    row.decided.is_none() && row.decided.replace((event.time, *outcome)).is_none()
                });
                if is_new && *outcome == AppealOutcome::Overturned {
                    let case = name_of(&event.system, event.case.as_deref().unwrap_or_default());
                    fold.say(Notice::AppealOverturned { system: fold.system, case, at: event.time });
                }
            }
            _ => {}
        }
    }

    /// An appeal whose time is over is dropped. A decision that waited in vain is an orphan.
    fn run_timer(&mut self, fold: &mut Fold<'_>) {
        let Some((slot, ())) = self.appeals.run_timer(fold.core, |_, _| ()) else { return };
        if self.appeals.remove(slot).is_some_and(|row| row.opened.is_none()) {
            fold.orphan(Kind::AppealDecided);
        }
    }

    fn declare(&mut self, core: &mut Core, system: SystemId) {
        for outcome in AppealOutcome::ALL {
            self.decided.declare(core, [system, *outcome as u32]);
        }
        self.open.declare(core, [system]);
    }

    fn drop_system(&mut self, core: &mut Core, system: SystemId) {
        self.appeals.drop_system(system);
        if self.ratings.remove(&system).is_some() {
            core.series -= 1;
        }
    }

    fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let forgotten = self.appeals.forget_case(core, gone);
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
        self.appeals.would_open(Step { event, system: 0, own: appeal.as_deref() })
    }

    fn rebuild(&mut self, core: &mut Core) {
        self.parts_mut().into_iter().for_each(|part| part.rebuild(core));
        core.series += self.ratings.len();
    }

    fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.decided.visit(core, sink);
        self.open.visit(core, sink);
        self.decide.visit(core, sink);
        self.feedback.visit(core, sink);
        Rating::FAMILY.announce(sink);
        for (system, ratings) in self.ratings.iter().filter(|(system, _)| core.is_live(**system)) {
            sink.histogram(&[core.system_name(*system)], ratings.buckets());
        }
    }
}

impl Trust {
    /// The open appeals, in order of their slots.
    pub fn open_rows(&self) -> impl Iterator<Item = &Appeal> {
        self.appeals.open()
    }

    fn step(
        &mut self,
        fold: &mut Fold<'_>,
        event: &Event<'_>,
        own: Option<&str>,
        change: &mut dyn FnMut(&mut Appeal) -> bool,
    ) -> bool {
        let Stepped::New { before, after } = fold.step(&mut self.appeals, event, own, change) else { return false };
        let system = fold.system;
        if let (None, Some((nanos, outcome))) = (before.decided, after.decided) {
            self.decided.add(fold.core, [system, outcome as u32], 1);
            let nanos = fold.duration(Kind::AppealDecided, nanos);
            self.decide.observe(fold.core, [system], nanos);
        }
        let key = |open: bool| open.then_some([system]);
        self.open.at(fold.core, [system]);
        self.open.shift(fold.core, key(before.open), key(after.open));
        true
    }

    fn take_feedback(&mut self, fold: &mut Fold<'_>, signal: FeedbackSignal, value: FeedbackValue) {
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
        let declared = core.declared(system).is_some_and(|declared| declared.objectives.trust_ratio.is_some());
        if declared && polarity != Polarity::Neutral {
            fold.judge(system, Objective::TrustRatio, polarity == Polarity::Positive);
        }
    }
}
