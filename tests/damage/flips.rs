//! One bit that turns, anywhere in segments and checkpoints.
//!
//! `DAY90_FLIPS` sets how many (default 2,000; 100,000 before a release), `DAY90_FLIPS_SEED` which ones.

use std::sync::Arc;

use day90::journal::fake::FakeDisk;
use day90::journal::verify::{Damage, Verification, verify};
use day90::journal::{self, Disk, Fatal};
use day90::pipeline::{payload, repair};
use day90::state::State;
use day90::state::engine::dedupe::HashKey;

use super::world::{Kept, Random, World, extents, files, number, number_in, payload_unchecked, read, says};

/// Each so many flips the damage is repaired as well.
const REPAIR_EVERY: usize = 10;

/// One bit, and what is hit by it.
struct Hit {
    name: String,
    byte: usize,
    /// The header, frame or checkpoint around it.
    extent: std::ops::Range<usize>,
    /// The very last frame of the journal: damage there looks like a write that a crash cut short.
    is_last_frame: bool,
}

fn flipped(world: &World, random: &mut Random) -> (FakeDisk, Hit) {
    let names: Vec<String> = files(&world.disk, ".seg").into_iter().chain(files(&world.disk, ".ckpt")).collect();
    let name = names[random.below(names.len())].clone();
    let content = world.disk.get(&name).unwrap();
    let bit = random.below(content.len() * 8);
    let image = world.disk.kill();
    image.flip(&name, bit);
    let byte = bit / 8;
    let extents = if name.ends_with(".seg") { extents(&content) } else { std::iter::once(0..content.len()).collect() };
    let extent = extents.iter().find(|extent| extent.contains(&byte)).unwrap().clone();
    let is_last_frame = files(&world.disk, ".seg").last() == Some(&name) && extents.last() == Some(&extent);
    (image, Hit { name, byte, extent, is_last_frame })
}

fn check_named(hit: &Hit, report: &Verification) {
    let place = format!("byte {} of {}", hit.byte, hit.name);
    if hit.is_last_frame {
        let torn = report.torn.as_ref().unwrap_or_else(|| panic!("{place}: no torn tail"));
        assert!(torn.path.ends_with(&hit.name) && torn.offset == hit.extent.start as u64, "{place}: {torn:?}");
        assert!(report.damage.is_empty(), "{place}: {:?}", report.damage);
        return;
    }
    let [Damage { path, offset, bytes, .. }] = report.damage.as_slice() else {
        panic!("{place}: not exactly one damage: {:?}", report.damage)
    };
    assert!(path.ends_with(&hit.name), "{place}: blames {path}");
    assert_eq!(*offset, hit.extent.start as u64, "{place}");
    assert_eq!(offset + bytes, hit.extent.end as u64, "{place}: {bytes} bytes");
    assert_eq!(report.torn, None, "{place}");
}

/// What a start makes of it: everything, or a torn tail that is reported, or a refusal that says where.
fn check_not_silent(hit: &Hit, image: &FakeDisk, all: &str, but_last: &str) {
    let place = format!("byte {} of {}", hit.byte, hit.name);
    match read(image) {
        Err(Fatal::Corrupt { path, offset, .. }) => {
            assert!(
                path.ends_with(&hit.name) && offset == hit.extent.start as u64,
                "{place}: blames {path} at {offset}"
            );
        }
        Err(other) => panic!("{place}: {other}"),
        Ok((state, recovered)) if recovered.torn.is_some() => {
            assert!(hit.is_last_frame, "{place}: taken for a torn tail");
            assert_eq!(says(&state), but_last, "{place}");
        }
        Ok((state, _)) => assert_eq!(says(&state), all, "{place}: a silent loss"),
    }
}

