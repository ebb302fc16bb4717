//! User trust: what people say of the system, and what they appeal.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::itself::Itself;
use super::objectives::{Objective, Objectives};
use crate::event::{AppealOutcome, Body, Event, FeedbackValue, Fixed, Kind, Signal, Thumb, Timestamp, words};
use crate::state::engine::core::{Core, SystemId, Table, Timer};
use crate::state::engine::cow::share;
use crate::state::engine::family::{Buckets, Family, Number, SYSTEM, Sink, closed, counter, gauge, histogram};
use crate::state::engine::lifecycle::{Lifecycles, Phase, Stages, case_of, keep_case, lifecycle_name, name_of};
use crate::state::engine::series::{Hist, Nanos, Series};
use crate::state::forget::Gone;

words!(/// What a piece of feedback says of the system.
    Polarity { Positive = "positive", Neutral = "neutral", Negative = "negative" });

/// From an hour to three months.
const TURNAROUND: &[f64] =
    &[3_600.0, 14_400.0, 28_800.0, 86_400.0, 172_800.0, 259_200.0, 604_800.0, 1_209_600.0, 2_592_000.0, 7_776_000.0];
/// Buckets of the rating histogram on a scale that isn't a few whole numbers.
const RATING_STEPS: i64 = 10;

pub static APPEALS: Family = counter(
    "day90_appeals_total",
    &[SYSTEM, closed("outcome", AppealOutcome::WORDS)],
    "Appeals decided, by outcome. Overturned means that a person affected by the system was right against it.",
);
pub static APPEALS_OPEN: Family = gauge("day90_appeals_open", &[SYSTEM], "Appeals opened and not decided.");
pub static DECIDE: Family =
    histogram("day90_appeal_decide_seconds", &[SYSTEM], TURNAROUND, "Time from an appeal's opening to its decision.");
pub static FEEDBACK: Family = counter(
    "day90_feedback_total",
    &[SYSTEM, closed("signal", Signal::WORDS), closed("polarity", Polarity::WORDS)],
    "Feedback from users, by signal and by what it says. Trust is the lower bound of positive over positive and negative: few answers never look like certainty.",
);
pub static RATING: Family = histogram(
    "day90_feedback_rating",
    &[SYSTEM],
    &[1.0, 2.0, 3.0, 4.0, 5.0],
    "Ratings on the declared scale (default 1 to 5).",
);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trust {
    appeals: Lifecycles<Appeal>,
    decided: Series<2, u64>,
    open: Series<1, u64>,
    pub(crate) decide: Series<1, Hist>,
    feedback: Series<3, u64>,
    ratings: BTreeMap<SystemId, Arc<Ratings>>,
}

share!(Trust { appeals decided open decide feedback });

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Appeal {
    pub system: SystemId,
    pub case: Box<str>,
    pub opened: Option<Timestamp>,
    decided: Option<(Timestamp, AppealOutcome)>,
    until: Timestamp,
}

/// A histogram whose buckets follow the declared scale.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ratings {
    scale: (Fixed, Fixed),
    bounds: Vec<f64>,
    counts: Vec<u64>,
    sum: Nanos,
}

impl Stages for Appeal {
    const TABLE: Table = Table::Appeals;
    fn phase(&self) -> Phase {
        match (self.opened, self.decided) {
            (None, _) => Phase::Waiting,
            (Some(_), None) => Phase::Open,
            (Some(_), Some(_)) => Phase::Finished,
        }
    }
    fn due(&self) -> Option<Timestamp> {
        (self.phase() != Phase::Open).then_some(self.until)
    }
}

impl Trust {
    pub fn appeals(&self) -> &Lifecycles<Appeal> {
        &self.appeals
    }
    pub fn appeals_mut(&mut self) -> &mut Lifecycles<Appeal> {
        &mut self.appeals
    }

    /// True when the event would open an appeal that isn't open yet.
    pub fn would_open(&self, event: &Event<'_>) -> bool {
        let Body::AppealOpened { appeal, .. } = &event.body else { return false };
        let name = name_of(&event.system, lifecycle_name(event, appeal.as_deref()));
        self.appeals.get(name).is_none_or(|row| row.phase() != Phase::Open)
    }

