//! The moments at which the clock of a world stops and events arrive. All systems of a daemon share them.

use super::declared::{DAY, HOUR, MINUTE, SECOND};
use crate::harness::Dice;

/// Moments that lie within `arrival_grace` of each other.
pub const SLOTS: usize = 6;
pub const CLUSTERS: usize = 12;
/// 2026-11-23 09:00 UTC, a Monday.
const BEGIN: i64 = 1_795_424_400 * SECOND;

/// Clusters of moments, with jumps between them.
#[derive(Clone, Debug)]
pub struct Instants {
    pub at: Vec<i64>,
    /// The configuration is reloaded before this moment.
    pub reload: usize,
    /// The daemon is restarted before this moment.
    pub restart: usize,
    /// The metrics are looked at after these.
    pub looks: [usize; 2],
    /// When the last look is taken: every wait is over.
    pub end: i64,
}

impl Instants {
    pub fn new(seed: u64) -> Instants {
        let dice = &mut Dice::new(seed ^ 0x5eed);
        let mut now = BEGIN + odd(dice);
        let mut at = Vec::new();
        for cluster in 0..CLUSTERS {
            if cluster > 0 {
                now += jump(dice) + odd(dice);
            }
            for slot in 0..SLOTS {
                if slot > 0 {
                    now += (5 + dice.below(25) as i64) * SECOND + odd(dice);
                }
                at.push(now);
            }
        }
        let reload = SLOTS * (2 + dice.below(CLUSTERS - 4));
        let restart = SLOTS * (1 + dice.below(CLUSTERS - 2)) + dice.below(SLOTS);
        let looks = [dice.below(at.len()), dice.below(at.len())];
        Instants { at, reload, restart, looks, end: now + 9 * DAY + odd(dice) }
    }

    pub fn of(&self, cluster: usize, slot: usize) -> i64 {
        self.at[cluster * SLOTS + slot]
    }
}

/// No two moments differ by a round number, so that no deadline falls on one.
fn odd(dice: &mut Dice) -> i64 {
    1 + dice.below(999_999_999) as i64
}

fn jump(dice: &mut Dice) -> i64 {
    let steps =
        [7 * MINUTE, 12 * MINUTE, 20 * MINUTE, 50 * MINUTE, 2 * HOUR, 5 * HOUR, 9 * HOUR, 3 * DAY, 4 * DAY, 8 * DAY];
    *dice.one(&steps)
}
