//! The data directory under the built daemon: moved, replaced, unlocked, opened to everybody, and the process out of
//! descriptors or over its limit of a file's size.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::harness::dir::{contents, files};
use crate::harness::events::{Event, lines};
use crate::harness::http::Connection;
use crate::harness::{Day90, Dir, Request, SOON, event, eventually, metric};

/// The smallest journal: segments are short, and checkpoints come often.
const SMALL: &str = "limits: {body_bytes: 64KiB, decompressed_bytes: 64KiB, journal_bytes: 17MiB}";

fn opened(case: &str) -> Event {
    event("escalation.opened").with("case", case).with("id", case).with("queue", "billing")
}

fn start_on(data: &Path) -> Day90 {
    Day90::start_under(Vec::new(), data, "{}").unwrap_or_else(|ended| panic!("{}", ended.log()))
}

#[test]
fn a_directory_that_was_moved_ends_acknowledgements_until_it_is_back() {
    let day90 = Day90::start();
    day90.post([&opened("c-1")]);
    let (data, moved) = (day90.data_dir(), day90.data_dir().with_file_name("moved"));
    fs::rename(&data, &moved).unwrap();
    for _ in 0..2 {
        let refused = day90.offer([&opened("c-2")]);
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{}", refused.text());
        assert!(refused.text().contains("was moved, removed or replaced"), "{}", refused.text());
    }
    let ready = day90.get("/-/ready").expect(503);
    assert!(ready.text().contains("put it back or restart"), "{}", ready.text());
    day90.scrape().expect(metric("day90_journal_writable").value(0));
    fs::rename(&moved, &data).unwrap();
    day90.post([&opened("c-2"), &opened("c-3")]);
    day90.get("/-/ready").expect(200);
    day90.scrape().expect(metric("day90_escalations_total").value(3));
    day90.kill9().start_again().scrape().expect(metric("day90_escalations_total").value(3));
}

#[test]
fn a_directory_that_was_removed_is_noticed_though_nobody_sends() {
    let day90 = Day90::start();
    day90.post([&opened("c-1")]);
    fs::remove_dir_all(day90.data_dir()).unwrap();
    eventually("it is not ready", SOON, || (day90.get("/-/ready").status == 503).then_some(()));
    assert_eq!(day90.offer([&opened("c-2")]).status, 503);
    assert!(!day90.data_dir().exists(), "and it makes no new one");
}

/// The first daemon once wrote into the second one's directory and trimmed its journal: 5,000 acknowledged events were gone.
#[test]
fn a_second_daemon_on_a_new_directory_of_the_same_name_keeps_what_it_acknowledged() {
    let dir = Dir::new();
    let (data, moved) = (dir.path().join("data"), dir.path().join("moved"));
    let first = start_on(&data);
    first.post([&opened("c-1")]);
    fs::rename(&data, &moved).unwrap();
    let second = start_on(&data);
    for number in 0..50 {
        second.post([&opened(&format!("s-{number}"))]);
        assert_eq!(first.offer([&opened(&format!("f-{number}"))]).status, 503);
    }
    let before = contents(&data);
    // A stop writes a checkpoint and removes what it covers.
    first.stop();
    assert_eq!(contents(&data), before);
    second.post([&opened("s-50")]);
    second.kill9().start_again().scrape().expect(metric("day90_escalations_total").value(51));
    // What the first one had acknowledged is where it was.
    start_on(&moved).scrape().expect(metric("day90_escalations_total").value(1));
}

#[test]
fn without_the_lock_file_a_second_daemon_is_refused_all_the_same() {
    let dir = Dir::new();
    let data = dir.path().join("data");
    let first = start_on(&data);
    fs::remove_file(data.join("lock")).unwrap();
    let second = Day90::start_under(Vec::new(), &data, "{}").map(drop).unwrap_err();
    assert_eq!(second.code, Some(74), "{}", second.log());
    assert!(second.log().contains("another process has"), "{}", second.log());
    first.post([&opened("c-1")]);
}