    pub fn apply(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        objectives: &mut Objectives,
        system: SystemId,
        event: &Event<'_>,
    ) {
        match &event.body {
            Body::FeedbackReceived { signal, value, .. } => self.feedback(core, objectives, system, *signal, *value),
            Body::AppealOpened { appeal, .. } => {
                let (at, received) = (event.time, event.received);
                self.stage(core, itself, system, event, appeal.as_deref(), |row| {
                    if row.opened.is_some() && row.decided.is_some_and(|(decided, _)| at > decided) {
                        *row = Appeal { opened: None, decided: None, until: received, ..row.clone() };
                    }
                    row.opened.is_none() && row.opened.replace(at).is_none()
                });
            }
            Body::AppealDecided { appeal, outcome } => {
                let stage =
                    |row: &mut Appeal| row.decided.is_none() && row.decided.replace((event.time, *outcome)).is_none();
                self.stage(core, itself, system, event, appeal.as_deref(), stage);
            }
            _ => {}
        }
    }

    fn stage(
        &mut self,
        core: &mut Core,
        itself: &mut Itself,
        system: SystemId,
        event: &Event<'_>,
        lifecycle: Option<&str>,
        change: impl FnOnce(&mut Appeal) -> bool,
    ) {
        let kind = event.body.kind();
        let name = name_of(&event.system, lifecycle_name(event, lifecycle));
        let memory = core.model.limits.lifecycle_memory;
        let new =
            || Appeal { system, case: case_of(event), opened: None, decided: None, until: event.received.plus(memory) };
        let changed = self.appeals.change(core, name, new, |core, row| {
            let was_open = row.phase() == Phase::Open;
            let fresh = change(row);
            if fresh && row.phase() == Phase::Finished {
                row.until = event.received.plus(memory);
            }
            keep_case(core, system, event, lifecycle, row.phase(), &mut row.case);
            (fresh, was_open, row.clone())
        });
        let (was_open, row) = match changed {
            Err(_) => return itself.orphan(core, kind),
            Ok((false, ..)) => return itself.repeat(core, kind),
            Ok((true, was_open, row)) => (was_open, row),
        };
        if let (Some(opened), Some((decided, outcome))) = (row.opened, row.decided) {
            self.decided.add(core, &APPEALS, [system, outcome as u32], 1);
            let nanos = itself.duration(core, Kind::AppealDecided, decided.since(opened));
            self.decide.observe(core, &DECIDE, [system], nanos);
        }
        let is_open = row.phase() == Phase::Open;
        let open = self.open.at(core, &APPEALS_OPEN, [system]);
        *open = (*open + u64::from(is_open)).saturating_sub(u64::from(was_open));
    }

    fn feedback(
        &mut self,
        core: &mut Core,
        objectives: &mut Objectives,
        system: SystemId,
        signal: Signal,
        value: FeedbackValue,
    ) {
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
        self.feedback.add(core, &FEEDBACK, [system, signal as u32, polarity as u32], 1);
        let declared = core.declared(system).is_some_and(|declared| declared.objectives.trust_ratio.is_some());
        if declared && polarity != Polarity::Neutral {
            objectives.judge(core, system, Objective::TrustRatio, polarity == Polarity::Positive);
        }
    }

    pub fn on_timer(&mut self, core: &mut Core, itself: &mut Itself, timer: Timer) {
        if self.appeals.on_timer(core, timer, |_, _| ()).is_none() {
            return;
        }
        if self.appeals.remove(timer.slot).is_some_and(|row| row.opened.is_none()) {
            itself.orphan(core, Kind::AppealDecided);
        }
    }

    /// Forgets the appeals of a case, and how many they were.
    pub fn forget_case(&mut self, core: &mut Core, gone: &Gone) -> usize {
        let slots = self.appeals.named(|name, row| gone.is(core, name, row.system, &row.case));
        for row in slots.iter().filter_map(|slot| self.appeals.remove(*slot)).collect::<Vec<_>>() {
            if row.phase() == Phase::Open {
                let open = self.open.at(core, &APPEALS_OPEN, [row.system]);
                *open = open.saturating_sub(1);
            }
        }
        slots.len()
    }

