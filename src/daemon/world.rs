//! The outside world, as it is handed to the daemon, and why the daemon ends.

use std::fmt;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Overrides;
use crate::journal;
use crate::telemetry::LinesDropped;

/// The outside world, handed in.
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub listener: TcpListener,
    /// For `/metrics` and health alone.
    pub metrics_listener: Option<TcpListener>,
    /// What a reload reads again; without it there is nothing to reload.
    pub config_path: Option<PathBuf>,
    pub overrides: Overrides,
    /// What the log of this process drops; the default is that of a process without one.
    pub lines_dropped: LinesDropped,
}

/// Why the daemon cannot start or go on.
#[derive(Debug)]
pub enum Halt {
    /// The configuration asks for something that this version doesn't serve: exit 78.
    Configuration(String),
    /// The journal or its disk: exit 74.
    Disk(String),
    /// A listener: exit 74.
    Listen(std::io::Error),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Halt::Configuration(why) | Halt::Disk(why) => f.write_str(why),
            Halt::Listen(error) => write!(f, "the listener cannot be used: {error}"),
        }
    }
}

impl From<journal::Fatal> for Halt {
    fn from(fatal: journal::Fatal) -> Halt {
        Halt::Disk(fatal.to_string())
    }
}
