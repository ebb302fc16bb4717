//! The metrics of the spike detector.

use super::status::SpikeState;
use crate::state::engine::family::{Label, SYSTEM, closed, counter, gauge, open};
use crate::state::engine::metric::{Computed, metrics};

const SYSTEMS: &[Label] = &[SYSTEM];

metrics! {
    Spike: Computed = gauge(
        "day90_escalation_spike",
        SYSTEMS,
        "1 while escalations are above what is usual at this hour, beyond chance; else 0; absent while the detector learns. Page on 1, without waiting: it stays at least five minutes."
    );
    Score: Computed = gauge(
        "day90_escalation_spike_score",
        SYSTEMS,
        "How much speaks for a spike, on a scale on which 1 is a page; at least 1 while it lasts."
    );
    Baseline: Computed = gauge(
        "day90_escalation_baseline_ratio",
        SYSTEMS,
        "Escalated cases for each completed task that are usual at this hour; for each second in a system that sends no tasks. Absent while nothing is known."
    );
    RecentRatio: Computed = gauge(
        "day90_escalation_recent_ratio",
        SYSTEMS,
        "Escalated cases for each completed task lately (each second in a system that sends no tasks): since about the onset while a page is open, else over the last hour or so. Absent while nothing comes."
    );
    Onset: Computed = gauge(
        "day90_escalation_spike_onset_timestamp_seconds",
        SYSTEMS,
        "About when escalations began to rise, as a Unix time; absent while there is no page."
    );
    SpikeCause: Computed = gauge(
        "day90_escalation_spike_cause",
        &[SYSTEM, open("queue"), open("reason")],
        "1 while a page is open, for at most three pairs of queue and reason that rose since its onset beyond chance, against their own usual number and share; none when all rose alike."
    );
    State: Computed = gauge(
        "day90_escalation_spike_state",
        &[SYSTEM, closed("state", SpikeState::WORDS)],
        "1 for the state of the detector, 0 for the others. learning: too little was seen, it pages only for what is clear in spite of that; new_normal: a rise has lasted for a day and waits for day90 accept; after four days its page has ended."
    );
    Pages: Computed = counter("day90_escalation_spikes_total", SYSTEMS, "Pages that the detector opened.");
    Unconfirmed: Computed = counter(
        "day90_escalation_spikes_unconfirmed_total",
        SYSTEMS,
        "Pages that what came after them did not confirm: the detector's own count of false ones. Compare it with false_pages_per_month."
    );
    Dispersion: Computed = gauge(
        "day90_escalation_dispersion_ratio",
        SYSTEMS,
        "Variance of escalation counts over their mean while nothing is wrong: 1 is chance alone, above 2 they come in bursts and pages come later."
    );
    Wander: Computed = gauge(
        "day90_escalation_wander_ratio",
        SYSTEMS,
        "By what fraction the usual ratio drifts up and down over hours while nothing is wrong. Rises within that are not paged."
    );
}
