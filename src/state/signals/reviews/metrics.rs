//! The metrics of reviews.

use crate::event::Decision;
use crate::state::engine::family::{FLAG, Label, SYSTEM, closed, counter, gauge, histogram, open};
use crate::state::engine::hist::Hist;
use crate::state::engine::metric::{Computed, metrics};

const QUEUE: &[Label] = &[SYSTEM, open("queue")];
const WAITS: &[f64] = &[10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0];
/// Seconds of a reviewer: the low end shows rubber stamps.
const EFFORT: &[f64] = &[1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0];
const RATIOS: &[f64] = &[0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0];

metrics! {
    CompletedReviews: u64 = counter(
        "day90_reviews_total",
        &[SYSTEM, open("queue"), closed("decision", Decision::WORDS)],
        "Reviews completed, by queue and decision. Edited and rejected are overrides; expired, cancelled and bypassed were decided by nobody."
    );
    Audited: u64 = counter(
        "day90_reviews_audited_total",
        &[SYSTEM, closed("decision", Decision::WORDS), closed("appropriate", FLAG)],
        "Reviews that were looked at again, and whether their decision was appropriate: an override rate alone is no quality."
    );
    EditRatio: Hist = histogram(
        "day90_review_edit_ratio",
        QUEUE,
        RATIOS,
        "How much of the output reviewers changed, from 0 to 1, as the sender computed it; texts never come here."
    );
    OpenReviews: u64 = gauge(
        "day90_reviews_open",
        QUEUE,
        "Reviews that are requested and not completed: the depth of the queue."
    );
    OldestReview: Computed = gauge(
        "day90_review_oldest_open_timestamp_seconds",
        QUEUE,
        "When the oldest open review of a queue was requested, as a Unix time; absent while none is open."
    );
    OverdueReviews: Computed = gauge(
        "day90_reviews_overdue",
        QUEUE,
        "Reviews that are open now and past the deadline of their queue, business hours included."
    );
    MissedReviews: u64 = counter(
        "day90_review_deadline_missed_total",
        QUEUE,
        "Reviews that missed the deadline of their queue, once each; counted by the clock while they are open, without waiting for an event."
    );
    ForgivenReviews: u64 = counter(
        "day90_review_deadline_forgiven_total",
        QUEUE,
        "Missed deadlines that were kept all the same: the review had been completed in time, and the event that says so came late. Missed minus forgiven is the truth."
    );
    Wait: Hist = histogram(
        "day90_review_wait_seconds",
        QUEUE,
        WAITS,
        "Time from a review's request to its first start: wait_seconds as sent, else measured. Observed when it is completed."
    );
    Handling: Hist = histogram(
        "day90_review_handling_seconds",
        &[SYSTEM, open("queue"), closed("decision", Decision::WORDS)],
        EFFORT,
        "Effort of reviewers: handling_seconds as sent, else the last start to completion. The rate of its sum is the review load."
    );
    Capacity: Computed = gauge(
        "day90_review_capacity_seconds_per_hour",
        QUEUE,
        "Declared capacity of a queue: reviewers × hours a day × 3600 ÷ 24. Handling seconds per hour divided by it is the utilization."
    );
}
