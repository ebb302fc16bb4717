//! [`Lately`]: what was refused of each declared system in the last hour. A refused event is in no journal, so the process
//! alone knows of it, and a restart forgets it; counters that last are in `/metrics`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::rejections::UNKNOWN;
use crate::event::{Kind, Reason};
use crate::state::views::spike::report::RefusedLately;

/// How far back it reaches.
const WINDOW: Duration = Duration::from_secs(3_600);
/// How finely the window is divided.
const STEP: Duration = Duration::from_secs(60);
/// Different systems, types and reasons that are kept of one step; more are left to the counters.
const KEYS_MAX: usize = 1_024;

type Key = (Box<str>, Option<Kind>, Reason);

/// Counts by step, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Lately(Mutex<VecDeque<(Instant, BTreeMap<Key, u64>)>>);

impl Lately {
    pub(super) fn count(&self, now: Instant, system: &str, kind: Option<Kind>, reason: Reason, events: u64) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while steps.front().is_some_and(|(began, _)| now.duration_since(*began) >= WINDOW) {
            steps.pop_front();
        }
        if steps.back().is_none_or(|(began, _)| now.duration_since(*began) >= STEP) {
            steps.push_back((now, BTreeMap::new()));
        }
        let Some((_, counts)) = steps.back_mut() else { return };
        let key = (Box::from(system), kind, reason);
        if counts.len() < KEYS_MAX || counts.contains_key(&key) {
            *counts.entry(key).or_default() += events;
        }
    }

    pub(super) fn of(&self, now: Instant, system: &str) -> Vec<RefusedLately> {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums: BTreeMap<(Option<Kind>, Reason), u64> = BTreeMap::new();
        let recent = steps.iter().filter(|(began, _)| now.duration_since(*began) < WINDOW);
        for ((of, kind, reason), events) in recent.flat_map(|(_, counts)| counts) {
            if **of == *system {
                *sums.entry((*kind, *reason)).or_default() += events;
            }
        }
        let shown = |((kind, reason), events): ((Option<Kind>, Reason), u64)| RefusedLately {
            kind: kind.map_or(UNKNOWN, Kind::as_str).to_owned(),
            reason: reason.as_str().to_owned(),
            events,
        };
        let mut found: Vec<RefusedLately> = sums.into_iter().map(shown).collect();
        found.sort_by_key(|refused| std::cmp::Reverse(refused.events));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_kept_by_system_type_and_reason() {
        let (lately, start) = (Lately::default(), Instant::now());
        let opened = Some(Kind::EscalationOpened);
        let after = |seconds| start + Duration::from_secs(seconds);
        lately.count(start, "a", opened, Reason::Field, 2);
        lately.count(after(90), "a", opened, Reason::Field, 3);
        lately.count(after(90), "a", None, Reason::Syntax, 9);
        lately.count(after(90), "b", opened, Reason::Field, 1);
        let seen = |seconds| {
            let found = lately.of(after(seconds), "a");
            found.iter().map(|it| (it.kind.clone(), it.reason.clone(), it.events)).collect::<Vec<_>>()
        };
        let one = |kind: &str, reason: &str, events| (kind.to_owned(), reason.to_owned(), events);
        assert_eq!(seen(100), [one("unknown", "syntax", 9), one("escalation.opened", "field", 5)]);
        assert_eq!(seen(3_610), [one("unknown", "syntax", 9), one("escalation.opened", "field", 3)]);
        assert_eq!(seen(3_700), []);
    }

    #[test]
    fn a_step_is_bounded() {
        let (lately, now) = (Lately::default(), Instant::now());
        for system in 0..2 * KEYS_MAX {
            lately.count(now, &system.to_string(), None, Reason::Syntax, 1);
        }
        assert_eq!(lately.of(now, "1").len(), 1);
        assert_eq!(lately.of(now, &KEYS_MAX.to_string()), []);
    }
}
