//! Test pages: a gauge that a rule turns into a page marked TEST, so that a team can see whether a page reaches them.
//!
//! They live in this process alone. A test page lasts minutes, so it is not in the journal, and a restart ends it; the
//! journal keeps the drill that `day90 page-test` records as an event once somebody has answered. [`PAGE_TEST`] is not one
//! of the spike's families, so no rule can take one for the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use crate::event::Timestamp;
use crate::event::time::{HOUR, MINUTE, SECOND};
use crate::state::engine::family::{Family, Number, SYSTEM, Sink, gauge};

pub static PAGE_TEST: Family = gauge(
    "day90_page_test",
    &[SYSTEM],
    "1 while a test page of day90 page-test lasts, ten minutes at most; else absent. The rule Day90PageTest makes it a page that says TEST.",
);

/// The families of this module.
pub static FAMILIES: &[&Family] = &[&PAGE_TEST];

/// How long a test page lasts, unless it is ended: at least five minutes must be left for slow scrapes and evaluations.
/// Nanoseconds.
const LASTS: i64 = 10 * MINUTE;
/// How long an answer to one is taken. Nanoseconds.
const ANSWERED_WITHIN: i64 = HOUR;

/// The test pages of this process. Clones share them. Bounded by the systems that are known.
#[derive(Clone, Default)]
pub(super) struct PageTests(Arc<Mutex<BTreeMap<String, Test>>>);

#[derive(Clone, Copy)]
struct Test {
    began: Timestamp,
    ends: Timestamp,
}

impl Test {
    /// A clock that was set back by more than a test page lasts makes none that stays.
    fn lasts(&self, now: Timestamp) -> bool {
        now < self.ends && self.began.since(now) < LASTS
    }
}

impl PageTests {
    /// Begins one, or reports the one that still lasts: asking twice makes one page.
    pub(super) fn begin(&self, system: &str, now: Timestamp) -> String {
        let mut tests = self.lock();
        tests.retain(|_, test| now.since(test.began) < ANSWERED_WITHIN);
        let lasts = tests.get(system).copied().filter(|test| test.lasts(now));
        let test = lasts.unwrap_or(Test { began: now, ends: now.plus(LASTS) });
        tests.insert(system.to_owned(), test);
        report(system, test, now)
    }

    /// Ends one. It is remembered for as long as an answer is taken, so that asking twice says the same.
    pub(super) fn end(&self, system: &str, now: Timestamp) -> Option<String> {
        let mut tests = self.lock();
        let test = tests.get_mut(system).filter(|test| now.since(test.began) < ANSWERED_WITHIN)?;
        test.ends = test.ends.min(now);
        Some(report(system, *test, now))
    }

    pub(super) fn visit(&self, now: Timestamp, sink: &mut dyn Sink) {
        PAGE_TEST.announce(sink);
        for (system, _) in self.lock().iter().filter(|(_, test)| test.lasts(now)) {
            sink.sample(&[system], Number::Count(1));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Test>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(system: &str, test: Test, now: Timestamp) -> String {
    let seconds = now.since(test.began).max(0) / SECOND;
    let (began, ends) = (test.began.to_string(), test.ends.to_string());
    format!("{}\n", json!({ "system": system, "began": began, "ends": ends, "seconds": seconds }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::samples::Samples;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn shown(tests: &PageTests, now: Timestamp) -> Option<f64> {
        let mut samples = Samples::default();
        tests.visit(now, &mut samples);
        samples.sum("agent", "day90_page_test", &[])
    }

    #[test]
    fn a_test_page_lasts_ten_minutes_or_until_it_is_ended() {
        let tests = PageTests::default();
        assert_eq!(shown(&tests, at(0)), None);
        tests.begin("agent", at(0));
        assert_eq!((shown(&tests, at(599)), shown(&tests, at(600))), (Some(1.0), None));
        tests.begin("agent", at(700));
        assert!(tests.end("agent", at(730)).is_some_and(|report| report.contains("\"seconds\":30")));
        assert_eq!(shown(&tests, at(731)), None);
    }

    #[test]
    fn asking_twice_makes_one_page() {
        let tests = PageTests::default();
        let first = tests.begin("agent", at(100));
        let again = tests.begin("agent", at(160));
        assert!(first.contains("00:01:40Z") && again.contains("00:01:40Z"), "{first}{again}");
    }

    #[test]
    fn an_answer_is_taken_for_an_hour_after_its_beginning_and_not_without_a_test() {
        let tests = PageTests::default();
        assert!(tests.end("agent", at(0)).is_none());
        tests.begin("agent", at(0));
        assert!(tests.end("agent", at(3_599)).is_some());
        assert!(tests.end("agent", at(3_600)).is_none());
    }
}
