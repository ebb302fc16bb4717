//! The metrics of escalations.

use crate::event::EscalationOutcome;
use crate::state::engine::deadline::Deadline;
use crate::state::engine::family::{Label, SYSTEM, closed, counter, counter_of_cases, gauge, histogram, open};
use crate::state::engine::hist::Hist;
use crate::state::engine::metric::{Computed, metrics};

const QUEUE: &[Label] = &[SYSTEM, open("queue")];
/// From a quarter of a minute to three days.
const PATIENCE: &[f64] =
    &[15.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0];

metrics! {
    Escalated: u64 = counter_of_cases(
        "day90_escalations_total",
        &[SYSTEM, open("queue"), open("reason")],
        "Escalations opened: cases that the system handed to a person, by the queue and reason they were opened with. Divide by day90_tasks_total for the escalation ratio."
    );
    OpenNow: u64 = gauge(
        "day90_escalations_open",
        QUEUE,
        "Escalations that are open now, in the queue they are in now."
    );
    Unacknowledged: u64 = gauge(
        "day90_escalations_unacknowledged",
        QUEUE,
        "Open escalations that nobody has acknowledged yet, in the queue they are in now."
    );
    OldestOpen: Computed = gauge(
        "day90_escalation_oldest_open_timestamp_seconds",
        QUEUE,
        "When the oldest open escalation of a queue was opened, as a Unix time; absent while none is open. time() minus this is its age."
    );
    OldestUnacknowledged: Computed = gauge(
        "day90_escalation_oldest_unacknowledged_timestamp_seconds",
        QUEUE,
        "When the oldest unacknowledged escalation of a queue was opened, as a Unix time; absent while all are acknowledged. The best single sign that nobody is looking."
    );
    Acknowledge: Hist = histogram(
        "day90_escalation_acknowledge_seconds",
        QUEUE,
        PATIENCE,
        "Time from opened to acknowledged, by the events' own times."
    );
    Resolve: Hist = histogram(
        "day90_escalation_resolve_seconds",
        &[SYSTEM, open("queue"), closed("outcome", EscalationOutcome::WORDS)],
        PATIENCE,
        "Time from opened to resolved. Outcomes overturned and answered mean that the system was right to ask."
    );
    Missed: u64 = counter(
        "day90_escalation_deadline_missed_total",
        &[SYSTEM, open("queue"), closed("stage", Deadline::WORDS)],
        "Escalations that missed their declared deadline, once for each stage; counted by the clock while they are open, without waiting for an event."
    );
    Forgiven: u64 = counter(
        "day90_escalation_deadline_forgiven_total",
        &[SYSTEM, open("queue"), closed("stage", Deadline::WORDS)],
        "Missed deadlines that were kept all the same: what was owed had been done in time, and the event that says so came late. Missed minus forgiven is the truth."
    );
    OverdueNow: Computed = gauge(
        "day90_escalations_overdue",
        &[SYSTEM, open("queue"), closed("stage", Deadline::WORDS)],
        "Escalations that are open now and past their own deadline, in the queue they are in now."
    );
    OldestOverdue: Computed = gauge(
        "day90_escalation_oldest_overdue_timestamp_seconds",
        &[SYSTEM, open("queue"), closed("stage", Deadline::WORDS)],
        "The deadline that passed first among the escalations that are overdue, as a Unix time; absent while none is. time() minus this is how long somebody has been waiting for too long."
    );
    Reassigned: u64 = counter(
        "day90_escalations_reassigned_total",
        QUEUE,
        "Reassignments to another queue than the one it was in, by the queue the escalation was opened in: cases that bounce."
    );
    Unrouted: u64 = counter_of_cases(
        "day90_escalations_unrouted_total",
        &[SYSTEM, open("reason")],
        "Escalations that were opened in, or moved to, a queue that no declared route names, once each: nobody was meant to receive them."
    );
}
