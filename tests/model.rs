//! A reference model that is another thought: it sorts the whole history of each case and counts in closed form, for
//! every family but the detector's and day90's own. It was written from the contracts, not from the fold.
//!
//! Random histories go to the real daemon over HTTP, some 500 systems at once, with a clock that the test holds and a
//! reload and a restart in between; what `/metrics` then shows is compared with the model's samples, system by system.
//!
//! ```text
//! cargo test --locked --test tests -- model                                            a few hundred histories
//! DAY90_HISTORIES=1000000 cargo test --locked --profile proofs --test tests -- model::histories --nocapture
//! DAY90_BODIES=1000000 cargo test --locked --profile proofs --test tests -- model::bodies --nocapture
//! DAY90_HISTORY=1234 cargo test --locked --test tests -- model::histories --nocapture  one, made small
//! DAY90_HISTORY=10000 DAY90_HISTORIES=500 cargo test …                                 those from that one on
//!
//! A difference prints its seed, the smallest history that still shows it, and both values. `DAY90_HISTORIES_ALL=1` goes on
//! after the first world that differs, `DAY90_HISTORIES_TOLD` says how many differences of a world are told in full, and
//! `DAY90_HISTORIES_FAMILY="day90_escalation day90_review"` compares only families whose names begin so.
//!
//! # Readings
//! Where the contract leaves two readings, the model takes the one that serves users:
//!
//! 1. A resolution without an acknowledgement acknowledges the case: nobody waits for it any more. What it gives (time to
//!    acknowledge, the deadline by the resolution's time) counts after `arrival_grace`, since an acknowledgement that
//!    arrives after the resolution must give what it gives when it arrives first; one that comes still later is a repeat.
//! 2. "The route" whose deadlines count is the first that matches the reason, as for the queue.
//! 3. An escalation with a deadline is an event of the objective, wherever the deadline was declared.
//! 4. An escalation is overdue as soon as its due time passes, also within the grace of a late opening: gauges show what is.
//! 5. A second start of a review is no repeat while it may still change wait or effort; afterwards it is one.
//! 6. A review without a queue is in `none`. A request that comes when its completion has already counted alone fills in
//!    the wait, and opens nothing.
//! 7. A review's start whose request never comes is an orphan after `lifecycle_memory`, unless its completion counts alone.
//! 8. A case was escalated before its closing when an escalation that had arrived by then opened at or before it, by time.
//! 9. A reopening of a case that is closed and already undone is a repeat; of a case that nobody closed, an orphan.
//! 10. A closed case that matured before what undoes it arrives is durable; `matured` goes by the time of what undoes it.
//! 11. A rollback that names a change which has failed already is still its rollback: it restores and recovers it.
//! 12. A revert fails every kind of the change that it replaces: kinds of one name fail together.
//! 13. The time of the last change of a kind is that of the version in force: after a restoring, the restoring.
//! 14. A rollback that was counted as unfinished is in progress no more.
//! 15. A completion's `to` and `duration_seconds` win; without them its start's `to` counts, and the time between the two.
//! 16. Fallback seconds are those between starts and ends by time, also where a start arrives after the end.
//! 17. What a rollback drill restored is a passed drill of the path `rollback`, what failed a failed one.
//! 18. Where no owner is declared, anybody's attestation is shown; where one is, only theirs.
//! 19. Objectives with events are `acknowledge_seconds`, `resolve_seconds`, `task_duration_seconds`, `override_ratio`,
//!     `trust_ratio`, `rubber_stamp_seconds`: those that judge single events.
//! 20. What was spent in a month, and when it began, is shown without a budget too.
//! 21. A review's wait counts when it completes: until then an earlier start may still arrive.
//! 22. A stage of a case that is later than the end of its round waits for the next opening; when none comes it is that
//!     round's after all, and a repeat where it has that stage already.
//! 23. A change that was approved before its deployment is approved, an emergency or not.
//! 24. A rollback that failed in time and is completed again past `rollback.within` is overdue.
//! 25. Where no `rollback.within` is declared, it is a day, as docs/configuration.md has it.
//! 26. `day90_rollback_last_success_timestamp_seconds` and its drills are those that prove the declared way back.
//! 27. Where nobody said which version was before, a rollback to it leaves a version `unknown` in force.
//! 28. An approval that names a kind and a version is for that kind of the change alone.
//! 29. A version that is put back within the window is a revert also where what it replaces had failed before.
//! 30. After a restoring, the version before is the one before the version that was restored.
//! 31. An end of the fallback whose start doesn't come within `lifecycle_memory` is an orphan, after another end a repeat.
//! 32. Effort runs from the last start before the completion; a start that is later by its clock counts where there is no other.
//!
//! Left out, or rare: moments that fall together to the nanosecond, more than four rounds, limits that are reached, rounds
//! whose stages arrive interleaved in other ways than the contract names, names that two systems or kinds share. And orders of
//! changes that cannot agree, since counters don't fall: a newer candidate that arrives after the rollback that blames one, a
//! revert before the rollback that names what it replaces, an approval after its deployment with an earlier time, fallbacks
//! whose starts and ends cross.

mod bodies;
mod cases;
mod changes;
mod conf;
mod contract;
mod contract_more;
pub(crate) mod declared;
mod drive;
mod escalations;
pub(crate) mod generate;
pub(crate) mod history;
mod hours;
pub(crate) mod instants;
mod plain;
mod resolutions;
mod reviews;
mod rollbacks;
mod rounds;
pub(crate) mod samples;
mod stories;
mod world;

use crate::harness::size;

/// Histories and bodies of an ordinary `cargo test`.
const HISTORIES: u64 = 1_000;
const BODIES: u64 = 2_000;

#[test]
fn histories_count_as_the_model_counts_them() {
    let one = std::env::var("DAY90_HISTORY").ok().map(|seed| seed.parse::<u64>().expect("a number"));
    match one {
        Some(seed) => drive::drive(seed, size("DAY90_HISTORIES", 1)),
        None => drive::drive(0, size("DAY90_HISTORIES", HISTORIES)),
    }
}

#[test]
fn bodies_count_every_event_once() {
    let first = std::env::var("DAY90_BODY").ok().map_or(0, |seed| seed.parse::<u64>().expect("a number"));
    bodies::drive(first, size("DAY90_BODIES", BODIES));
}
