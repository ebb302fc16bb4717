//! What the daemon's spike detector says of a system, as a scrape has it; and the counters beside it.

use crate::page::samples::Samples;

/// The two counters at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub tasks: f64,
    pub escalations: f64,
}

/// What is said of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Verdict {
    /// On-call is paged.
    pub spike: bool,
    /// Escalations for each task, usually at this hour.
    pub usual: f64,
    /// Over the last half minute, by the counters.
    pub ratio: f64,
    /// Everything so far.
    pub total: Counts,
}

/// How much above the usual is as usual again, to the eye.
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

    /// The last half minute is as usual, whatever the page says, which stays for five minutes at least.
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
    fn the_detectors_word_is_read_and_not_guessed() {
        let text = "day90_escalation_spike{system=\"a\"} 1\nday90_escalation_baseline_ratio{system=\"a\"} 0.04\n";
        let verdict = Verdict::read(&super::super::scrape::read(text), "a", 0.2);
        assert_eq!(verdict, Verdict { spike: true, usual: 0.04, ratio: 0.2, ..Verdict::default() });
        assert!(!verdict.calm());
    }

    #[test]
    fn as_usual_again_is_calm_though_the_page_stays_a_while() {
        assert!(Verdict { spike: true, usual: 0.04, ratio: 0.05, ..Verdict::default() }.calm());
    }
}
