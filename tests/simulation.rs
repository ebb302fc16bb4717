//! The simulation: journal, pipeline and state, all real, on a disk and a clock in memory, from a seed.
//!
//! A seed decides everything: events, batches, configuration, clock steps, checkpoints at odd moments, scrapes, graceful
//! stops, kill -9, power cuts, calls of the disk that fail, at any of them. What a sender was told is kept, and after every
//! start the exposition must be what that gives: all that was acknowledged, and of what was in flight the whole commit or
//! nothing. Four judges say so, of every start (the first also of every scrape):
//!
//! * The closed form of [`crate::model`] counts everything that was accepted, in every family that it judges. The events are
//!   its random histories.
//! * The same records folded without a disk, every line of every family: nothing was lost, and nothing came twice.
//! * The exposition before the end, where nothing was in flight: the same byte for byte.
//! * The newest checkpoint, the older one and the start of the journal: the same byte for byte.
//!
//! Of four seeds one has low limits (values of labels, open cases with their shares) and systems that vanish from the
//! configuration; there the closed form, which knows no limits, isn't asked, and of what is rejected only the contract's
//! sentence is checked (shares are seldom large enough here to matter: `tests/open_cases.rs` and the fold's own tests try
//! them). Not compared with a second thought here: the detector, windows of ids and day90's own families
//! (`tests/model` leaves them out too), reloads while a lifecycle waits, openings that a sender gave up, a stage
//! that is sent again without an id, systems in `removed`, `forget`. How things count is tried in `tests/model`; here, that a
//! crash changes nothing of it.
//!
//! ```text
//! cargo test --locked --test tests -- simulation                             some dozens of seeds
//! DAY90_SEEDS=10000 cargo test --locked --profile proofs --test tests -- simulation
//! DAY90_SEEDS=10000000 DAY90_SEED=20000 cargo test --locked --profile proofs --test tests -- simulation      from 20000 on
//! DAY90_SEED=123 cargo test --locked --test tests -- simulation --nocapture  one seed, with its story
//! ```

mod dice;
mod events;
mod lies;
mod model;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use day90::journal::Disk;
use day90::journal::fake::FakeDisk;
use world::World;

/// Seeds of an ordinary `cargo test`.
const SEEDS: u64 = 40;
const STEPS: usize = 200;
/// Lies must be found within this many seeds.
const SEEDS_OF_LIES: u64 = 200;

#[test]
fn what_was_acknowledged_is_counted_once_whatever_happens() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
    let (first, seeds) = match (number("DAY90_SEED"), number("DAY90_SEEDS")) {
        (Some(seed), None) => (seed, 1),
        (first, seeds) => (first.unwrap_or(1), seeds.unwrap_or(SEEDS)),
    };
    let next = AtomicU64::new(first);
    let failed = AtomicBool::new(false);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        return;
                    }
                    if let Err(story) = live(seed, world::honest) {
                        failed.store(true, Ordering::Relaxed);
                        eprintln!(
                            "seed {seed} failed, after:\n  {}\nrun it again:\n  DAY90_SEED={seed} cargo test --locked \
                             --test tests -- simulation --nocapture",
                            story.join("\n  ")
                        );
                    }
                }
            });
        }
    });
    assert!(!failed.load(Ordering::Relaxed), "a seed failed; its story is above");
}

/// The control: if disks that lie about syncing went unnoticed, the simulation would prove nothing.
#[test]
fn the_simulation_finds_a_disk_that_lies() {
    for (lie, seen_as) in [
        ("of a file's bytes", lies::of_bytes as fn(FakeDisk) -> Arc<dyn Disk>),
        ("of the directory's names", lies::of_names),
    ] {
        let found = (1..=SEEDS_OF_LIES).any(|seed| live(seed, seen_as).is_err());
        assert!(found, "{SEEDS_OF_LIES} seeds did not notice syncs {lie} that do nothing");
    }
}

/// Runs one seed; the story is told when it fails.
fn live(seed: u64, seen_as: fn(FakeDisk) -> Arc<dyn Disk>) -> Result<(), Vec<String>> {
    let mut world = World::new(seed, seen_as);
    catch_unwind(AssertUnwindSafe(|| world.run(STEPS))).map_err(|_| std::mem::take(&mut world.story))
}
