//! A journal that ends anywhere.
//!
//! `DAY90_CUT_EVERY` sets the step in bytes (default 97; 1 before a release).

use day90::journal::fake::FakeDisk;
use day90::journal::verify::verify;

use super::world::{World, compact, extents, files, number, number_in, read, says};

/// How much journal is cut.
const JOURNAL_BYTES: u64 = 1 << 20;
const SEGMENT_BYTES: u64 = 8 << 10;

#[test]
fn a_journal_cut_anywhere_says_what_the_whole_frames_before_the_cut_say() {
    let step = number("DAY90_CUT_EVERY", 97);
    let world = World::with_a_checkpoint_of_each_segment(JOURNAL_BYTES, SEGMENT_BYTES);
    let mut cuts = 0;
    // Each segment stands behind a checkpoint of all before it, so that a reading folds one segment and not a mebibyte.
    for name in files(&world.disk, ".seg") {
        let whole = world.disk.get(&name).unwrap();
        let first = number_in(&name);
        let image = FakeDisk::new();
        let before = format!("checkpoint-{:020}.ckpt", first - 1);
        let checkpoint = world.disk.get(&before);
        assert_eq!(checkpoint.is_some(), first > 1);
        checkpoint.iter().for_each(|bytes| image.put(&before, bytes.clone()));
        let extents = extents(&whole);
        // What each number of whole frames says: nothing but the checkpoint, then a frame more at a time.
        image.put(&name, whole[..extents[0].end].to_vec());
        let prefixes = world.prefixes(&image, first, extents.len() - 1);
        let mut compared = usize::MAX;
        let mut cut = (cuts * step) % whole.len() % step;
        while cut <= whole.len() {
            let image = compact(&image);
            image.put(&name, whole[..cut].to_vec());
            let frames = extents.iter().filter(|extent| extent.end <= cut).count().saturating_sub(1);
            let (state, recovered) = read(&image).unwrap_or_else(|fatal| panic!("{name} cut at {cut}: {fatal}"));
            assert_eq!(state.sequence(), prefixes[frames].0, "{name} cut at {cut}");
            // The last record says which frames were folded; the text of a scrape is compared once for each of them.
            if frames != compared {
                assert_eq!(says(&state), prefixes[frames].1, "{name} cut at {cut}");
                compared = frames;
            }
            let good = extents.iter().map(|extent| extent.end).filter(|&end| end <= cut).max().unwrap_or(0);
            assert_eq!(recovered.torn_bytes(), (cut - good) as u64, "{name} cut at {cut}");
            assert_eq!(
                recovered.torn.is_some(),
                !extents.iter().any(|extent| extent.end == cut),
                "{name} cut at {cut}"
            );
            let report = verify(&image).unwrap();
            assert_eq!((report.torn, report.damage), (recovered.torn, Vec::new()), "{name} cut at {cut}");
            cut += step;
            cuts += 1;
        }
    }
    println!("{cuts} cuts");
    assert!(cuts as u64 >= JOURNAL_BYTES / step as u64);
}
