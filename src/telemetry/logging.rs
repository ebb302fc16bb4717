//! The log, on stderr: text for a person, one JSON object a line for a collector. Event bodies are never logged.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt;

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
pub fn logging(format: Format) -> Result<(), String> {
    let set = |name: &&str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let filter = match VARIABLES.iter().find_map(|name| Some((name, set(name)?))) {
        Some((name, text)) => EnvFilter::try_new(&text).map_err(|error| format!("{name}={text}: {error}"))?,
        None => EnvFilter::new(LEVEL_DEFAULT),
    };
    let terminal = stderr().is_terminal();
    let lines = fmt::Subscriber::builder().with_env_filter(filter).with_writer(stderr).with_ansi(terminal);
    let text = format == Format::Text || (format == Format::Auto && terminal);
    let started = if text {
        lines.with_target(false).finish().try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).finish().try_init()
    };
    started.map_err(|error| format!("the log was started already: {error}"))
}
