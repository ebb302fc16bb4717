//! The log, on stderr: text for a person, one JSON object a line for a collector. Event bodies are never logged.
//!
//! Who logs never waits. A line goes into a bounded queue (`queue`), and one thread writes it. When the queue is full, or a
//! write fails, the line is dropped and counted, and as soon as something can be written again a line says how many
//! were lost. A line that is the same as one of the last ten seconds is joined with it (`repeats`).
//!
//! Why this is ours. Pipes that nobody reads freeze the process that writes to them (moby#31540, containerd#12462); in
//! supercronic#36 even the message of the crash waited. A parent that closes the pipe after the start kills a daemon at
//! its next `eprintln!` (agent-browser#802). The crate `tracing-appender` has a thread too, but it bounds lines, not
//! bytes, doesn't say in the log that lines were lost (tracing#1941), doesn't count what fails to be written
//! (tracing#1155), and joins nothing. Vector joins lines of one message whatever their fields are, which hides
//! different things (vector#24188): here all of the line must be the same. Its "events were rate limited" was taken for
//! lost events (vector#5223): here the words are "log lines".

mod backlog;
mod dropped;
mod panics;
mod queue;
mod repeats;
mod writer;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write, stderr};
use std::sync::Arc;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use self::queue::Queue;
use self::writer::{LineWriter, Stderr};
use crate::failure::Failure;
use crate::words::printable_json;

pub use self::dropped::LinesDropped;
pub use self::queue::FLUSH_MAX;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text when stderr is a terminal, otherwise JSON.
    #[default]
    Auto,
    Text,
    Json,
}

/// What is logged unless the filter says otherwise.
const LEVEL_DEFAULT: &str = "info";
/// The variables that may hold a filter such as `debug` or `day90::journal=trace,info`; the first that is set counts.
const VARIABLES: [&str; 2] = ["DAY90_LOG", "RUST_LOG"];

/// Starts the log of this process. A filter that cannot be read is an error; a second call is one too.
pub fn logging(format: Format) -> Result<Log, Failure> {
    let set = |name: &&str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let filter = match VARIABLES.iter().find_map(|name| Some((name, set(name)?))) {
        Some((name, text)) => {
            EnvFilter::try_new(&text).map_err(|error| Failure::Usage(format!("{name}={text}: {error}")))?
        }
        None => EnvFilter::new(LEVEL_DEFAULT),
    };
    let terminal = stderr().is_terminal();
    let text = format == Format::Text || (format == Format::Auto && terminal);
    let log = Log::start(!text, Stderr).map_err(|error| Failure::Machine(format!("cannot start a thread: {error}")))?;
    let lines = fmt::Subscriber::builder().with_env_filter(filter).with_writer(log.clone()).with_ansi(terminal);
    let started = if text {
        lines.with_target(false).finish().try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).finish().try_init()
    };
    started.map_err(|error| Failure::Usage(format!("the log was started already: {error}")))?;
    panics::say_in(log.0.clone());
    Ok(log)
}

/// A log that is written by a separate thread. Clones share it. No method waits for the sink, save [`Log::flush`], for
/// a bounded time.
#[derive(Clone)]
pub struct Log(Arc<Queue>);

impl Log {
    /// Starts the thread, which runs as long as the process. The sink may block and fail.
    pub fn start(json: bool, sink: impl Write + Send + 'static) -> io::Result<Log> {
        let queue = Arc::new(Queue::default());
        let writer = LineWriter::new(sink, json);
        let lines = queue.clone();
        std::thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&lines))?;
        Ok(Log(queue))
    }

    /// Adds a line that isn't of a program's event, as it is.
    pub fn say(&self, line: &str) {
        self.0.add(line.as_bytes(), false);
    }

    /// Waits until everything is written, at most this long: true when it is.
    pub fn flush(&self, within: Duration) -> bool {
        self.0.flush(within)
    }

    /// The count of lines that this log has dropped.
    pub fn dropped(&self) -> &LinesDropped {
        self.0.dropped()
    }
}

/// Takes the lines of one event into the queue.
pub struct Entrance<'l> {
    log: &'l Log,
    may_join: bool,
}

impl<'l> MakeWriter<'l> for Log {
    type Writer = Entrance<'l>;

    fn make_writer(&'l self) -> Entrance<'l> {
        Entrance { log: self, may_join: true }
    }

    /// Who asks for more than usual wants to see each line.
    fn make_writer_for(&'l self, event: &Metadata<'_>) -> Entrance<'l> {
        Entrance { log: self, may_join: *event.level() <= Level::INFO }
    }
}

impl Write for Entrance<'_> {
    /// Takes all of it, and never fails: what doesn't fit is dropped and counted.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.log.0.add(&shown(line), self.may_join);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line with the characters escaped that would make it say what isn't there. Those below the space are escaped already, or
/// are day90's own colors.
fn shown(line: &[u8]) -> Cow<'_, [u8]> {
    const DELETE: u8 = 0x7f;
    if line.iter().all(|byte| *byte < DELETE) {
        return line.into();
    }
    printable_json(String::from_utf8_lossy(line).into_owned()).into_bytes().into()
}

#[cfg(test)]
mod tests;