#[test]
fn a_directory_that_every_user_may_change_is_refused_by_serve_and_check() {
    let ended = Day90::start().stop();
    fs::set_permissions(ended.data_dir(), fs::Permissions::from_mode(0o777)).unwrap();
    let (code, said) = ended.start_in_vain();
    assert_eq!(code, Some(74), "{said}");
    assert!(said.contains("mode 777") && said.contains("chmod 700"), "{said}");
    let check = ended.check();
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    assert!(String::from_utf8_lossy(&check.stdout).contains("chmod 700"), "{check:?}");
    fs::set_permissions(ended.data_dir(), fs::Permissions::from_mode(0o700)).unwrap();
    ended.start_again();
}

#[test]
fn a_limit_on_the_size_of_files_is_503_and_not_the_end() {
    let under = ["prlimit", "--fsize=20000:unlimited"].map(str::to_owned).to_vec();
    let dir = Dir::new();
    let data = dir.path().join("data");
    let day90 = Day90::start_under(under, &data, "{}").unwrap_or_else(|ended| panic!("{}", ended.log()));
    let mut sent = 0;
    while day90.offer([&opened(&format!("c-{sent}"))]).status == 202 {
        sent += 1;
        assert!(sent < 1_000, "the limit is not reached");
    }
    assert!(sent > 10, "{sent}");
    day90.get("/-/ready").expect(503);
    day90.scrape().expect(metric("day90_journal_writable").value(0));
    let pid = day90.pid().to_string();
    assert!(Command::new("prlimit").args(["--fsize=unlimited", "--pid", &pid]).status().unwrap().success());
    day90.post([&opened(&format!("c-{sent}"))]);
    let again = day90.kill9().start_unharmed();
    again.scrape().expect(metric("day90_escalations_total").value(f64::from(sent) + 1.0));
}

/// etcd-io/etcd#3269: each attempt to begin a segment without a descriptor left an empty one, 500 of them. Here the journal holds
/// what it needs, and where even that is taken, an attempt is a refusal that leaves nothing.
#[test]
fn without_descriptors_segments_are_begun_and_checkpoints_written_or_events_refused() {
    let dir = Dir::new();
    let data = dir.path().join("data");
    let day90 = Day90::start_under(Vec::new(), &data, SMALL).unwrap_or_else(|ended| panic!("{}", ended.log()));
    let mut sender = Connection::to(day90.address).unwrap();
    let note = "n".repeat(2_000);
    let body = |round: u64| {
        let events: Vec<_> = (0..25)
            .map(|at| opened(&format!("c-{round}-{at}")).with("note", note.as_str()).with("queue", "q"))
            .collect();
        Request::events(Some("application/x-ndjson"), lines(&events))
    };
    assert_eq!(sender.ask(&body(0)).unwrap().status, 202);
    // Connections alone can't take them all: day90 takes no more than fit.
    let limit = |soft: u64| {
        let limit = ["--pid", &day90.pid().to_string(), &format!("--nofile={soft}:")].map(str::to_owned);
        let limited = std::process::Command::new("prlimit").args(limit).status();
        assert!(limited.expect("prlimit is installed (Debian package util-linux)").success());
    };
    let open = fs::read_dir(format!("/proc/{}/fd", day90.pid())).unwrap();
    let highest = open.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u64>().ok()).max();
    limit(highest.expect("it has some open") + 1);
    let (mut accepted, mut refused) = (1, 0);
    for round in 1..400 {
        match sender.ask(&body(round)).unwrap().status {
            202 => accepted += 1,
            503 => refused += 1,
            other => panic!("{other}\n{}", day90.log()),
        }
    }
    limit(1_024);
    assert!(!day90.log().contains("until day90 restarts"), "{}", day90.log());
    eventually("it takes events again", SOON, || (sender.ask(&body(500)).unwrap().status == 202).then_some(()));
    accepted += 1;
    let empty: Vec<_> =
        files(&data, "journal-").into_iter().filter(|file| file.metadata().unwrap().len() < 33).collect();
    assert!(empty.is_empty(), "{empty:?}");
    println!("{accepted} requests accepted, {refused} refused, {} segments", files(&data, "journal-").len());
    assert!(accepted > 100, "{accepted} of 400:\n{}", day90.log());
    std::thread::sleep(Duration::from_millis(100));
    let again = day90.kill9().start_again();
    again.scrape().expect(metric("day90_escalations_total").value(f64::from(accepted) * 25.0));
}
