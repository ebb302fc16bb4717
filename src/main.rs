//! Arguments → one command → exit code.

use std::process::ExitCode;

use clap::Parser;
use day90::cli::{self, Args};

fn main() -> ExitCode {
    match cli::run(Args::parse()) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("day90: {failure}");
            failure.exit_code()
        }
    }
}
