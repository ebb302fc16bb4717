//! The arguments of every command that talks to a daemon: where it is, and the token it asks for.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::send::{Sender, read_token};

#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// The daemon
    #[arg(long, value_name = "URL", env = "DAY90_URL", default_value = "http://127.0.0.1:9790")]
    url: String,
    /// A file with the bearer token, when the daemon asks for one
    #[arg(long, value_name = "FILE", env = "DAY90_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

impl Target {
    pub(crate) fn sender(&self) -> Result<Sender, Failure> {
        self.sender_with(self.token_file.as_deref())
    }

    /// With a token other than the one on the command line.
    pub(crate) fn sender_with(&self, token_file: Option<&Path>) -> Result<Sender, Failure> {
        let token = token_file.map(read_token).transpose()?;
        Sender::to(&self.url, token.as_deref())
    }
}
