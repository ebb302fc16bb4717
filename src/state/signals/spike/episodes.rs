//! The episodes of one system: each time that the evidence passed the threshold, whether it paged or not.
//!
//! The threshold keeps the setting where traffic is like the model. Real traffic has bursts, Mondays and customers that no
//! model knows. So the system's own past is the last judge: once there were more episodes than the setting and chance
//! explain, an episode pages only if it reaches more evidence than the setting allows, or lasts longer, by the episodes of the
//! last two months.

use serde::{Deserialize, Serialize};

use super::maths::{ln, sqrt};
use super::seconds::DAY_SECONDS;

/// For how long an episode is remembered.
const MEMORY_SECONDS: f64 = 60.0 * DAY_SECONDS;
/// A younger system is judged as if it were of this age.
const YOUNG_SECONDS: f64 = 30.0 * DAY_SECONDS;
/// Of more episodes the one with the least evidence is dropped: it can't be a bar.
const EPISODES_MAX: usize = 64;
/// By how much the number of episodes may exceed the allowed number by chance: these many of its standard deviations, and
/// these many more.
const CHANCE_DEVIATIONS: f64 = 0.5;
const CHANCE_MORE: f64 = 0.5;
/// There are two bars, for evidence and for length, and most of what passes one passes the other: each has this part of what
/// is allowed.
const PART_OF_EACH: f64 = 0.5;
/// The scale on which evidence and lengths vary at least, beyond the largest so far: of the model, and in seconds.
const PEAK_SCALE_MIN: f64 = 1.0;
const LENGTH_SCALE_MIN: f64 = 600.0;
/// An episode of this length pages in any case.
const LENGTH_MAX: f64 = 1.5 * DAY_SECONDS;
/// A shorter one doesn't page for its length.
const LENGTH_MIN: f64 = 1_800.0;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episodes {
    past: Vec<Episode>,
}

/// One that is over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// The detector's age when it ended, in seconds.
    pub ended: f64,
    /// ln of its highest evidence over the threshold.
    pub peak: f32,
    /// Its length.
    pub seconds: f32,
}

/// What an episode must pass, one or the other, to page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bars {
    pub peak: f64,
    pub seconds: f64,
}

impl Bars {
    /// Every episode passes.
    pub const NONE: Bars = Bars { peak: 0.0, seconds: 0.0 };

    pub fn are_passed(&self, peak: f64, seconds: f64) -> bool {
        peak >= self.peak || seconds >= self.seconds
    }
}

impl Episodes {
    /// Heap memory in bytes, at most.
    pub const HEAP_BYTES: usize = EPISODES_MAX * size_of::<Episode>();

    pub fn add(&mut self, episode: Episode) {
        self.past.retain(|past| episode.ended - past.ended < MEMORY_SECONDS);
        if self.past.len() >= EPISODES_MAX {
            let least = self.past.iter().enumerate().min_by(|(_, a), (_, b)| a.peak.total_cmp(&b.peak));
            if let Some(least) = least.map(|(at, _)| at) {
                self.past.swap_remove(least);
            }
        }
        self.past.push(episode);
    }

    /// What an episode that begins at this age must pass; `allowed` is the time in which one false page is allowed.
    pub fn bars(&self, age: f64, allowed: f64) -> Bars {
        let recent = || self.past.iter().filter(|past| age - past.ended < MEMORY_SECONDS);
        let expected = age.clamp(YOUNG_SECONDS, MEMORY_SECONDS) / allowed;
        let by_chance = expected + CHANCE_DEVIATIONS * sqrt(expected) + CHANCE_MORE;
        if (recent().count() as f64) < by_chance {
            return Bars::NONE;
        }
        let bar = |of: fn(&Episode) -> f32, scale_min: f64| {
            let mut all: Vec<f64> = recent().map(|past| f64::from(of(past))).collect();
            all.sort_by(|a, b| b.total_cmp(a));
            exceeded_by(&all, PART_OF_EACH * expected, scale_min)
        };
        let seconds = bar(|past| past.seconds, LENGTH_SCALE_MIN).clamp(LENGTH_MIN, LENGTH_MAX);
        Bars { peak: bar(|past| past.peak, PEAK_SCALE_MIN).max(0.0), seconds }
    }
}

/// What about `times` of as many as these would exceed; they are in descending order. Less than one is extrapolated, on the
/// scale of the larger half.
fn exceeded_by(descending: &[f64], times: f64, scale_min: f64) -> f64 {
    let at = |rank: usize| descending.get(rank).or(descending.last()).copied().unwrap_or(0.0);
    if times < 1.0 {
        let upper = descending.len().div_ceil(2);
        let beyond: f64 = descending.iter().take(upper).map(|value| value - at(upper)).sum();
        return at(0) + (beyond / upper.max(1) as f64).max(scale_min) * ln(1.0 / times.max(1e-9));
    }
    let rank = times as usize;
    at(rank - 1) + (times - rank as f64) * (at(rank) - at(rank - 1))
}
