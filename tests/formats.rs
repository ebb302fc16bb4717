//! Formats last: what a release wrote is opened by every later one, and says what it said then.
//!
//! `tests/data/formats/VERSION/data` is a data directory as that release left it; `tests/data/formats/make` made it.
//! `exposition.txt` next to it is what the release itself made of it, and is written once, by
//! `DAY90_BLESS_FORMAT=1 cargo test --test tests -- formats` in the tree of that release. Only a mistake of the release may
//! change it later: 0.1.0 counted the second of two deadlines that fall together only after its next start. `changed.txt`
//! lists the lines of it that later contracts say otherwise, each with its reason.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use day90::event::time::DAY;
use day90::expose::text::Text;
use day90::journal::{Disk, RealDisk};
use day90::pipeline::recover::recover;
use day90::state::State;
use day90::state::views::cases::OpenCase;

use crate::harness::dir::{contents, copy};
use crate::harness::{Day90, Dir, Request, event, repository, run};

/// Long after every deadline of the fixtures: their timers must have come along.
const LATER: i64 = 30 * DAY;

fn releases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository("tests/data/formats")).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// Every sample that is not 0.
fn samples(state: &State) -> Vec<String> {
    let mut text = Text::new();
    state.snapshot().visit(&mut text);
    let text = String::from_utf8(text.into_bytes()).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" 0")).map(str::to_owned).collect()
}

/// What a state says at its own time, what it says else long after, and the cases that are open in it.
fn told(mut state: State) -> String {
    let (cases, _) = state.snapshot().cases(None, 0, 1_000);
    let at_first = samples(&state);
    let last = state.now();
    state.advance(last.plus(LATER));
    let mut told = vec!["# As of the last frame; what stands at 0 is left out".to_owned()];
    told.extend(at_first.iter().cloned());
    told.push(format!("# Else {} days later", LATER / DAY));
    told.extend(samples(&state).into_iter().filter(|sample| !at_first.contains(sample)));
    told.push("# Open cases".to_owned());
    // Deadlines are said since 0.3.0; that they are kept, the samples show.
    let without_deadline = |case: OpenCase| OpenCase { owed: None, deadline: None, overdue: None, ..case };
    told.extend(cases.into_iter().map(|case| serde_json::to_string(&without_deadline(case)).unwrap()));
    told.join("\n") + "\n"
}

/// What a release said, under the names of now. Since 0.3.0 the window of ids is shown by system, and ids of before are those of
/// nobody who is declared.
fn as_now(then: &str) -> String {
    ["day90_dedupe_window_ids", "day90_dedupe_window_seconds"]
        .iter()
        .fold(then.to_owned(), |text, name| text.replace(&format!("{name} "), &format!("{name}{{system=\"other\"}} ")))
}

#[test]
fn what_every_release_wrote_says_what_it_said_then() {
    for release in releases() {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(release.join("data")));
        let (state, recovered) = recover(&disk).unwrap_or_else(|fatal| panic!("{}: {fatal}", release.display()));
        assert!(recovered.checkpoint_sequence.is_some() && recovered.records > 0, "a checkpoint and frames after it");
        let (told, path) = (told(state), release.join("exposition.txt"));
        if std::env::var_os("DAY90_BLESS_FORMAT").is_some() && !path.exists() {
            std::fs::write(&path, &told).unwrap();
        }
        let then = as_now(&std::fs::read_to_string(&path).unwrap());
        // How much memory things take is of the release.
        let lasts = |line: &&str| !line.starts_with("day90_memory_bytes") && !line.starts_with("day90_series ");
        let gone: Vec<&str> = then.lines().filter(lasts).filter(|line| !told.lines().any(|now| now == *line)).collect();
        let changed = std::fs::read_to_string(release.join("changed.txt")).unwrap_or_default();
        let changed: Vec<&str> = changed.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(gone.join("\n"), changed.join("\n"), "{}: gone or different", release.display());
    }
}

#[test]
fn what_every_release_wrote_is_served_and_knows_its_ids() {
    let sent = ["1.ndjson", "2.ndjson"];
    let sent = sent.map(|name| std::fs::read(repository("tests/data/formats").join(name)).unwrap());
    let events: usize = sent.iter().map(|body| body.iter().filter(|byte| **byte == b'\n').count()).sum();
    for release in releases() {
        let day90 = Day90::start_on(&release.join("data"));
        let answer = day90.ask(&Request::events(Some("application/x-ndjson"), sent.concat())).expect(202);
        assert_eq!(answer.counts(), (0, events as u64, 0), "{}", release.display());
    }
}

