//! Which queue and reason make a spike: for each pair, what came lately against what usually comes.

use serde::{Deserialize, Serialize};

use super::maths::exp_quick;
use crate::event::Timestamp;
use crate::event::time::{MINUTE, SECOND};
use crate::state::engine::labels::Sym;

/// Pairs of queue and reason that are followed in one system; the rarest gives way.
const CAUSES_MAX: usize = 16;
/// Half-lives of what is recent and of what is usual, in seconds.
const RECENT_SECONDS: f64 = 1_800.0;
const USUAL_SECONDS: f64 = 7.0 * 86_400.0;
/// Escalations within this time of the first count as if they came with it, in nanoseconds: that is off by a fortieth at most,
/// and two exponentials for each of them would be a tenth of what an escalation costs.
const AS_ONE: i64 = MINUTE;
/// Recent escalations, decayed, that say anything about their causes.
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

/// A pair and its part of what came lately beyond the usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub queue: Sym,
    pub reason: Sym,
    /// 0 to 1.
    pub part: f64,
}

impl Causes {
    /// Bytes beside itself, at most.
    pub const HEAP_BYTES: usize = CAUSES_MAX * size_of::<Cause>();

    pub fn see(&mut self, queue: Sym, reason: Sym, now: Timestamp) {
        if let Some(cause) = self.pairs.iter_mut().find(|it| (it.queue, it.reason) == (queue, reason)) {
            if now.since(cause.at) >= AS_ONE {
                let (recent, usual) = cause.as_of(now);
                *cause = Cause { recent: recent as f32, usual: usual as f32, at: now, ..*cause };
            }
            cause.recent += 1.0;
            cause.usual += 1.0;
            return;
        }
        if self.pairs.len() >= CAUSES_MAX {
            let usual = |cause: &Cause| cause.as_of(now).1;
            let rarest = self.pairs.iter().enumerate().min_by(|(_, a), (_, b)| usual(a).total_cmp(&usual(b)));
            if let Some(rarest) = rarest.map(|(at, _)| at) {
                self.pairs.swap_remove(rarest);
            }
        }
        self.pairs.push(Cause { queue, reason, recent: 1.0, usual: 1.0, at: now });
    }

    /// The pairs that make what is beyond the usual, the largest part first. `factor` is how many times as much as usual
    /// came in all.
    pub fn parts(&self, now: Timestamp, factor: f64) -> Vec<Part> {
        let counts: Vec<(&Cause, f64, f64)> =
            self.pairs.iter().map(|it| (it, it.as_of(now).0, it.as_of(now).1)).collect();
        let recent: f64 = counts.iter().map(|(_, recent, _)| recent).sum();
        let usual: f64 = counts.iter().map(|(_, _, usual)| usual).sum();
        if recent < RECENT_MIN || usual <= 0.0 {
            return Vec::new();
        }
        let beyond = |at: &(&Cause, f64, f64)| at.1 - recent / factor.max(1.0) * at.2 / usual;
        let total: f64 = counts.iter().map(&beyond).filter(|beyond| *beyond > 0.0).sum();
        let part = |it: &(&Cause, f64, f64)| Part { queue: it.0.queue, reason: it.0.reason, part: beyond(it) / total };
        let mut parts: Vec<Part> = counts.iter().filter(|it| beyond(it) > 0.0).map(part).collect();
        parts.sort_by(|a, b| b.part.total_cmp(&a.part).then((a.queue, a.reason).cmp(&(b.queue, b.reason))));
        parts
    }
}

impl Cause {
    fn as_of(&self, now: Timestamp) -> (f64, f64) {
        let seconds = now.since(self.at).max(0) as f64 / SECOND as f64;
        let decayed =
            |count: f32, half_life: f64| f64::from(count) * exp_quick(-std::f64::consts::LN_2 * seconds / half_life);
        (decayed(self.recent, RECENT_SECONDS), decayed(self.usual, USUAL_SECONDS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_that_came_new_is_named_first() {
        let mut causes = Causes::default();
        let at = |minute: i64| Timestamp::from_seconds(60 * minute);
        (0..10_000).for_each(|minute| causes.see(3, 3, at(minute)));
        (0..40).for_each(|minute| causes.see(4, 5, at(9_960 + minute)));
        let parts = causes.parts(at(10_000), 2.0);
        assert_eq!((parts[0].queue, parts[0].reason), (4, 5));
        assert!(parts[0].part > 0.7, "{parts:?}");
    }

    #[test]
    fn it_follows_a_bounded_number_of_pairs() {
        let mut causes = Causes::default();
        (0..1_000).for_each(|queue| causes.see(queue, 1, Timestamp::EPOCH));
        assert_eq!(causes.pairs.len(), CAUSES_MAX);
    }
}
