//! The log as programs use it: through `tracing`, onto sinks that fail or block.

use std::io::{PipeReader, PipeWriter, Read, pipe};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use tracing::{debug, info, warn};

use super::*;

const LONG: Duration = Duration::from_secs(30);

fn open() -> (PipeReader, PipeWriter) {
    pipe().expect("a pipe")
}

/// Runs with a log of its own.
fn with<T>(json: bool, log: &Log, run: impl FnOnce() -> T) -> T {
    let lines = fmt::Subscriber::builder().with_max_level(Level::DEBUG).with_writer(log.clone()).with_ansi(false);
    match json {
        true => tracing::subscriber::with_default(lines.json().flatten_event(true).finish(), run),
        false => tracing::subscriber::with_default(lines.finish(), run),
    }
}

#[test]
fn repeated_events_are_joined_in_both_formats() {
    for json in [false, true] {
        let (mut reader, sink) = open();
        let log = Log::start(json, sink).expect("a thread");
        with(json, &log, || {
            for _ in 0..5 {
                warn!(error = "too many open files", "a connection was not accepted");
                info!("a connection was not accepted");
                debug!("each of these is wanted");
            }
        });
        assert!(log.flush(LONG));
        let mut bytes = vec![0; 64 << 10];
        let length = reader.read(&mut bytes).expect("lines");
        let text = String::from_utf8_lossy(&bytes[..length]);
        let times = if json { "\"repeated\":4" } else { "(repeated 4 times in 1s)" };
        let count = |words: &str| text.lines().filter(|line| line.contains(words)).count();
        assert_eq!((count("too many open files"), count("not accepted"), count("wanted")), (2, 4, 5), "{text}");
        assert_eq!(count(times), 2, "{text}");
        assert_eq!(log.dropped().get(), 0);
    }
}

#[test]
fn nobody_waits_for_a_pipe_that_nobody_reads() {
    let (mut reader, sink) = open();
    let log = Log::start(false, sink).expect("a thread");
    let line = "x".repeat(10_000);
    let begun = Instant::now();
    with(false, &log, || (0..400).for_each(|n| info!(n, "{line}")));
    let dropped = log.dropped().get();
    assert!(dropped > 250, "{dropped} lines of 400");
    assert!(!log.flush(Duration::from_millis(50)));
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    // Somebody reads again: whole lines, and one that says how many are missing.
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        let mut bytes = vec![0; 64 << 10];
        while !text.contains("lines=") {
            let length = reader.read(&mut bytes).expect("lines");
            text.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        text
    });
    let text = reading.join().expect("it reads");
    assert!(text.contains(&format!(
        "log lines were lost, since nobody read them or they could not be written lines={dropped}\n"
    )));
    assert_eq!(text.lines().filter(|line| line.contains("xxx")).count() as u64, 400 - dropped);
}

#[test]
fn what_cannot_be_written_is_counted_and_reported_when_it_can_be_again() {
    let (mut reader, writer) = open();
    let sink = Breakable::default();
    let log = Log::start(false, sink.clone()).expect("a thread");
    with(false, &log, || {
        info!("one");
        info!("two");
        assert!(log.flush(LONG));
        assert_eq!(log.dropped().get(), 2);
        *sink.open() = Some(writer);
        info!("three");
    });
    assert!(log.flush(LONG));
    *sink.open() = None;
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("lines");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() == 2 && lines[0].ends_with("lines=2") && lines[1].ends_with("three"), "{text}");
}

/// A pipe that can be taken away.
#[derive(Clone, Default)]
struct Breakable(Arc<Mutex<Option<PipeWriter>>>);

impl Breakable {
    fn open(&self) -> MutexGuard<'_, Option<PipeWriter>> {
        self.0.lock().expect("no panic")
    }
}

impl Write for Breakable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.open().as_mut() {
            Some(pipe) => pipe.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_said_in_the_log() {
    let (mut reader, sink) = open();
    let log = Log::start(true, sink).expect("a thread");
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| match std::thread::current().name() {
        Some("panics on purpose") => panics::say(&log.0, panic),
        _ => before(panic),
    }));
    let purpose = std::thread::Builder::new().name("panics on purpose".into());
    let ended = purpose.spawn(|| panic!("the reason")).expect("a thread").join();
    assert!(ended.is_err());
    let mut bytes = [0; 4096];
    let length = reader.read(&mut bytes).expect("it is written");
    let text = String::from_utf8_lossy(&bytes[..length]);
    assert!(text.starts_with("thread 'panics on purpose' panicked at src/telemetry/logging/tests.rs:"), "{text}");
    assert!(text.contains("the reason\n"), "{text}");
}

#[test]
fn a_line_says_nothing_that_is_not_there() {
    for json in [false, true] {
        let (mut reader, sink) = open();
        let log = Log::start(json, sink).expect("a thread");
        with(json, &log, || info!(name = "ab\u{202e}cd\u{7f}\u{9b}2Jü", "a name"));
        assert!(log.flush(LONG));
        let mut bytes = vec![0; 4 << 10];
        let length = reader.read(&mut bytes).expect("a line");
        let text = String::from_utf8_lossy(&bytes[..length]);
        assert!(!text.contains(['\u{202e}', '\u{7f}', '\u{9b}']) && text.contains('ü'), "{text:?}");
    }
}
