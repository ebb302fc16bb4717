//! How much of the disk day90 may take, and when it must stop. Pure: what is free and what is used are inputs.
//!
//! There are two bounds and one rule. The disk has its free space; the data has `limits.journal_bytes`. Before a frame
//! takes new space from either, what the next checkpoint needs must be left: only a checkpoint gets day90 out of a full
//! journal, since old segments are removed after it. Two are kept while a third is written, so while fewer are kept there
//! must be room for more.
//!
//! Once one of the bounds was reached, more than the minimum must be free before events are taken again. Otherwise a nearly
//! full disk would refuse every other request.

use super::look::Look;
use crate::journal::checkpoint::CHECKPOINTS_KEPT;
use crate::journal::sizes::RESERVE_BYTES;

/// What stays free in addition to the checkpoints, for the file system's own needs.
pub const SLACK_BYTES: u64 = 1 << 20;
/// How much more than the minimum must be free before a disk that was full is written again.
pub const MARGIN_BYTES: u64 = 4 << 20;
/// After a limit was reached, one part in this many of it must be free again.
const MARGIN_PART: u64 = 16;
/// A checkpoint grows by at most this many bytes for each byte of the journal: the smallest opening takes 33 bytes in a
/// frame and leaves 124 in the state. A larger guess only makes a checkpoint come early.
const GROWTH: u64 = 4;
const SEGMENT_BYTES_MIN: u64 = 64 << 10;
const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// What a limit has to hold in addition to checkpoints: segments, and room to go on.
const SEGMENTS_AND_ROOM_BYTES: u64 = 16 << 20;

/// What there is too little of.
#[derive(Clone, Debug, PartialEq)]
pub enum Shortage {
    Disk(String),
    Limit(String),
}

/// What day90 may take, and whether the limit or the disk ran short.
#[derive(Clone, Debug)]
pub struct DiskBudget {
    /// `limits.journal_bytes`; `u64::MAX` is none.
    pub limit: u64,
    short: Option<Shortage>,
    /// The most that was refused since then: small requests wait until a large one has room too.
    asked: u64,
}

impl Default for DiskBudget {
    fn default() -> DiskBudget {
        DiskBudget { limit: u64::MAX, short: None, asked: 0 }
    }
}

impl Look {
    /// About how long the next checkpoint will be, in bytes.
    pub fn next_checkpoint(&self) -> u64 {
        (self.newest + GROWTH * self.checkpoints.since()).max(RESERVE_BYTES / 16)
    }

    /// What must stay for the next checkpoints, until the oldest of them can be removed.
    fn for_checkpoints(&self) -> u64 {
        // One that is being written has what it needs.
        let missing =
            (CHECKPOINTS_KEPT + 1).saturating_sub(self.kept + usize::from(self.checkpoints.given().is_some()));
        missing as u64 * self.next_checkpoint() + self.record
    }

    /// What must stay free on the disk.
    fn for_disk(&self) -> u64 {
        self.for_checkpoints() + SLACK_BYTES
    }

    /// What must stay free once a checkpoint covers everything: one is taken before anything is refused. In bytes.
    pub fn reserve(&self) -> u64 {
        Look { checkpoints: self.checkpoints.once_covered(), ..*self }.for_disk()
    }
}

impl DiskBudget {
    /// What ran short, until there is more than the least of it again.
    pub fn short(&self) -> Option<&Shortage> {
        self.short.as_ref()
    }

    /// There is too little for `asks` new bytes: by a look, or by the disk itself, which reported that it is full.
    pub fn run_short(&mut self, shortage: Shortage, asks: u64) {
        (self.short, self.asked) = (Some(shortage), self.asked.max(asks));
    }

    /// There is enough of everything again.
    pub fn ease(&mut self) {
        (self.short, self.asked) = (None, 0);
    }

    /// What there is too little of by this look, when `asks` new bytes are wanted. While something is short, the margin must
    /// be free too, and room for what was refused.
    pub fn shortage(&self, look: &Look, asks: u64) -> Option<Shortage> {
        let (limit, was_short) = (self.limit, self.short.is_some());
        let asked = asks.max(self.asked);
        let margin = |of: u64| if was_short { of } else { 0 };
        let free = look.free.unwrap_or(u64::MAX);
        let disk = look.for_disk().saturating_add(margin(MARGIN_BYTES));
        if free < disk.saturating_add(asked) {
            let (free, disk) = (mib(free), mib(disk));
            return Some(Shortage::Disk(format!("the disk has {free} left, and {disk} are kept for checkpoints")));
        }
        let step = RESERVE_BYTES.min(segment_bytes(limit));
        let ours = look.for_checkpoints().saturating_add(step).saturating_add(margin(limit / MARGIN_PART));
        (look.used.saturating_add(asked).saturating_add(ours) > limit).then(|| {
            let (used, ours, limit) = (mib(look.used), mib(ours), mib(limit));
            Shortage::Limit(format!(
                "journal and checkpoints take {used} of the {limit} of limits.journal_bytes, and {ours} are kept for checkpoints"
            ))
        })
    }
}

/// For a person; rounded down.
fn mib(bytes: u64) -> String {
    format!("{}.{} MiB", bytes >> 20, (bytes >> 10 & 1023) * 10 / 1024)
}

/// How long a segment may become under a limit, in bytes.
pub fn segment_bytes(limit: u64) -> u64 {
    (limit / 64).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX)
}

