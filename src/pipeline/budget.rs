//! How much of the disk day90 may take, and when it must stop. Pure: what is free and what is used are inputs.
//!
//! Two bounds, one rule. The disk has what is free on it; the data has `limits.journal_bytes`. Before a frame takes new
//! space from either, what the next checkpoint needs must be left over: a checkpoint is what gets day90 out of a full
//! journal, since only then old segments go. Two are kept and a third is written beside them, so as long as fewer are
//! kept there must be room for more.
//!
//! Once one of them ran short, more than the minimum must be there before events are taken again: a disk that
//! is nearly full is refused for a while, and not every second time.

use crate::journal::checkpoint::CHECKPOINTS_KEPT;
use crate::journal::sizes::RESERVE_BYTES;

/// What stays free beside the checkpoints, for the file system's own needs.
pub const SLACK_BYTES: u64 = 1 << 20;
/// How much more than the minimum must be free before a disk that was full is written again.
pub const MARGIN_BYTES: u64 = 4 << 20;
/// A limit that was reached must have this part of it free again.
const MARGIN_PART: u64 = 16;
/// A checkpoint grows by at most so many bytes for each byte of the journal: the smallest opening takes 33 bytes in a
/// frame and leaves 124 in the state. A larger guess only makes a checkpoint come early.
const GROWTH: u64 = 4;
const SEGMENT_BYTES_MIN: u64 = 64 << 10;
const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// What a limit has to hold beside checkpoints: segments, and room to go on.
const BESIDE_BYTES: u64 = 16 << 20;

/// What is there, as of a look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// What the disk has left. `u64::MAX` when it doesn't say.
    pub free: u64,
    /// What counts against the limit.
    pub used: u64,
    /// The newest checkpoint's length, 0 when there is none.
    pub newest: u64,
    /// Whole checkpoints on the disk.
    pub kept: usize,
    /// Journal bytes that no checkpoint covers.
    pub since: u64,
    /// What a checkpoint that is being written was given; it is in `used`, and not in `free`.
    pub writing: Option<u64>,
    /// The length of a frame that brings no event and moves the journal on.
    pub record: u64,
}

/// What there is too little of.
#[derive(Clone, Debug, PartialEq)]
pub enum Shortage {
    Disk(String),
    Limit(String),
}

/// Whether the limit or the disk ran short, and for what.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    short: Option<Shortage>,
    /// The most that was refused since then: small requests wait for the room that a large one did not find.
    asked: u64,
}

impl Look {
    /// How long the next checkpoint gets, about.
    pub fn next_checkpoint(&self) -> u64 {
        (self.newest + GROWTH * self.since).max(RESERVE_BYTES / 16)
    }

    /// What must stay for the checkpoints to come, until the oldest of them can go.
    fn checkpoints(&self) -> u64 {
        let missing = (CHECKPOINTS_KEPT + 1).saturating_sub(self.kept + usize::from(self.writing.is_some()));
        missing as u64 * self.next_checkpoint() + self.record
    }

    /// What must stay free on the disk.
    fn disk(&self) -> u64 {
        self.checkpoints() + SLACK_BYTES
    }

    /// The same once a checkpoint covers all: before anything is refused, one is taken.
    pub fn reserve(&self) -> u64 {
        Look { since: 0, ..*self }.disk()
    }
}

impl Budget {
    pub fn short(&self) -> Option<&Shortage> {
        self.short.as_ref()
    }

    /// The disk said by itself that it is full.
    pub fn ran_short(&mut self, shortage: Shortage, asks: u64) {
        (self.short, self.asked) = (Some(shortage), self.asked.max(asks));
    }

    /// Whether `asks` new bytes may be taken, and remembers it.
    pub fn allows(&mut self, limit: u64, look: &Look, asks: u64) -> bool {
        let was_short = self.short.is_some();
        let asks = asks.max(self.asked);
        let margin = |of: u64| if was_short { of } else { 0 };
        let disk = look.disk().saturating_add(margin(MARGIN_BYTES));
        let step = RESERVE_BYTES.min(segment_bytes(limit));
        let ours = look.checkpoints().saturating_add(step).saturating_add(margin(limit / MARGIN_PART));
        if look.free < disk.saturating_add(asks) {
            let why = format!("the disk has {} left, and {} are kept for checkpoints", mib(look.free), mib(disk));
            self.ran_short(Shortage::Disk(why), asks);
        } else if look.used.saturating_add(asks).saturating_add(ours) > limit {
            let (used, ours, limit) = (mib(look.used), mib(ours), mib(limit));
            let why = format!(
                "journal and checkpoints take {used} of the {limit} of limits.journal_bytes, and {ours} are kept for checkpoints"
            );
            self.ran_short(Shortage::Limit(why), asks);
        } else {
            *self = Budget::default();
        }
        self.short.is_none()
    }
}

/// For a person: rounded down.
fn mib(bytes: u64) -> String {
    format!("{}.{} MiB", bytes >> 20, (bytes >> 10 & 1023) * 10 / 1024)
}

