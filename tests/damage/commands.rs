//! The commands on the built daemon: what a person types, and what comes of it.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::harness::dir::{contents, copy, files};
use crate::harness::events::Event;
use crate::harness::{Day90, Dir, SOON, event, eventually, metric, run};

fn opened(case: &str) -> Event {
    event("escalation.opened").with("case", case).with("id", case)
}

fn journal(command: &str, arguments: &[&Path]) -> Output {
    let paths = arguments.iter().map(|path| path.to_str().unwrap());
    run(&["journal", command].into_iter().chain(paths).collect::<Vec<_>>())
}

#[track_caller]
fn expect(output: &Output, code: i32, parts: &[&str]) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{text}");
    parts.iter().for_each(|part| assert!(text.contains(part), "no {part:?} in {text}"));
}

/// A directory with 20 frames of one escalation each, the ninth of them damaged, and the daemon that wrote it.
fn damaged() -> crate::harness::day90::Ended {
    let day90 = Day90::start();
    for number in 1..=20 {
        day90.post([&opened(&format!("c-{number}"))]);
    }
    let ended = day90.kill9();
    let segment = files(&ended.data_dir(), "journal-").pop().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    let place = find(&bytes, b"c-9");
    bytes[place] ^= 1;
    fs::write(&segment, bytes).unwrap();
    ended
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("it is in the journal")
}

#[test]
fn damage_is_refused_named_repaired_and_the_daemon_goes_on() {
    let ended = damaged();
    let data = ended.data_dir();
    let (code, said) = ended.start_in_vain();
    assert_eq!(code, Some(74), "{said}");
    assert!(said.contains("day90 journal verify DIR") && said.contains("day90 journal repair DIR"), "{said}");

    let before = contents(&data);
    expect(&journal("verify", &[&data]), 1, &["damage: ", "start: refuses", "loses 1 known record", "1 damage"]);
    let json = run(&["journal", "verify", data.to_str().unwrap(), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["damage"].as_array().unwrap().len(), 1, "{json}");
    let lost = json["damage"][0]["records"]["first"].as_u64().unwrap();
    assert_eq!((json["start"]["starts"].as_bool(), json["repair"]["lost_records"].as_u64()), (Some(false), Some(1)));
    let dry = run(&["journal", "repair", data.to_str().unwrap(), "--dry-run"]);
    expect(&dry, 0, &[&format!("lost: record {lost}"), "nothing was changed"]);
    assert_eq!(contents(&data), before, "neither changes anything");

    expect(&journal("repair", &[&data]), 0, &[&format!("lost: record {lost}"), "repaired: a start continues with"]);
    assert_eq!(files(&data, "damaged-").len(), 1);
    expect(&journal("verify", &[&data]), 0, &["no damage", "start: starts"]);
    expect(&journal("repair", &[&data]), 0, &["nothing to repair"]);

    let day90 = ended.start_again();
    day90.scrape().expect(metric("day90_escalations_total").value(19));
    // The lost one is not known any more: its sender may send it again.
    assert_eq!(day90.offer([&opened("c-9"), &opened("c-10")]).counts(), (1, 1, 0));
    let day90 = day90.stop().start_again();
    day90.scrape().expect(metric("day90_escalations_total").value(20));
}

#[test]
fn the_commands_beside_a_running_daemon() {
    let day90 = Day90::start();
    day90.post([&opened("c-1")]);
    expect(&journal("verify", &[&day90.data_dir()]), 0, &["no damage"]);
    expect(&journal("repair", &[&day90.data_dir()]), 74, &["another process has"]);
    day90.post([&opened("c-2")]);
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let dir = Dir::new();
    let missing = dir.path().join("missing");
    for command in ["verify", "repair"] {
        expect(&journal(command, &[&missing]), 2, &["no such directory"]);
    }
    expect(&journal("backup", &[&missing, &dir.path().join("copy")]), 2, &["no such directory"]);
    expect(&journal("backup", &[dir.path(), &dir.path().join("copy")]), 2, &["there is no journal"]);
    expect(&journal("backup", &[dir.path(), dir.path()]), 2, &["exists"]);
    assert!(!missing.exists() && contents(dir.path()).is_empty());
}

#[test]
fn a_backup_under_load_is_a_moment_between_its_begin_and_its_end() {
    let day90 = Day90::start();
    // A checkpoint and a history before the load.
    for number in 0..20 {
        day90.post([&opened(&format!("before-{number}"))]);
    }
    let day90 = day90.stop().start_again();
    let (stop, acknowledged) = (AtomicBool::new(false), AtomicU64::new(20));
    let copies = Dir::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                // Two in one request: neither may be in a copy without the other.
                day90.post([&opened(&format!("a-{number}")), &opened(&format!("b-{number}"))]);
                acknowledged.fetch_add(2, Ordering::Relaxed);
                number += 1;
            }
        });
        let _stop = StopAtEnd(&stop);
        for round in 0..5 {
            let more = acknowledged.load(Ordering::Relaxed) + 20;
            eventually("load", SOON, || (acknowledged.load(Ordering::Relaxed) >= more).then_some(()));
            let target = copies.path().join(format!("{round}"));
            let begin = acknowledged.load(Ordering::Relaxed);
            expect(&journal("backup", &[&day90.data_dir(), &target]), 0, &["up to record"]);
            // One request may have been committed and not answered yet.
            let end = acknowledged.load(Ordering::Relaxed) + 2;
            expect(&journal("verify", &[&target]), 0, &["no damage", "start: starts, "]);
            let restored = Day90::start_on(&target);
            let counted = restored.scrape().get(&metric("day90_escalations_total")).unwrap() as u64;
            assert!((begin..=end).contains(&counted), "{counted} is not between {begin} and {end}");
            assert_eq!(counted % 2, 0, "half a request");
            restored.post([&opened("after the restore")]);
        }
    });
}

/// Ends the load also when the test fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_backup_of_a_damaged_journal_is_refused_and_leaves_nothing() {
    let ended = damaged();
    let place = Dir::new();
    let target = place.path().join("copy");
    let source = ended.data_dir();
    expect(&journal("backup", &[&source, &target]), 1, &["is damaged at byte", source.to_str().unwrap()]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_backup_leaves_out_an_unfinished_write_and_says_so() {
    let day90 = Day90::start();
    day90.post([&opened("c-1")]).post([&opened("c-2")]);
    let ended = day90.kill9();
    let place = Dir::new();
    let (source, target) = (place.path().join("source"), place.path().join("copy"));
    copy(&ended.data_dir(), &source);
    let segment = files(&source, "journal-").pop().unwrap();
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..whole.len() - 3]).unwrap();
    expect(&journal("backup", &[&source, &target]), 0, &["no whole frame"]);
    expect(&journal("verify", &[&target]), 0, &["no damage", "start: starts, "]);
    Day90::start_on(&target).scrape().expect(metric("day90_escalations_total").value(1));
}
