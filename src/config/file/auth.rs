//! `auth`: the files that hold the bearer token of each role.

use std::path::PathBuf;

use super::super::key::{form, keys};

keys! {
    /// A role without a token is open to whoever reaches the listener.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Auth {
        /// Sending events.
        ingest: Option<TokenFile>, TokenFile::keys();
        /// Reading /metrics, the status page and the API.
        scrape: Option<TokenFile>, TokenFile::keys();
        /// Reloading the configuration.
        admin: Option<TokenFile>, TokenFile::keys();
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct TokenFile {
        /// A file with the token on one line, at least 16 bytes of visible ASCII.
        path as "token_file": PathBuf, form::file(), "/run/secrets/token", .required();
    }
}
