//! The metrics of user trust.

use crate::event::{AppealOutcome, Signal as FeedbackSignal};
use crate::state::engine::family::{SYSTEM, closed, counter, gauge, histogram};
use crate::state::engine::hist::Hist;
use crate::state::engine::metric::{Computed, metrics};
use crate::state::signals::words::Polarity;

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
    OldestAppeal: Computed = gauge(
        "day90_appeal_oldest_open_timestamp_seconds",
        &[SYSTEM],
        "When the oldest open appeal was opened, as a Unix time; absent while none is open."
    );
    OverdueAppeals: Computed = gauge(
        "day90_appeals_overdue",
        &[SYSTEM],
        "Appeals that are open now and past their declared deadline, business hours included."
    );
    MissedAppeals: u64 = counter(
        "day90_appeal_deadline_missed_total",
        &[SYSTEM],
        "Appeals that missed their declared deadline, once each; counted by the clock while they are open, without waiting for an event."
    );
    ForgivenAppeals: u64 = counter(
        "day90_appeal_deadline_forgiven_total",
        &[SYSTEM],
        "Missed deadlines that were kept all the same: the appeal had been decided in time, and the event that says so came late. Missed minus forgiven is the truth."
    );
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
