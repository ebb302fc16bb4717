//! What rose: for each pair of queue and reason, the escalations since the onset, tested against its usual ones.
//!
//! A pair rose if it has more than its own usual number, and a larger share than usual, both beyond chance: a queue that is
//! large is no cause, unless it makes nearly all of the rise, and where all rise alike there is none to name. What is usual for a pair has an error too, so both are
//! counts, and the tests are those of two counts: given their sum, the recent one is binomial.

use serde::{Deserialize, Serialize};

use super::buckets::TimeBuckets;
use super::maths::{exp_quick, ln, sqrt};
use super::seconds::{DAY_SECONDS, seconds_between};
use crate::event::Timestamp;
use crate::event::time::MINUTE;
use crate::state::engine::correction::Correction;
use crate::state::engine::labels::Sym;

/// Pairs of queue and reason that are followed per system. A new pair replaces the rarest.
const CAUSES_MAX: usize = 16;
/// Causes that are named.
pub const NAMED_MAX: usize = 3;
/// Half-life of the usual count.
const USUAL_SECONDS: f64 = 7.0 * DAY_SECONDS;
/// Counts are decayed at most once in this time, in nanoseconds: at each escalation it would cost an exponential.
const DECAY_INTERVAL: i64 = MINUTE;
/// Fewer escalations since the onset name no cause.
const NAMED_MIN: f64 = 3.0;
/// A pair with this part of the excess is its cause, whatever its share was.
const NEARLY_ALL: f64 = 0.8;
/// Standard deviations of chance for one test, one in a hundred; and more for each of several: one in a hundred in all.
const DEVIATIONS: f64 = 2.33;
const DEVIATIONS_FOR_MORE: f64 = 0.33;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Cause {
    queue: Sym,
    reason: Sym,
    /// Decayed count as of `at`.
    usual: f32,
    at: Timestamp,
    recent: TimeBuckets<u16>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Causes {
    pairs: Vec<Cause>,
}

/// A pair that rose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CausePart {
    pub queue: Sym,
    pub reason: Sym,
    /// Its escalations since the onset, and how many are usual.
    pub came: f64,
    pub expected: f64,
    /// Its part of the excess of all pairs, 0 to 1.
    pub part: f64,
}

/// What rose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rose {
    /// The largest excess first.
    pub causes: Vec<CausePart>,
    /// The shares of the pairs are as usual: all rose alike.
    pub alike: bool,
}

/// What the counts since the onset are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Onset {
    pub at: Timestamp,
    pub now: Timestamp,
    /// All escalations that were usual since then: see [`super::came::Came::expected`].
    pub expected: f64,
    /// Variance of counts over their mean.
    pub dispersion: f64,
}

