//! What was acknowledged survives kill -9 and a restart, counts once, and damaged files are never guessed about.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::day90::Ended;
use crate::harness::dir::{contents, files};
use crate::harness::events::Event;
use crate::harness::{Day90, event, metric, one_of_each};

fn opened(case: &str) -> Event {
    event("escalation.opened").with("case", case).with("id", case).with("queue", "billing")
}

fn newest_segment(data: &Path) -> PathBuf {
    let segments: Vec<_> = files(data, "").into_iter().filter(|path| is_segment(path)).collect();
    segments.last().expect("a segment").clone()
}

fn is_segment(path: &Path) -> bool {
    fs::read(path).expect("a file").starts_with(b"day90jnl")
}

/// A daemon that was killed with some frames in its journal and no checkpoint.
fn killed_with_a_journal() -> Ended {
    let day90 = Day90::start();
    for number in 0..20 {
        day90.post([&opened(&format!("c-{number}"))]);
    }
    day90.kill9()
}

#[test]
fn counts_and_open_cases_survive_kill_9() {
    let day90 = Day90::start();
    day90.post(&one_of_each()).post([&opened("c-a"), &opened("c-b")]);
    let before = day90.scrape();
    before.expect(metric("day90_escalations_open").label("queue", "billing").value(2));
    let day90 = day90.kill9().start_again();
    let after = day90.scrape();
    before.fold().expect_same(&after.fold());
    // And they go on from there: the case that was open is closed.
    day90.post([&event("escalation.resolved").with("case", "c-a").with("outcome", "answered")]);
    day90.scrape().expect(metric("day90_escalations_open").label("queue", "billing").value(1));
}

#[test]
fn a_retry_after_a_restart_counts_once() {
    let day90 = Day90::start();
    day90.post([&opened("c-1")]);
    for ended in [Day90::kill9, Day90::stop] {
        let other = Day90::start();
        other.post([&opened("c-1")]);
        let other = ended(other).start_again();
        assert_eq!(other.offer([&opened("c-1"), &opened("c-2")]).counts(), (1, 1, 0));
        other.scrape().expect(metric("day90_escalations_total").value(2));
    }
}

#[test]
fn a_graceful_stop_writes_a_checkpoint_that_the_next_start_begins_with() {
    let day90 = Day90::start();
    day90.post(&one_of_each());
    let before = day90.scrape().fold();
    let ended = day90.stop();
    assert!(ended.log().contains("day90 has stopped"), "{}", ended.log());
    assert_eq!(files(&ended.data_dir(), "checkpoint-").len(), 1);
    let day90 = ended.start_again();
    before.expect_same(&day90.scrape().fold());
    assert!(day90.log().contains("\"replayed\":0"), "{}", day90.log());
}

#[test]
fn a_torn_tail_is_cut_kept_and_counted() {
    let ended = killed_with_a_journal();
    let segment = newest_segment(&ended.data_dir());
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..whole.len() - 7]).unwrap();
    let check = ended.check();
    assert!(String::from_utf8_lossy(&check.stdout).contains("torn tail"), "{check:?}");
    assert_eq!(check.status.code(), Some(0), "a torn tail is normal");
    let day90 = ended.start_again();
    let scrape = day90.scrape();
    let torn = scrape.get(&metric("day90_journal_torn_bytes_total")).unwrap();
    assert!(torn > 0.0);
    scrape.expect(metric("day90_escalations_total").value(19));
    let kept = files(&day90.data_dir(), "torn-");
    assert_eq!(kept.len(), 1);
    let kept = fs::read(&kept[0]).unwrap();
    assert_eq!(kept.len() as f64, torn);
    assert!(whole.windows(kept.len()).any(|bytes| bytes == kept), "the very bytes");
    // The event was never acknowledged as far as the disk knows: a retry counts.
    assert_eq!(day90.offer([&opened("c-19")]).counts(), (1, 0, 0));
    day90.kill9().start_again().scrape().expect(metric("day90_journal_torn_bytes_total").value(0));
}

