//! The commands. Each reads its arguments, calls the library, and prints the result.
//!
//! * `serve` runs the daemon; `check` reads what it would run on.
//! * `emit`, `send` and `replay` send events to a daemon.
//! * `preflight` grades the checklist, with a daemon or without.
//! * `status`, `cases` and `events` show what the page shows, what is open, and what happened.
//! * `explain` says why on-call was paged, or was not; `backtest` says what it would have been paged for.
//! * `page-test` sends a page marked TEST all the way to on-call, and records the drill.
//! * `demo` runs a daemon with a simulated team around it.
//! * `journal` looks after a data directory.
//! * `schema` prints the contracts.

mod accept;
mod backtest;
mod cases;
mod check;
mod demo;
mod emit;
mod events;
mod explain;
mod format;
mod journal;
mod page_test;
mod preflight;
mod replay;
mod schema;
mod send;
mod serve;
mod settings;
mod status;
mod target;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

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
  day90 demo                          see it work: a simulated team, a bad change, a spike, a rollback
  day90 serve                         the daemon, on 127.0.0.1:9790, without a configuration file
  day90 check --config day90.yaml     what is wrong with a configuration, all at once
  day90 preflight --config day90.yaml what of the checklist is declared, and what is missing
  day90 status                        every system and what needs attention; then: day90 cases SYSTEM, day90 events
  day90 emit change.deployed system=refund-agent kind=prompt version=v8 approver=support-lead

Exit codes: 0 done, 1 findings or refused, 2 usage, 3 no answer, 74 disk, 78 configuration";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Serve(serve::Serve),
    /// Check the configuration and the journal; changes nothing
    Check(check::Check),
    /// Grade the checklist: what is declared, exercised, and current
    Preflight(preflight::Preflight),
    /// Show every system, its verdict and what needs attention: the page, on the terminal
    Status(status::Status),
    /// List the open cases of a system, the oldest first, with queue, age and deadline
    Cases(cases::Cases),
    /// Show the last rare events: violations, changes, rollbacks, drills, failed evaluations
    Events(events::Events),
    /// Say why on-call was paged, or was not: what is usual, what is now, since when, and where
    Explain(explain::Explain),
    /// Run the spike detector over recorded events: the pages it would have made, compared with those of a rule
    Backtest(backtest::Backtest),
    /// Prove the path to on-call: send a page marked TEST through the real rules, and record the drill
    PageTest(page_test::PageTest),
    /// Accept a rise of escalations that stays as usual, and so end its page
    Accept(accept::Accept),
    /// Send one event, from a script or a delivery pipeline
    Emit(emit::Emit),
    /// See day90 work: a daemon on a temporary directory and a simulated agent team
    Demo(demo::Demo),
    /// Send NDJSON as it comes: tail -F agent.log | jq -c … | day90 send -
    Send(send::SendLines),
    /// Send recorded events at their pace
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
        Command::Status(status) => status.run(),
        Command::Cases(cases) => cases.run(),
        Command::Events(events) => events.run(),
        Command::Explain(explain) => explain.run(),
        Command::Backtest(backtest) => backtest.run(),
        Command::PageTest(page_test) => page_test.run(),
        Command::Accept(accept) => accept.run(),
        Command::Emit(emit) => emit.run(),
        Command::Demo(demo) => demo.run(),
        Command::Send(send) => send.run(),
        Command::Replay(replay) => replay.run(),
        Command::Journal(journal) => journal.run(),
        Command::Schema(schema) => schema.run(),
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
