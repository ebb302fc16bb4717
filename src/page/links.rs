//! [`Links`]: where the page leads to: runbooks, and what `server.links` names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Server;
use crate::words::url_part;

/// What stands for the name of a system in `server.links`.
const SYSTEM: &str = "{system}";
/// Where day90 itself serves its runbooks, seen from the page.
const HERE: &str = "runbooks/";

/// The configured links.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The base of every link to a runbook, unless day90's own pages are meant.
    base: Option<String>,
    /// Links of each system, by their title.
    of_systems: BTreeMap<String, String>,
}

/// A link with its title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub title: String,
    pub url: String,
}

impl Links {
    pub fn of(server: &Server) -> Links {
        Links { base: server.runbooks.clone(), of_systems: server.links.clone() }
    }

    /// The address of a runbook, seen from the page.
    pub fn runbook(&self, name: &str) -> String {
        self.runbook_from(HERE, name)
    }

    /// The address of a runbook, seen from where day90's own have this base.
    pub(super) fn runbook_from(&self, here: &str, name: &str) -> String {
        format!("{}{name}", self.base.as_deref().unwrap_or(here))
    }

    /// The links of a system, in the order of their titles.
    pub fn of_system(&self, system: &str) -> Vec<Link> {
        let named = |url: &String| url.replace(SYSTEM, &url_part(system));
        self.of_systems.iter().map(|(title, url)| Link { title: title.clone(), url: named(url) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_system() {
        let links = [("dash".to_owned(), "https://g/d?a={system}&b={system}".to_owned())];
        let server = Server { links: links.into(), ..Server::default() };
        assert_eq!(Links::of(&server).of_system("a b")[0].url, "https://g/d?a=a%20b&b=a%20b");
        assert_eq!(Links::default().of_system("a"), []);
    }

    #[test]
    fn a_runbook_is_here_or_at_the_base() {
        assert_eq!(Links::default().runbook("X"), "runbooks/X");
        let server = Server { runbooks: Some("https://wiki/".to_owned()), ..Server::default() };
        assert_eq!(Links::of(&server).runbook("X"), "https://wiki/X");
    }
}
