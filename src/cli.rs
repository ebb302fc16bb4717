//! The commands, thin: each reads its arguments, calls the library, and says what came of it.
//!
//! * `serve` and `check` run the daemon, and look at what it would run on.
//! * `emit` and `replay` send events to a daemon; [`send`] is what they share.
//! * `preflight` grades the checklist, with a daemon or without.
//! * `explain` tells why on-call was paged, or was not; `backtest` what it would have been paged for.
//! * `page-test` sends a page marked TEST all the way to on-call, and records the drill.
//! * `demo` is a daemon with a simulated team around it.
//! * `journal` looks after a data directory.
//! * `schema` prints the contracts.

pub(crate) mod check;
pub(crate) mod emit;
mod explain;
pub(crate) mod journal;
pub(crate) mod line;
mod malloc;
mod page_test;
pub(crate) mod preflight;
pub(crate) mod replay;
mod schema;
pub(crate) mod send;
pub(crate) mod serve;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::{backtest, demo};
use clap::{Parser, Subcommand};

use crate::config::Overrides;

/// Tells whether an AI system in production is operated, or only deployed.
///
/// day90 takes events from the system and the people around it, and serves operational-quality metrics to
/// Prometheus: escalations, review load, latency, rollbacks, user trust, behavior changes, ownership.
#[derive(Debug, Parser)]
#[command(name = "day90", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  day90 demo                          see it at work: a simulated team, a bad change, a spike, a rollback
  day90 serve                         the daemon, on 127.0.0.1:9790, without a configuration file
  day90 check --config day90.yaml     what is wrong with a configuration, all at once
  day90 preflight --config day90.yaml what is declared of the checklist, and what is missing
  day90 emit change.deployed system=refund-agent kind=prompt version=v8 approver=support-lead

Exit codes: 0 done, 1 findings or refused, 2 usage, 74 disk, 78 configuration";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Serve(serve::Serve),
    /// Check the configuration and the journal; changes nothing
    Check(check::Check),
    /// Grade the checklist: what is declared, exercised, and current
    Preflight(preflight::Preflight),
    /// Why on-call was paged, or was not: what is usual, what is now, since when, and where
    Explain(explain::Explain),
    /// Recorded events through the spike detector: the pages it would have made, beside those of a rule
    Backtest(backtest::Backtest),
    /// Prove the way to on-call: a page marked TEST through the real rules, recorded as a drill
    PageTest(page_test::PageTest),
    /// Send one event, from a script or a delivery pipeline
    Emit(emit::Emit),
    /// See day90 at work: a daemon on a temporary directory and a simulated agent team
    Demo(demo::Demo),
    /// Send recorded events
    Replay(replay::Replay),
    /// Look after a data directory: find damage, repair it, back it up
    Journal(journal::Journal),
    /// Print the JSON Schema of the events or of the configuration
    Schema(schema::Schema),
}

/// Runs one command to its end.
pub fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Serve(serve) => serve.run(),
        Command::Check(check) => check.run(),
        Command::Preflight(preflight) => preflight.run(),
        Command::Explain(explain) => explain.run(),
        Command::Backtest(backtest) => backtest.run(),
        Command::PageTest(page_test) => page_test.run(),
        Command::Emit(emit) => emit.run(),
        Command::Demo(demo) => demo.run(),
        Command::Replay(replay) => replay.run(),
        Command::Journal(journal) => journal.run(),
        Command::Schema(schema) => schema.run(),
    }
}

/// Why a command ended early, by the exit code that its caller sees.
#[derive(Debug)]
pub enum Failure {
    /// What was to be done could not be, or not all of it: 1.
    Refused(String),
    /// The command line cannot be meant: 2.
    Usage(String),
    /// Disk, sockets, and other things of the machine: 74.
    Machine(String),
    /// The configuration is not believed: 78.
    Configuration(String),
}

impl Failure {
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Refused(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Machine(_) => 74,
            Failure::Configuration(_) => 78,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Refused(why) | Failure::Usage(why) | Failure::Machine(why) | Failure::Configuration(why)) = self;
        f.write_str(why)
    }
}

/// Where the operating model is, and the few settings that one changes by hand: flag over variable over file.
#[derive(Debug, clap::Args)]
struct Settings {
    /// The operating model; without it every system exists with nothing declared
    #[arg(long, value_name = "FILE", env = "DAY90_CONFIG")]
    config: Option<PathBuf>,
    /// Address of events, metrics and the status page [default: 127.0.0.1:9790]
    #[arg(long, value_name = "ADDRESS", env = "DAY90_LISTEN")]
    listen: Option<SocketAddr>,
    /// Address of /metrics and health alone, where Prometheus isn't on this host
    #[arg(long, value_name = "ADDRESS", env = "DAY90_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// Where the journal lives [default: ./day90-data]
    #[arg(long, value_name = "DIR", env = "DAY90_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Allow an address beyond this host without TLS and authentication
    #[arg(long)]
    insecure_listen: bool,
}

impl Settings {
    fn overrides(&self) -> Overrides {
        Overrides {
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            data_dir: self.data_dir.clone(),
            insecure_listen: self.insecure_listen,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn alone_it_prints_help_as_a_usage_error() {
        let error = Args::try_parse_from(["day90"]).expect_err("no command");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("day90 demo"), "{error}");
    }
}