/// Repairs, starts, and compares with the fold of what is whole.
fn check_repair(world: &World, hit: &Hit, image: &FakeDisk, report: &Verification) {
    let place = format!("byte {} of {}", hit.byte, hit.name);
    let base = files(&world.disk, ".ckpt").iter().filter(|name| **name != hit.name).map(|name| number_in(name)).max();
    let base = base.unwrap_or(0);
    // A segment's header takes no frame with it, not even by its salt.
    let content = world.disk.get(&hit.name).unwrap();
    let hit_frame = (hit.extent.start > 0).then(|| payload_unchecked(&content, hit.extent.start).unwrap().0);
    let is_hit = |frame: &Kept| Some(frame.sequence) == hit_frame;
    let is_kept = |frame: &Kept| frame.sequence <= base || !is_hit(frame);
    let lost: Vec<u64> = world.frames.iter().filter(|frame| !is_kept(frame)).flat_map(Kept::records).collect();
    if !hit.is_last_frame {
        assert!(!report.end_is_missing, "{place}");
        assert_eq!(report.lost.iter().cloned().flatten().collect::<Vec<_>>(), lost, "{place}");
    }
    let before = world.disk.used_bytes();
    let shared: Arc<dyn Disk> = Arc::new(image.clone());
    let lock = journal::lock(&*shared).unwrap();
    repair::prepare(&shared).unwrap().carry_out(&shared, &lock).unwrap();
    drop(lock);
    assert!(image.used_bytes() >= before, "{place}: something was deleted");
    let (state, _) = read(image).unwrap_or_else(|fatal| panic!("{place}: after the repair: {fatal}"));
    assert_eq!(says(&state), world.says(is_kept), "{place}");
    let again = verify(image).unwrap();
    assert_eq!(again.damage, [], "{place}");
    assert!(repair::prepare(&shared).unwrap().plan.is_none(), "{place}: there is more to repair");
}

fn flips(world: &World, count: usize, random: &mut Random) {
    let all = world.says(|_| true);
    let last = world.last();
    let but_last = world.says(|frame| frame.next() <= last);
    for at in 0..count {
        let (image, hit) = flipped(world, random);
        let report = verify(&image).unwrap();
        check_named(&hit, &report);
        check_not_silent(&hit, &image, &all, &but_last);
        if at % REPAIR_EVERY == 0 {
            check_repair(world, &hit, &image, &report);
        }
    }
}

#[test]
fn one_flipped_bit_is_named_and_nothing_is_lost_in_silence() {
    let count = number("DAY90_FLIPS", 2_000);
    let mut random = Random(number("DAY90_FLIPS_SEED", 90) as u64);
    // From the beginning, behind one checkpoint, behind two with the first segments gone.
    for checkpoints in [&[][..], &[60], &[40, 80, 100]] {
        flips(&World::new(120, 4 << 10, checkpoints), count.div_ceil(3), &mut random);
    }
}

/// The control: without checksums, the same flips change what the journal says, and nobody notices.
#[test]
fn a_reader_that_ignored_checksums_would_lose_in_silence() {
    let world = World::new(60, 1 << 20, &[]);
    let all = world.says(|_| true);
    let name = files(&world.disk, ".seg").remove(0);
    let mut random = Random(91);
    let silent = (0..200).filter(|_| {
        let image = world.disk.kill();
        image.flip(&name, random.below(world.disk.get(&name).unwrap().len() * 8));
        fold_unchecked(&image.get(&name).unwrap()).is_some_and(|said| said != all)
    });
    assert!(silent.count() > 10, "the flips do no harm, so the proof above proves nothing");
}

fn fold_unchecked(segment: &[u8]) -> Option<String> {
    let mut state = State::new(HashKey(1, 2));
    let mut at = day90::journal::record::SEGMENT_HEADER_BYTES;
    let mut expected = 1;
    while at < segment.len() {
        let (sequence, count, payload, end) = payload_unchecked(segment, at)?;
        if sequence != expected {
            return None;
        }
        payload::apply(&mut state, sequence, count, payload).ok()?;
        expected = sequence + u64::from(count);
        at = end;
    }
    Some(says(&state))
}