#[test]
fn damage_in_the_middle_is_refused_with_file_and_offset() {
    let ended = killed_with_a_journal();
    let segment = newest_segment(&ended.data_dir());
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&segment, &bytes).unwrap();
    let before = contents(&ended.data_dir());
    let (code, said) = ended.start_in_vain();
    assert_eq!(code, Some(74), "{said}");
    let name = segment.file_name().unwrap().to_str().unwrap();
    let offset =
        said.split(|character: char| !character.is_ascii_digit()).filter_map(|word| word.parse::<usize>().ok());
    let near = |offset: usize| offset <= middle && middle - offset < 2_000 && offset > 0;
    assert!(said.contains(name) && offset.into_iter().any(near), "names {name} and about {middle}: {said}");
    let check = ended.check();
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&check.stdout).contains(name), "{check:?}");
    assert_eq!(before, contents(&ended.data_dir()), "nothing was repaired on its own");
}

#[test]
fn a_full_disk_is_503_until_there_is_room_and_nothing_is_lost_or_counted_twice() {
    let mut day90 = Day90::start_with_room_for(16);
    let mut sent = Vec::new();
    // First many at once, then one by one, until there is no room for the smallest frame: else it may be ready again
    // between two large requests.
    let mut fill = |many: usize| loop {
        let events: Vec<_> = (0..many).map(|at| opened(&format!("c-{}", sent.len() + at))).collect();
        let answer = day90.offer(&events);
        if answer.status != 202 {
            return (answer, sent.len());
        }
        sent.extend(events);
        assert!(sent.len() < 2_000, "the disk doesn't fill");
    };
    let (refused, fitted) = fill(20);
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{}", refused.text());
    assert!(fitted > 0, "some of it fitted");
    let (refused, fitted) = fill(1);
    assert_eq!(refused.status, 503, "{}", refused.text());
    let ready = day90.get("/-/ready").expect(503);
    assert!(ready.text().contains("cannot be written"), "{}", ready.text());
    day90.get("/-/healthy").expect(200);
    let scrape = day90.scrape();
    scrape.expect(metric("day90_journal_writable").value(0));
    scrape.expect(metric("day90_escalations_total").value(fitted as f64));
    scrape.expect(metric("day90_ingest_requests_total").label("code", "503").value(2));
    day90.make_room();
    // The sender sends again what was refused, and then all of it.
    let refused = opened(&format!("c-{fitted}"));
    assert_eq!(day90.offer([&refused]).expect(202).counts(), (1, 0, 0));
    sent.push(refused);
    assert_eq!(day90.offer(&sent).expect(202).counts(), (0, sent.len() as u64, 0));
    day90.get("/-/ready").expect(200);
    let scrape = day90.kill9().start_again().scrape();
    scrape.expect(metric("day90_escalations_total").value(sent.len() as f64));
    scrape.expect(metric("day90_journal_torn_bytes_total").value(0));
}

#[test]
fn a_second_daemon_on_the_same_directory_is_refused() {
    let day90 = Day90::start();
    let data = day90.data_dir();
    let second = crate::harness::run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(74), "{second:?}");
    assert!(String::from_utf8_lossy(&second.stderr).contains("another process has"), "{second:?}");
    day90.post([&opened("c-1")]);
}

#[test]
fn check_reads_a_journal_and_changes_nothing() {
    let ended = killed_with_a_journal();
    let before = contents(&ended.data_dir());
    let check = ended.check();
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    assert_eq!(before, contents(&ended.data_dir()));
    // Nor does it make a directory that isn't there.
    let nowhere = ended.data_dir().join("nowhere");
    let check = crate::harness::run(&["check", "--data-dir", nowhere.to_str().unwrap()]);
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    assert!(!nowhere.exists());
}

#[test]
fn the_data_directory_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let day90 = Day90::start();
    day90.post([&opened("c-1")]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&day90.data_dir()), 0o700);
    for file in files(&day90.data_dir(), "") {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