/// After how many journal bytes a checkpoint is taken, so that ordinary work stays far from the limit. At most the limit
/// has to hold three checkpoints, the journal since the older one that is kept, and what comes in meanwhile.
pub fn checkpoint_bytes(limit: u64, newest: u64, most: u64) -> u64 {
    let segment = segment_bytes(limit);
    let left = (limit - limit / MARGIN_PART).saturating_sub(3 * newest + 3 * segment);
    (left / (GROWTH + 4)).clamp(segment.min(RESERVE_BYTES).min(most), most)
}

/// The smallest limit that works with checkpoints of this length, in bytes.
pub fn least_limit(checkpoint: u64) -> u64 {
    let three = checkpoint.saturating_mul(CHECKPOINTS_KEPT as u64 + 1);
    three.saturating_add(three / 8).saturating_add(SEGMENTS_AND_ROOM_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::look::Checkpoints;

    const GIB: u64 = 1 << 30;
    const PLENTY: Look = Look {
        free: Some(1 << 50),
        used: 0,
        newest: 8 << 20,
        kept: 2,
        could_trim: false,
        checkpoints: Checkpoints::starting(0),
        record: 1_000,
        record_waits: false,
    };

    /// Judges, remembers, and says whether `asks` may be taken.
    fn allows(budget: &mut DiskBudget, limit: u64, look: &Look, asks: u64) -> bool {
        budget.limit = limit;
        match budget.shortage(look, asks) {
            Some(short) => budget.run_short(short, asks),
            None => budget.ease(),
        }
        budget.short().is_none()
    }

    #[test]
    fn what_the_next_checkpoint_needs_stays_free() {
        let least = PLENTY.reserve() + (1 << 20);
        assert!(least > PLENTY.newest);
        for (free, allowed) in [(least, true), (least - 1, false)] {
            let look = Look { free: Some(free), ..PLENTY };
            assert_eq!(allows(&mut DiskBudget::default(), GIB, &look, 1 << 20), allowed, "{free}");
        }
        // As long as fewer are kept, there must be room for more.
        for (kept, checkpoints) in [(0, 3), (1, 2), (2, 1)] {
            assert_eq!(Look { kept, ..PLENTY }.for_checkpoints(), checkpoints * PLENTY.newest + PLENTY.record);
        }
        // One that is being written has what it needs.
        let mut checkpoints = PLENTY.checkpoints;
        checkpoints.begin(Some(1));
        assert_eq!(Look { checkpoints, ..PLENTY }.for_checkpoints(), PLENTY.record);
        // One that was given nothing on the disk still needs it.
        checkpoints.begin(None);
        assert_eq!(Look { checkpoints, ..PLENTY }.for_checkpoints(), PLENTY.newest + PLENTY.record);
    }

    #[test]
    fn a_disk_that_ran_short_needs_more_than_the_least_and_room_for_what_it_refused() {
        let mut budget = DiskBudget::default();
        let least = PLENTY.reserve() + (2 << 20);
        assert!(!allows(&mut budget, GIB, &Look { free: Some(least - 1), ..PLENTY }, 2 << 20));
        assert!(matches!(budget.short(), Some(Shortage::Disk(_))));
        for free in [least - 1, least, least + MARGIN_BYTES - 1] {
            assert!(!allows(&mut budget, GIB, &Look { free: Some(free), ..PLENTY }, 0), "{free}");
        }
        assert!(allows(&mut budget, GIB, &Look { free: Some(least + MARGIN_BYTES), ..PLENTY }, 0));
        assert_eq!(budget.short(), None);
        assert!(
            allows(&mut budget, GIB, &Look { free: Some(least), ..PLENTY }, 2 << 20),
            "from then on the least is enough"
        );
    }

    #[test]
    fn a_limit_that_was_reached_needs_a_part_of_it_free() {
        let mut budget = DiskBudget::default();
        let most = GIB - PLENTY.for_checkpoints() - RESERVE_BYTES;
        assert!(allows(&mut budget, GIB, &Look { used: most, ..PLENTY }, 0));
        assert!(!allows(&mut budget, GIB, &Look { used: most, ..PLENTY }, 1));
        let Some(Shortage::Limit(why)) = budget.short() else { panic!("{budget:?}") };
        assert!(why.contains("1024.0 MiB of limits.journal_bytes"), "{why}");
        assert!(!allows(&mut budget, GIB, &Look { used: most - GIB / 16, ..PLENTY }, 0));
        assert!(allows(&mut budget, GIB, &Look { used: most - GIB / 16 - 1, ..PLENTY }, 0));
    }

    #[test]
    fn checkpoints_come_early_enough_under_every_limit_that_works() {
        for limit in [18 << 20, 64 << 20, 256 << 20, GIB, 1 << 40] {
            for newest in [0, limit / 64, limit / 16, limit / 6] {
                let interval = checkpoint_bytes(limit, newest, 64 << 20);
                let segment = segment_bytes(limit);
                // Just before a checkpoint: two are kept, with the journal since the older one.
                let used = 2 * newest + 2 * interval + 2 * segment + RESERVE_BYTES;
                let look = Look { used, newest, checkpoints: Checkpoints::starting(interval), ..PLENTY };
                assert!(allows(&mut DiskBudget::default(), limit, &look, RESERVE_BYTES), "{limit} {newest} {interval}");
            }
        }
        assert_eq!((checkpoint_bytes(GIB, 0, 64 << 20), segment_bytes(GIB)), (64 << 20, 16 << 20));
        assert!(allows(
            &mut DiskBudget::default(),
            least_limit(64 << 20),
            &Look { used: 128 << 20, newest: 64 << 20, ..PLENTY },
            0
        ));
        // A state that is too large for its limit is stored as often as a segment fills, and no faster.
        assert_eq!(checkpoint_bytes(64 << 20, 64 << 20, 64 << 20), 1 << 20);
    }
}