/// A pair's counts since the onset and before.
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
        let mut cause = Cause { queue, reason, usual: 0.0, at: now, recent: TimeBuckets::new(now) };
        cause.add(now);
        self.pairs.push(cause);
    }

    /// The clock was ahead: moves what was noted while it was.
    pub fn correct(&mut self, clock: &Correction) {
        for cause in &mut self.pairs {
            clock.correct_receipt(&mut cause.at);
            cause.recent.correct(clock);
        }
    }

    fn drop_rarest(&mut self, now: Timestamp) {
        let usual = |cause: &Cause| cause.usual_at(now);
        let rarest = self.pairs.iter().enumerate().min_by(|(_, a), (_, b)| usual(a).total_cmp(&usual(b)));
        if let Some(rarest) = rarest.map(|(at, _)| at) {
            self.pairs.swap_remove(rarest);
        }
    }

    /// What rose since the onset.
    pub fn rose(&self, onset: Onset) -> Rose {
        let counts: Vec<Counts> = self.pairs.iter().map(|cause| cause.since(onset)).collect();
        let sum = |of: fn(&Counts) -> f64| counts.iter().map(of).sum::<f64>();
        let (recent, usual) = (sum(|pair| pair.recent), sum(|pair| pair.usual));
        if recent < NAMED_MIN || usual <= 0.0 || onset.expected <= 0.0 {
            return Rose::default();
        }
        let expected = onset.expected.min(recent);
        let excess = |pair: &Counts| pair.recent - expected * pair.usual / usual;
        let total: f64 = counts.iter().map(&excess).filter(|excess| *excess > 0.0).sum();
        let dispersion = onset.dispersion.max(1.0);
        let least = DEVIATIONS + DEVIATIONS_FOR_MORE * ln(counts.len() as f64);
        let rose = |pair: &&Counts| {
            let beyond = |part: f64| deviations(pair.recent, pair.usual, part) / sqrt(dispersion) > least;
            let has_risen = pair.recent >= NAMED_MIN && beyond(expected / (expected + usual));
            // One that makes nearly all of it has no share that could grow.
            has_risen && (excess(pair) >= NEARLY_ALL * total || beyond(recent / (recent + usual)))
        };
        let part = |pair: &Counts| CausePart {
            queue: pair.queue,
            reason: pair.reason,
            came: pair.recent,
            expected: expected * pair.usual / usual,
            part: excess(pair) / total,
        };
        let mut causes: Vec<CausePart> = counts.iter().filter(rose).map(part).collect();
        causes.sort_by(|a, b| b.part.total_cmp(&a.part).then((a.queue, a.reason).cmp(&(b.queue, b.reason))));
        causes.truncate(NAMED_MAX);
        let alike = causes.is_empty() && counts.len() > 1 && !is_another_mix(&counts, dispersion);
        Rose { causes, alike }
    }
}

impl Cause {
    fn add(&mut self, now: Timestamp) {
        if now.since(self.at) >= DECAY_INTERVAL {
            (self.usual, self.at) = (self.usual_at(now) as f32, now);
        }
        self.usual += 1.0;
        self.recent.add(now, 1.0);
    }

    fn usual_at(&self, now: Timestamp) -> f64 {
        let half_lives = seconds_between(self.at, now) / USUAL_SECONDS;
        f64::from(self.usual) * exp_quick(-std::f64::consts::LN_2 * half_lives)
    }

    fn since(&self, onset: Onset) -> Counts {
        let recent = self.recent.around(onset.at, onset.now);
        let usual = (self.usual_at(onset.now) - recent).max(0.0);
        Counts { queue: self.queue, reason: self.reason, recent, usual }
    }
}

/// By how many standard deviations `recent` exceeds the part that it should have of both counts: the signed root of the
/// deviance. Negative if it doesn't.
fn deviations(recent: f64, usual: f64, part: f64) -> f64 {
    let both = recent + usual;
    let root = sqrt((2.0 * (term(recent, both * part) + term(usual, both * (1.0 - part)))).max(0.0));
    if recent > both * part { root } else { -root }
}

/// count · ln(count / expected).
fn term(count: f64, expected: f64) -> f64 {
    if count > 0.0 && expected > 0.0 { count * ln(count / expected) } else { 0.0 }
}

/// Whether the pairs' shares differ from their usual ones beyond chance: the G-test of the two rows of counts.
fn is_another_mix(counts: &[Counts], dispersion: f64) -> bool {
    let (recent, usual) = counts.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.recent, sum.1 + pair.usual));
    let part = recent / (recent + usual);
    let terms = counts.iter().map(|pair| {
        let both = pair.recent + pair.usual;
        term(pair.recent, both * part) + term(pair.usual, both * (1.0 - part))
    });
    2.0 * terms.sum::<f64>() / dispersion > chi_squared(counts.len() as f64 - 1.0)
}

/// What chi-squared exceeds once in a hundred, by Wilson and Hilferty.
fn chi_squared(degrees: f64) -> f64 {
    let ninth = 2.0 / (9.0 * degrees);
    let root = 1.0 - ninth + DEVIATIONS * sqrt(ninth);
    degrees * root * root * root
}

#[cfg(test)]
mod tests;
