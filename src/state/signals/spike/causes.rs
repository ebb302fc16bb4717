//! Which queue and reason a spike comes from: for each pair, its recent escalations compared with its usual ones.

use serde::{Deserialize, Serialize};

use super::maths::exp_quick;
use super::seconds::{DAY_SECONDS, seconds_between};
use crate::event::Timestamp;
use crate::event::time::MINUTE;
use crate::state::engine::correction::Correction;
use crate::state::engine::labels::Sym;

/// Pairs of queue and reason that are followed per system. A new pair replaces the rarest.
const CAUSES_MAX: usize = 16;
/// Half-lives of the recent and of the usual count.
const RECENT_SECONDS: f64 = 1_800.0;
const USUAL_SECONDS: f64 = 7.0 * DAY_SECONDS;
/// Counts are decayed at most once in this time, in nanoseconds. The error is at most a fortieth; decaying them at each
/// escalation takes two exponentials, a tenth of what an escalation costs.
const DECAY_INTERVAL: i64 = MINUTE;
/// With fewer recent (decayed) escalations no cause is named.
const RECENT_MIN: f64 = 0.5;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Cause {
    queue: Sym,
    reason: Sym,
    /// Decayed counts as of `at`.
    recent: f32,
    usual: f32,
    at: Timestamp,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Causes {
    pairs: Vec<Cause>,
}

/// A pair and its part of the excess, the recent escalations beyond the usual number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CausePart {
    pub queue: Sym,
    pub reason: Sym,
    /// 0 to 1.
    pub part: f64,
}

/// A pair's counts, decayed to one moment.
#[derive(Clone, Copy)]
struct Counts {
    queue: Sym,
    reason: Sym,
    recent: f64,
    usual: f64,
}

impl Causes {
    /// Heap memory in bytes, at most.
    pub const HEAP_BYTES: usize = CAUSES_MAX * size_of::<Cause>();

    pub fn add(&mut self, queue: Sym, reason: Sym, now: Timestamp) {
        if let Some(cause) = self.pairs.iter_mut().find(|it| (it.queue, it.reason) == (queue, reason)) {
            cause.add(now);
            return;
        }
        if self.pairs.len() >= CAUSES_MAX {
            self.drop_rarest(now);
        }
        self.pairs.push(Cause { queue, reason, recent: 1.0, usual: 1.0, at: now });
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        self.pairs.iter_mut().for_each(|cause| clock.correct_receipt(&mut cause.at));
    }

    fn drop_rarest(&mut self, now: Timestamp) {
        let usual = |cause: &Cause| cause.as_of(now).usual;
        let rarest = self.pairs.iter().enumerate().min_by(|(_, a), (_, b)| usual(a).total_cmp(&usual(b)));
        if let Some(rarest) = rarest.map(|(at, _)| at) {
            self.pairs.swap_remove(rarest);
        }
    }

    /// The pairs that make up the excess, the largest part first. `factor` is all recent escalations over the usual number.
    pub fn parts(&self, now: Timestamp, factor: f64) -> Vec<CausePart> {
        let counts: Vec<Counts> = self.pairs.iter().map(|cause| cause.as_of(now)).collect();
        let recent: f64 = counts.iter().map(|pair| pair.recent).sum();
        let usual: f64 = counts.iter().map(|pair| pair.usual).sum();
        if recent < RECENT_MIN || usual <= 0.0 {
            return Vec::new();
        }
        let excess = |pair: &Counts| pair.recent - recent / factor.max(1.0) * pair.usual / usual;
        let total: f64 = counts.iter().map(&excess).filter(|excess| *excess > 0.0).sum();
        let part = |pair: &Counts| CausePart { queue: pair.queue, reason: pair.reason, part: excess(pair) / total };
        let mut parts: Vec<CausePart> = counts.iter().filter(|pair| excess(pair) > 0.0).map(part).collect();
        parts.sort_by(|a, b| b.part.total_cmp(&a.part).then((a.queue, a.reason).cmp(&(b.queue, b.reason))));
        parts
    }
}

impl Cause {
    fn add(&mut self, now: Timestamp) {
        if now.since(self.at) >= DECAY_INTERVAL {
            let Counts { recent, usual, .. } = self.as_of(now);
            (self.recent, self.usual, self.at) = (recent as f32, usual as f32, now);
        }
        self.recent += 1.0;
        self.usual += 1.0;
    }

    fn as_of(&self, now: Timestamp) -> Counts {
        let seconds = seconds_between(self.at, now);
        let decayed =
            |count: f32, half_life: f64| f64::from(count) * exp_quick(-std::f64::consts::LN_2 * seconds / half_life);
        Counts {
            queue: self.queue,
            reason: self.reason,
            recent: decayed(self.recent, RECENT_SECONDS),
            usual: decayed(self.usual, USUAL_SECONDS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_pair_is_named_first() {
        let mut causes = Causes::default();
        let at = |minute: i64| Timestamp::from_seconds(60 * minute);
        (0..10_000).for_each(|minute| causes.add(3, 3, at(minute)));
        (0..40).for_each(|minute| causes.add(4, 5, at(9_960 + minute)));
        let parts = causes.parts(at(10_000), 2.0);
        assert_eq!((parts[0].queue, parts[0].reason), (4, 5));
        assert!(parts[0].part > 0.7, "{parts:?}");
    }

    #[test]
    fn it_follows_a_bounded_number_of_pairs() {
        let mut causes = Causes::default();
        (0..1_000).for_each(|queue| causes.add(queue, 1, Timestamp::EPOCH));
        assert_eq!(causes.pairs.len(), CAUSES_MAX);
    }
}