/// How long a segment may get under a limit.
pub fn segment_bytes(limit: u64) -> u64 {
    (limit / 64).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX)
}

/// After how many journal bytes a checkpoint is taken, so that ordinary work stays far from the limit. What it has to
/// hold at most: three checkpoints, the journal since the older one that is kept, and what comes in meanwhile.
pub fn checkpoint_bytes(limit: u64, newest: u64, most: u64) -> u64 {
    let segment = segment_bytes(limit);
    let left = (limit - limit / MARGIN_PART).saturating_sub(3 * newest + 3 * segment);
    (left / (GROWTH + 4)).clamp(segment.min(RESERVE_BYTES).min(most), most)
}

/// The smallest limit that works with checkpoints of this length.
pub fn least_limit(checkpoint: u64) -> u64 {
    let three = checkpoint.saturating_mul(CHECKPOINTS_KEPT as u64 + 1);
    three.saturating_add(three / 8).saturating_add(BESIDE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const PLENTY: Look =
        Look { free: 1 << 50, used: 0, newest: 8 << 20, kept: 2, since: 0, writing: None, record: 1_000 };

    #[test]
    fn what_the_next_checkpoint_needs_stays_free() {
        let least = PLENTY.reserve() + (1 << 20);
        assert!(least > PLENTY.newest);
        for (free, allowed) in [(least, true), (least - 1, false)] {
            let look = Look { free, ..PLENTY };
            assert_eq!(Budget::default().allows(GIB, &look, 1 << 20), allowed, "{free}");
        }
        // As long as fewer are kept, there must be room for more.
        for (kept, checkpoints) in [(0, 3), (1, 2), (2, 1)] {
            assert_eq!(Look { kept, ..PLENTY }.checkpoints(), checkpoints * PLENTY.newest + PLENTY.record);
        }
        // One that is being written has what it needs.
        assert_eq!(Look { writing: Some(1), ..PLENTY }.checkpoints(), PLENTY.record);
    }

    #[test]
    fn a_disk_that_ran_short_needs_more_than_the_least_and_room_for_what_it_refused() {
        let mut budget = Budget::default();
        let least = PLENTY.reserve() + (2 << 20);
        assert!(!budget.allows(GIB, &Look { free: least - 1, ..PLENTY }, 2 << 20));
        assert!(matches!(budget.short(), Some(Shortage::Disk(_))));
        for free in [least - 1, least, least + MARGIN_BYTES - 1] {
            assert!(!budget.allows(GIB, &Look { free, ..PLENTY }, 0), "{free}");
        }
        assert!(budget.allows(GIB, &Look { free: least + MARGIN_BYTES, ..PLENTY }, 0));
        assert_eq!(budget.short(), None);
        assert!(budget.allows(GIB, &Look { free: least, ..PLENTY }, 2 << 20), "from then on the least is enough");
    }

    #[test]
    fn a_limit_that_was_reached_needs_a_part_of_it_free() {
        let mut budget = Budget::default();
        let most = GIB - PLENTY.checkpoints() - RESERVE_BYTES;
        assert!(budget.allows(GIB, &Look { used: most, ..PLENTY }, 0));
        assert!(!budget.allows(GIB, &Look { used: most, ..PLENTY }, 1));
        let Some(Shortage::Limit(why)) = budget.short() else { panic!("{budget:?}") };
        assert!(why.contains("1024.0 MiB of limits.journal_bytes"), "{why}");
        assert!(!budget.allows(GIB, &Look { used: most - GIB / 16, ..PLENTY }, 0));
        assert!(budget.allows(GIB, &Look { used: most - GIB / 16 - 1, ..PLENTY }, 0));
    }

    #[test]
    fn checkpoints_come_early_enough_under_every_limit_that_works() {
        for limit in [18 << 20, 64 << 20, 256 << 20, GIB, 1 << 40] {
            for newest in [0, limit / 64, limit / 16, limit / 6] {
                let interval = checkpoint_bytes(limit, newest, 64 << 20);
                let segment = segment_bytes(limit);
                // Just before a checkpoint: two are kept, with the journal since the older one.
                let used = 2 * newest + 2 * interval + 2 * segment + RESERVE_BYTES;
                let look = Look { used, newest, since: interval, ..PLENTY };
                assert!(Budget::default().allows(limit, &look, RESERVE_BYTES), "{limit} {newest} {interval}");
            }
        }
        assert_eq!((checkpoint_bytes(GIB, 0, 64 << 20), segment_bytes(GIB)), (64 << 20, 16 << 20));
        assert!(Budget::default().allows(
            least_limit(64 << 20),
            &Look { used: 128 << 20, newest: 64 << 20, ..PLENTY },
            0
        ));
        // A state that is too large for its limit is stored as often as a segment fills, and no faster.
        assert_eq!(checkpoint_bytes(64 << 20, 64 << 20, 64 << 20), 1 << 20);
    }
}