    pub fn declare(&mut self, core: &mut Core, system: SystemId) {
        for outcome in AppealOutcome::ALL {
            self.decided.declare(core, &APPEALS, [system, *outcome as u32]);
        }
        self.open.declare(core, &APPEALS_OPEN, [system]);
    }

    pub fn drop_system(&mut self, core: &mut Core, system: SystemId) {
        for slot in self.appeals.slots(|row| row.system == system) {
            self.appeals.remove(slot);
        }
        if self.ratings.remove(&system).is_some() {
            core.series -= 1;
        }
    }

    pub fn rebuild(&mut self, core: &mut Core) {
        self.appeals.rebuild();
        self.decided.rebuild(core, &APPEALS);
        self.open.rebuild(core, &APPEALS_OPEN);
        self.decide.rebuild(core, &DECIDE);
        self.feedback.rebuild(core, &FEEDBACK);
        core.series += self.ratings.len();
    }

    pub fn visit(&self, core: &Core, sink: &mut dyn Sink) {
        self.decided.visit(core, &APPEALS, sink);
        self.open.visit(core, &APPEALS_OPEN, sink);
        self.decide.visit_histograms(core, &DECIDE, sink);
        self.feedback.visit(core, &FEEDBACK, sink);
        RATING.announce(sink);
        for (system, ratings) in self.ratings.iter().filter(|(system, _)| core.is_live(**system)) {
            let buckets = Buckets {
                bounds: &ratings.bounds,
                counts: &ratings.counts,
                sum: Number::Nanos(ratings.sum),
                ..Buckets::default()
            };
            sink.histogram(&[core.system_name(*system)], buckets);
        }
    }
}

impl Ratings {
    /// A bucket for each whole number of a short scale of whole numbers, else equal steps.
    fn on(scale: (Fixed, Fixed)) -> Ratings {
        let (low, high) = (scale.0.nanos(), scale.1.nanos());
        let unit = Fixed::ONE.nanos();
        let whole = low % unit == 0 && high % unit == 0 && (high - low) / unit <= RATING_STEPS;
        let steps = if whole { (high - low) / unit } else { RATING_STEPS };
        let bound = |step: i64| {
            Fixed::from_nanos(low + (i128::from(high - low) * i128::from(step) / i128::from(steps.max(1))) as i64)
        };
        let bounds: Vec<f64> = (0..=steps).map(|step| bound(step).as_f64()).collect();
        Ratings { scale, counts: vec![0; bounds.len() + 1], bounds, sum: 0 }
    }

    fn observe(&mut self, rating: Fixed) {
        let bucket = self.bounds.partition_point(|bound| *bound < rating.as_f64());
        self.counts[bucket] += 1;
        self.sum += i128::from(rating.nanos());
    }
}

/// Of 1 to 5, from 4 on is positive and from 3 on neutral; other scales in the same proportion.
fn polarity_of(rating: Fixed, (low, high): (Fixed, Fixed)) -> Polarity {
    let (above, span) = (i128::from(rating.nanos() - low.nanos()), i128::from(high.nanos() - low.nanos()));
    if above * 4 >= span * 3 {
        Polarity::Positive
    } else if above * 2 >= span {
        Polarity::Neutral
    } else {
        Polarity::Negative
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_have_the_polarity_of_their_place_on_the_scale() {
        let five = (Fixed::from_units(1), Fixed::from_units(5));
        for (rating, polarity) in [
            (1, Polarity::Negative),
            (2, Polarity::Negative),
            (3, Polarity::Neutral),
            (4, Polarity::Positive),
            (5, Polarity::Positive),
        ] {
            assert_eq!(polarity_of(Fixed::from_units(rating), five), polarity, "{rating} of 5");
        }
        assert_eq!(polarity_of(Fixed::from_units(7), (Fixed::ZERO, Fixed::from_units(10))), Polarity::Neutral);
    }

    #[test]
    fn rating_buckets_are_the_whole_numbers_of_the_scale() {
        assert_eq!(Ratings::on((Fixed::from_units(1), Fixed::from_units(5))).bounds, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(Ratings::on((Fixed::ZERO, Fixed::from_units(100))).bounds.len(), 11);
    }
}
