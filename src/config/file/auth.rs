//! `auth`: who may act in each role.

use std::path::PathBuf;

use super::super::key::{form, keys};
use super::super::model::bounds::PEOPLE_MAX;

keys! {
    /// On loopback a role without a token is open. Beyond it, it is closed, but for `metrics_listen`, and for --insecure-listen without
    /// any `auth`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Auth {
        /// Sending events.
        ingest: Option<Access>, Access::keys();
        /// Reading /metrics.
        scrape: Option<Access>, Access::keys();
        /// Reading the status page, the runbooks and the API: every GET but /metrics.
        view: Option<Access>, Access::keys();
        /// Everything, and alone what changes something: every POST but events. Its token opens the other roles too.
        admin: Option<Access>, Access::keys();
    }
}

keys! {
    /// Who may act in a role: whoever has the token, and these users. One of the two is there; that was checked.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Access {
        /// A file with the token on one line, at least 16 bytes of visible ASCII.
        token_file: Option<PathBuf>, form::file(), "/run/secrets/token";
        /// Users of server.web_config who may act in the role: by name, or by the common name of their certificate.
        users: Vec<String>, form::list(form::name(), 0, PEOPLE_MAX), "[alice]";
    }
}
