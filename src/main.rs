//! Arguments → one command → exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use day90::cli::{self, Args};

fn main() -> ExitCode {
    match cli::run(Args::parse()) {
        Ok(code) => code,
        Err(failure) => {
            // Not `eprintln!`: it panics when standard error is a pipe without a reader.
            let _ = writeln!(std::io::stderr(), "day90: {failure}");
            failure.exit_code()
        }
    }
}
