//! Formats last: what a release wrote is opened by every later one, and says what it said then.
//!
//! `tests/data/formats/VERSION/data` is a data directory as that release left it; `tests/data/formats/make` made it.
//! `exposition.txt` beside it is what the release itself made of it, and is written once, by
//! `DAY90_BLESS_FORMAT=1 cargo test --test tests -- formats` in the tree of that release.

use std::path::PathBuf;
use std::sync::Arc;

use day90::event::Timestamp;
use day90::event::time::DAY;
use day90::expose::text::Text;
use day90::journal::{Disk, RealDisk};
use day90::pipeline::recover::recover;
use day90::state::State;

use crate::harness::{Day90, Request, repository};

/// Long after every deadline of the fixtures: their timers must have come along.
const LATER: i64 = 30 * DAY;

fn releases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository("tests/data/formats")).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn exposition(state: &State) -> String {
    let mut text = Text::new();
    state.snapshot().visit(&mut text);
    String::from_utf8(text.into_bytes()).unwrap()
}

/// What a state says at its own time and long after, and the cases that are open in it.
fn told(mut state: State) -> String {
    let (cases, _) = state.snapshot().cases(None, 0, 1_000);
    let mut told = format!("# As of the last frame\n{}", exposition(&state));
    let last = state.now();
    state.advance(Timestamp::from_nanos(last.nanos() + LATER));
    told.push_str(&format!("# {} days later\n{}# Open cases\n", LATER / DAY, exposition(&state)));
    for case in cases {
        told.push_str(&format!("{}\n", serde_json::to_string(&case).unwrap()));
    }
    told
}

#[test]
fn what_every_release_wrote_says_what_it_said_then() {
    for release in releases() {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(release.join("data")));
        let (state, recovered) = recover(&disk).unwrap_or_else(|fatal| panic!("{}: {fatal}", release.display()));
        assert!(recovered.checkpoint_sequence.is_some() && recovered.records > 0, "a checkpoint and frames behind it");
        let (told, path) = (told(state), release.join("exposition.txt"));
        if std::env::var_os("DAY90_BLESS_FORMAT").is_some() && !path.exists() {
            std::fs::write(&path, &told).unwrap();
        }
        let then = std::fs::read_to_string(&path).unwrap();
        let missing: Vec<&str> = then.lines().filter(|line| !told.lines().any(|now| now == *line)).collect();
        assert!(missing.is_empty(), "{}: these are gone or differ:\n{}", release.display(), missing.join("\n"));
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
