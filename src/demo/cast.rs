//! The cast of the demo: two AI systems, what they do, and how often. `demo.yaml` declares the same systems.

/// Escalations for each task on a usual day, and with the bad prompt.
pub(crate) const USUAL_RATIO: f64 = 0.04;
pub(crate) const BAD_RATIO: f64 = 0.22;

/// One system. Rates and durations are those of a usual day.
pub(crate) struct System {
    pub name: &'static str,
    /// ((action, mode), weight). The mode `suggest` asks for a review.
    pub actions: &'static [((&'static str, &'static str), f64)],
    pub escalation_ratio: f64,
    /// (reason, weight) of escalations.
    pub reasons: &'static [(&'static str, f64)],
    pub queue: &'static str,
    pub inputs: &'static [(&'static str, f64)],
    /// Tasks an hour, mean of a weekday, in the three weeks of history.
    pub tasks_per_hour: f64,
    /// Tasks a second in real time.
    pub tasks_per_second: f64,
    /// Median seconds of a task.
    pub task_seconds: f64,
    pub thumbs_up: f64,
    pub model: &'static str,
    pub on_call: usize,
    pub reviewers: usize,
    pub owner: &'static str,
    pub cost_per_day: f64,
}

/// The system of the story.
pub(crate) const REFUNDS: usize = 0;

pub(crate) const SYSTEMS: [System; 2] = [
    System {
        name: "refund-agent",
        actions: &[(("refund.issue", "decide"), 0.92), (("refund.large", "suggest"), 0.08)],
        escalation_ratio: USUAL_RATIO,
        reasons: &[("low_confidence", 5.0), ("policy_limit", 2.5), ("missing_data", 1.5), ("customer_request", 1.0)],
        queue: "billing",
        inputs: &[("crm", 900.0), ("orders", 60.0)],
        tasks_per_hour: 200.0,
        tasks_per_second: 20.0,
        task_seconds: 5.0,
        thumbs_up: 0.92,
        model: "large-2026-08",
        on_call: 14,
        reviewers: 12,
        owner: "payments-ops",
        cost_per_day: 96.0,
    },
    System {
        name: "triage-agent",
        actions: &[(("ticket.route", "decide"), 0.9), (("ticket.answer", "suggest"), 0.1)],
        escalation_ratio: 0.025,
        reasons: &[("low_confidence", 6.0), ("unknown_language", 2.0), ("angry_customer", 2.0)],
        queue: "support",
        inputs: &[("tickets", 120.0)],
        tasks_per_hour: 100.0,
        tasks_per_second: 10.0,
        task_seconds: 2.0,
        thumbs_up: 0.88,
        model: "small-2026-06",
        on_call: 6,
        reviewers: 8,
        owner: "support-platform",
        cost_per_day: 31.0,
    },
];

/// How busy an hour is, relative to the mean hour of a weekday. Nights and weekends are quiet.
pub(crate) fn rhythm(seconds_of_day: f64, weekend: bool) -> f64 {
    let hours = seconds_of_day / 3600.0;
    // Busiest at 14:30, quietest twelve hours later.
    let day = 1.0 + 0.8 * ((hours - 14.5) / 24.0 * std::f64::consts::TAU).cos();
    if weekend { day * 0.45 } else { day }
}

#[cfg(test)]
mod tests {
    use super::rhythm;

    #[test]
    fn afternoons_are_busy_and_weekends_quiet() {
        assert!(rhythm(14.5 * 3600.0, false) > 5.0 * rhythm(2.5 * 3600.0, false));
        assert!(rhythm(14.5 * 3600.0, true) < rhythm(14.5 * 3600.0, false) / 2.0);
        let mean = (0..24).map(|hour| rhythm(f64::from(hour) * 3600.0, false)).sum::<f64>() / 24.0;
        assert!((mean - 1.0).abs() < 1e-6, "{mean}");
    }
}
