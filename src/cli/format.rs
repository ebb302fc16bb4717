//! How a command prints its answer.

use clap::ValueEnum;

/// `--format`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}
