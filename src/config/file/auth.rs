//! `auth`: the files that hold the bearer token of each role.

use std::path::PathBuf;

use super::super::key::{Form, Map, form};

/// A role without a token is open to whoever reaches the listener.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auth {
    pub ingest: Option<TokenFile>,
    pub scrape: Option<TokenFile>,
    pub admin: Option<TokenFile>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenFile {
    pub path: PathBuf,
}

pub fn keys() -> Form<Auth> {
    let mut keys = Map::<Auth>::new();
    keys.section("ingest", token(), "Sending events.", |auth| &mut auth.ingest);
    keys.section("scrape", token(), "Reading /metrics, the status page and the API.", |auth| &mut auth.scrape);
    keys.section("admin", token(), "Reloading the configuration.", |auth| &mut auth.admin);
    keys.into_form()
}

fn token() -> Form<TokenFile> {
    let mut keys = Map::<TokenFile>::new();
    keys.key(
        "token_file",
        form::file(),
        "/run/secrets/token",
        "A file with the token on one line, at least 16 bytes of visible ASCII.",
        |token| &mut token.path,
    )
    .required();
    keys.into_form()
}