/// What `day90 journal downgrade` says, and its exit code.
fn downgrade(data: &Path) -> (String, Option<i32>) {
    let output = run(&["journal", "downgrade", data.to_str().unwrap()]);
    (String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(), output.status.code())
}

/// Segments and checkpoints, by name.
fn stored(data: &Path) -> Vec<(String, Vec<u8>)> {
    let is_stored = |(name, _): &(String, Vec<u8>)| name.ends_with(".seg") || name.ends_with(".ckpt");
    let mut stored: Vec<_> = contents(data).into_iter().filter(is_stored).collect();
    stored.sort();
    stored
}

#[test]
fn until_the_first_event_a_downgrade_leaves_what_the_release_before_wrote() {
    for release in releases() {
        let before = stored(&release.join("data"));
        // Another configuration each time, so that each start writes a record; ended in every way.
        let day90 = Day90::start_on(&release.join("data"));
        let upgraded = day90.scrape().fold();
        let ended = day90.stop();
        let data = ended.data_dir();
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&stored(&data)), names(&before), "{}: no checkpoint replaces another", release.display());
        assert_ne!(stored(&data), before, "a configuration was written");
        let day90 = ended.start_again();
        upgraded.expect_same(&day90.scrape().fold());
        let ended = day90.kill9();
        let (said, code) = downgrade(&data);
        let name = release.file_name().unwrap().to_str().unwrap();
        assert!(code == Some(0) && said.contains(&format!("ready for day90 {name}")), "{said}");
        assert!(stored(&data) == before, "{}: every byte is as it was", release.display());
        let (said, code) = downgrade(&data);
        assert!(code == Some(0) && said.contains("0 records"), "a second time finds nothing: {said}");
        upgraded.expect_same(&ended.start_again().scrape().fold());
    }
}

#[test]
fn after_the_first_event_there_is_no_way_back() {
    let task = event("task.completed").with("action", "a").with("outcome", "completed").with("mode", "decide");
    for release in releases() {
        let day90 = Day90::start_on(&release.join("data"));
        day90.post([&task]);
        let ended = day90.kill9();
        let before = stored(&ended.data_dir());
        let (said, code) = downgrade(&ended.data_dir());
        assert!(
            code == Some(1) && said.contains("no way back") && said.contains("came in under this release"),
            "{said}"
        );
        assert!(stored(&ended.data_dir()) == before, "nothing was changed");
        // A graceful stop takes a checkpoint.
        let ended = ended.start_again().stop();
        assert!(stored(&ended.data_dir()) != before);
        assert_eq!(downgrade(&ended.data_dir()).1, Some(1));
    }
}

#[test]
fn a_directory_that_this_release_began_has_no_way_back() {
    let ended = Day90::start_with("systems: {agent: {}}").stop();
    let (said, code) = downgrade(&ended.data_dir());
    assert!(code == Some(1) && said.contains("no way back"), "{said}");
}

#[test]
fn a_directory_in_use_is_not_downgraded() {
    let day90 = Day90::start();
    let output = run(&["journal", "downgrade", day90.data_dir().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another process has"));
}

#[test]
fn what_a_newer_day90_wrote_is_refused_with_its_version() {
    let dir = Dir::new();
    copy(&repository("tests/data/formats/0.1.0/data"), dir.path());
    let (state, recovered) = recover(&(Arc::new(RealDisk::new(dir.path())) as Arc<dyn Disk>)).unwrap();
    drop(state);
    // A checkpoint of format 3, with nothing right in it but its head.
    let mut head = b"day90ckp".to_vec();
    head.extend_from_slice(&3u32.to_le_bytes());
    head.extend_from_slice(&(recovered.next_sequence - 1).to_le_bytes());
    head.extend_from_slice(&crc32c::crc32c(&head).to_le_bytes());
    let about: Vec<u8> = [0u16, 9, 0, 0, 8, 5].iter().flat_map(|part| part.to_le_bytes()).collect();
    head.extend_from_slice(&about);
    head.extend_from_slice(&crc32c::crc32c(&about).to_le_bytes());
    head.extend_from_slice(&[0; 64]);
    dir.write(&format!("checkpoint-{:020}.ckpt", recovered.next_sequence - 1), head);
    let output = run(&["check", "--data-dir", dir.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("needs day90 0.8.5 or later"), "{said}");
}
