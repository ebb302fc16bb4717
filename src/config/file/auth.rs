//! `auth`: who may act in each role.

use std::path::PathBuf;

use super::super::key::{Served, form, keys};
use super::super::model::bounds::PEOPLE_MAX;

keys! {
    /// A role without a token is open to whoever reaches the listener.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Auth {
        /// Sending events.
        ingest: Option<Access>, Access::keys();
        /// Reading /metrics.
        scrape: Option<Access>, Access::keys();
        /// Reading the status page and the API.
        view: Option<Access>, Access::keys(), .not_served(Served::NoProtection(
            "asks for a token at the status page and the API, which this version guards with auth.admin: set that one, \
             and leave the key out",
        ));
        /// Everything, and alone what changes something: every POST but events. In this version the status page and the API
        /// too.
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
