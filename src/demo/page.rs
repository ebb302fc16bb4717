//! What the daemon's spike detector says about a system, as scraped, with the counters of tasks and escalations.

use crate::page::samples::Samples;

/// The two counters at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub tasks: f64,
    pub escalations: f64,
}

/// The detector at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// On-call is paged.
    pub spike: bool,
    /// The usual ratio of escalations to tasks at this hour.
    pub usual: f64,
    /// The ratio over the last half minute, by the counters.
    pub ratio: f64,
    /// Everything so far.
    pub total: Counts,
}

/// A ratio up to this many times the usual one looks usual.
const CALM: f64 = 2.0;

impl Counts {
    pub(crate) fn since(self, earlier: Counts) -> Counts {
        Counts { tasks: self.tasks - earlier.tasks, escalations: self.escalations - earlier.escalations }
    }
    pub(crate) fn ratio(self) -> f64 {
        if self.tasks > 0.0 { (self.escalations / self.tasks).min(1.0) } else { 0.0 }
    }
}

impl Verdict {
    pub(crate) fn read(samples: &Samples, system: &str, ratio: f64) -> Verdict {
        let number = |family| samples.sum(system, family, &[]).unwrap_or(0.0);
        Verdict {
            spike: number("day90_escalation_spike") > 0.0,
            usual: number("day90_escalation_baseline_ratio"),
            ratio,
            total: Counts::read(samples, system),
        }
    }

    /// Whether the last half minute looks usual. The page may still be open: it stays for at least five minutes.
    pub(crate) fn calm(&self) -> bool {
        self.ratio <= CALM * self.usual
    }
}

impl Counts {
    pub(crate) fn read(samples: &Samples, system: &str) -> Counts {
        let sum = |family| samples.sum(system, family, &[]).unwrap_or(0.0);
        Counts { tasks: sum("day90_tasks_total"), escalations: sum("day90_escalations_total") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_read_from_the_detector() {
        let text = "day90_escalation_spike{system=\"a\"} 1\nday90_escalation_baseline_ratio{system=\"a\"} 0.04\n";
        let verdict = Verdict::read(&super::super::scrape::read(text), "a", 0.2);
        assert_eq!(verdict, Verdict { spike: true, usual: 0.04, ratio: 0.2, ..Verdict::default() });
        assert!(!verdict.calm());
    }

    #[test]
    fn a_usual_ratio_is_calm_while_the_page_is_still_open() {
        assert!(Verdict { spike: true, usual: 0.04, ratio: 0.05, ..Verdict::default() }.calm());
    }
}
