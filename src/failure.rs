//! [`Failure`]: why a command ended early, sorted by the exit code that its caller sees.
//!
//! It is below the commands so that what they call (`send`, [`crate::backtest`], [`crate::demo`]) can return it
//! without knowing any command.

use std::fmt;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// The work could not be done, or only in part: 1.
    Refused(String),
    /// The command line makes no sense: 2.
    Usage(String),
    /// The daemon doesn't answer: 3.
    Unanswered(String),
    /// Disk, sockets, and other parts of the machine: 74.
    Machine(String),
    /// The configuration is invalid: 78.
    Configuration(String),
}

impl Failure {
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Refused(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Unanswered(_) => 3,
            Failure::Machine(_) => 74,
            Failure::Configuration(_) => 78,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Refused(why)
        | Failure::Usage(why)
        | Failure::Unanswered(why)
        | Failure::Machine(why)
        | Failure::Configuration(why)) = self;
        f.write_str(why)
    }
}
