//! Files that are whole and in the wrong place: of another directory, of another time, under another's name; and files that are
//! gone, emptied, or end in zeros. Each is named, or nothing is missing.

use day90::journal::fake::FakeDisk;
use day90::journal::verify::verify;

use super::world::{World, compact, extents, files, read, says, start};

const SEGMENT_BYTES: u64 = 2 << 10;
const FRAMES: usize = 180;

/// A journal, and others that it can be confused with.
struct Worlds {
    own: World,
    /// The same events in another directory.
    foreign: World,
    /// A backup of it, from when it had half of its frames.
    earlier: World,
    /// That backup, started and used.
    forked: FakeDisk,
}

impl Worlds {
    fn new(checkpoints: &[usize]) -> Worlds {
        let own = World::new(FRAMES, SEGMENT_BYTES, checkpoints);
        let mut other = World::beginning();
        other.go_on(1, FRAMES, SEGMENT_BYTES, checkpoints);
        let earlier = World::new(FRAMES / 2, SEGMENT_BYTES, checkpoints);
        let forked = earlier.disk.kill();
        let mut fork = World { disk: forked, frames: Vec::new() };
        // Frames as long as those of the journal, and not the same.
        fork.go_on(FRAMES / 2 + 1 + 1_000, FRAMES / 2, SEGMENT_BYTES, &[]);
        Worlds { own, foreign: other, earlier, forked: compact(&fork.disk) }
    }
}

struct Damage {
    what: String,
    disk: FakeDisk,
    /// The file that is wrong.
    name: String,
    /// Only the end is gone: where no checkpoint knows of it, nothing does.
    is_end: bool,
}

fn damages(worlds: &Worlds) -> Vec<Damage> {
    let mut all = Vec::new();
    let own = &worlds.own.disk;
    let mut add = |what: &str, name: &str, is_end, change: &dyn Fn(&FakeDisk)| {
        let disk = own.kill();
        change(&disk);
        if disk.get(name) != own.get(name) {
            all.push(Damage { what: format!("{name} {what}"), disk, name: name.to_owned(), is_end });
        }
    };
    let segments = files(own, ".seg");
    let last = segments.last().unwrap();
    for name in files(own, ".ckpt") {
        // One of a backup says the same.
        add("of another directory", &name, false, &|disk| disk.put(&name, worlds.foreign.disk.get(&name).unwrap()));
    }
    for name in &segments {
        let others = [("of another directory", &worlds.foreign.disk), ("of a backup", &worlds.earlier.disk)];
        for (what, other) in others.into_iter().chain([("of a backup that was used", &worlds.forked)]) {
            if let Some(bytes) = other.get(name) {
                // A backup's last segment is a beginning of the journal's.
                let is_end = name == last && own.get(name).unwrap().starts_with(&bytes);
                add(what, name, is_end, &|disk| disk.put(name, bytes.clone()));
            }
        }
    }
    for (at, name) in segments.iter().enumerate() {
        let whole = own.get(name).unwrap();
        let other = &segments[(at + 1) % segments.len()];
        add("swapped with the next", name, false, &|disk| {
            disk.put(name, own.get(other).unwrap());
            disk.put(other, whole.clone());
        });
        add("a copy of the next", name, false, &|disk| disk.put(name, own.get(other).unwrap()));
        add("emptied", name, name == last, &|disk| disk.put(name, Vec::new()));
        add("removed", name, name == last, &|disk| disk.delete(name));
        let half = extents(&whole);
        let from = half[half.len() / 2].start;
        add("zeros from the middle on", name, name == last, &|disk| {
            let mut bytes = whole.clone();
            bytes[from..].fill(0);
            disk.put(name, bytes);
        });
    }
    all
}

#[test]
fn every_file_in_the_wrong_place_is_named() {
    let (mut count, mut unknowable) = (0, 0);
    for checkpoints in [&[][..], &[60], &[40, 80, 100], &[170, 180]] {
        let worlds = Worlds::new(checkpoints);
        let all = worlds.own.says(|_| true);
        assert_eq!(verify(&worlds.own.disk).unwrap().damage, []);
        for Damage { what, disk, name, is_end } in damages(&worlds) {
            count += 1;
            let what = format!("{what}, checkpoints {checkpoints:?}");
            let report = verify(&disk).unwrap();
            match read(&disk) {
                // Nothing is missing, or what is says that it may be.
                Ok((state, recovered)) if says(&state) != all => {
                    assert!(is_end, "{what}: a silent loss");
                    let last = recovered.next_sequence - 1;
                    assert!(checkpoints.iter().all(|at| worlds.own.frames[at - 1].next() - 1 <= last), "{what}");
                    unknowable += 1;
                    continue;
                }
                Ok(_) => {}
                Err(refused) => assert!(refused.to_string().contains(".seg") || refused.to_string().contains(".ckpt")),
            }
            // A file that contradicts its neighbor may be either of the two.
            let names = files(&worlds.own.disk, ".seg");
            let next = names.iter().position(|own| *own == name).and_then(|at| names.get(at + 1));
            let may_be = |path: &str| {
                path.ends_with(&name) || path.ends_with(".ckpt") || next.is_some_and(|next| path.ends_with(next))
            };
            let is_gone = disk.get(&name).is_none() && !report.removed.is_empty();
            let is_named = report.damage.iter().any(|damage| may_be(&damage.path))
                || name == names[names.len() - 1] && !report.damage.is_empty();
            assert!(
                is_named || is_gone || is_unneeded(&disk, &report.checkpoints, &name),
                "{what}: {:?}",
                report.damage
            );
        }
    }
    println!("{count} damages; of {unknowable} nothing can know");
    assert!(count >= 200, "{count} damages");
    assert!(unknowable <= 12, "{unknowable}");
}

/// The first segment, of which the newest checkpoint includes all: removed, nothing is missing, as after the next checkpoint.
fn is_unneeded(disk: &FakeDisk, checkpoints: &[u64], name: &str) -> bool {
    let next = files(disk, ".seg").first().map(|next| super::world::number_in(next));
    let newest = checkpoints.last().copied().unwrap_or(0);
    disk.get(name).is_none() && next.is_some_and(|next| super::world::number_in(name) < next && next - 1 <= newest)
}

/// Both are whole: which of them belongs here, a repair cannot know.
#[test]
fn a_segment_or_checkpoint_of_another_directory_is_refused_by_a_start_and_by_a_repair() {
    let worlds = Worlds::new(&[60, 90]);
    let (own, foreign) = (&worlds.own.disk, &worlds.foreign.disk);
    let newest = files(own, ".ckpt").pop().unwrap();
    let last = files(own, ".seg").pop().unwrap();
    for name in [newest, last] {
        let disk = own.kill();
        disk.put(&name, foreign.get(&name).unwrap());
        let refused = read(&disk).map(drop).unwrap_err().to_string();
        assert!(refused.contains(&name) && refused.contains("of another directory"), "{refused}");
        let shared: std::sync::Arc<dyn day90::journal::Disk> = std::sync::Arc::new(disk);
        let refused = day90::pipeline::repair::prepare(&shared).map(drop).unwrap_err().to_string();
        assert!(refused.contains("nothing by which to choose"), "{refused}");
    }
}

/// After a repair and a restart the journal goes on, and each segment follows the one before.
#[test]
fn a_backup_that_is_used_is_whole_by_itself() {
    let worlds = Worlds::new(&[40]);
    assert_eq!(verify(&worlds.forked).unwrap().damage, []);
    let (journal, _) = start(&worlds.forked, SEGMENT_BYTES);
    assert!(journal.segments() > 3);
}
