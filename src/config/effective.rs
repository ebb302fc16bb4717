//! [`Config`]: a valid configuration, as the rest of day90 uses it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;

use super::budget::{self, Budget};
use super::file::File;
use super::file::auth::Auth;
use super::file::limits::Limits;
use super::file::mappings::Mapping;
use super::file::metrics::Metrics;
use super::file::server::Server;
use super::file::sources::Sources;
use super::key::{At, Listen, Served, Unserved};
use super::model::{Bounds, Model};
use super::problem::Problems;

/// A configuration without mistakes: checked once, when it is read, and relied on everywhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub server: Server,
    pub limits: Limits,
    pub metrics: Metrics,
    pub auth: Auth,
    pub sources: Sources,
    pub mappings: BTreeMap<String, Mapping>,
    /// The system of events that name none.
    pub default_system: Option<String>,
    /// What the fold needs; recorded in the journal.
    pub model: Arc<Model>,
    /// The file it came from, as given; empty without one.
    pub name: String,
    /// What is allowed but probably not meant.
    pub warnings: Problems,
    /// Where the file names files and addresses, for messages about them.
    pub places: BTreeMap<String, At>,
    /// What is set and not served, in the order of the file.
    pub unserved: Vec<Unserved>,
}

/// What flags and variables set over the file. Whoever parses the command line fills it in: nothing here reads the
/// process's variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    pub listen: Option<Listen>,
    pub metrics_listen: Option<Listen>,
    /// Relative to the working directory.
    pub data_dir: Option<PathBuf>,
    /// Listen beyond this host without TLS and authentication.
    pub insecure_listen: bool,
}

impl Config {
    /// The configuration that a file describes, under flags and variables. Nothing is checked here.
    pub fn of(file: File, overrides: &Overrides) -> Config {
        let File { server, limits, metrics, auth, sources, mappings, default_system, removed, systems } = file;
        let server = overrides.over(server);
        // The rules report it when it doesn't fit.
        let budget = budget::of(&limits, &server, systems.len()).unwrap_or_else(|misfit| misfit.parts);
        let bounds = bounds(&limits, &budget, metrics.answers);
        Config {
            server,
            limits,
            metrics: metrics.answers,
            auth,
            sources,
            mappings,
            default_system,
            model: Arc::new(Model {
                limits: bounds,
                systems,
                removed: removed.into_iter().collect(),
                buckets: metrics.buckets,
            }),
            name: String::new(),
            warnings: Problems::default(),
            places: BTreeMap::new(),
            unserved: Vec::new(),
        }
    }

    /// How `limits.memory` is divided. That it fits was checked.
    pub fn budget(&self) -> Budget {
        budget::of(&self.limits, &self.server, self.model.systems.len()).unwrap_or_else(|misfit| misfit.parts)
    }

    /// How another `limits.memory` would be divided; `None` when the other limits don't fit into it.
    pub fn with_memory(&self, memory: u64) -> Option<Budget> {
        budget::of(&Limits { memory, ..self.limits.clone() }, &self.server, self.model.systems.len()).ok()
    }

    /// What is configured and has no effect in this version: said at start, and by `day90 check`.
    pub fn not_served(&self) -> Vec<String> {
        let mut said = Vec::new();
        // Of many systems that set the same key, the first is named.
        let mut alike: BTreeMap<&str, usize> = BTreeMap::new();
        for Unserved { key, served, .. } in &self.unserved {
            match served {
                Served::NoInlet => {
                    said.push(format!("{key} is configured, but this version takes events over HTTP only"))
                }
                Served::NoEffect => match alike.entry(key.rsplit('.').next().unwrap_or(key)) {
                    Entry::Occupied(mut more) => *more.get_mut() += 1,
                    Entry::Vacant(first) => {
                        first.insert(0);
                        said.push(format!("{key} is set, and has no effect in this version"));
                    }
                },
                Served::Yes | Served::NoProtection(_) => {}
            }
        }
        let more = |(key, more): (&&str, &usize)| format!("{key} of {more} more systems has no effect either");
        said.extend(alike.iter().filter(|(_, more)| **more > 0).map(more));
        said
    }

    /// Why the daemon must not start with this configuration: security that was asked for and isn't there.
    pub fn refuses_to_start(&self) -> Option<String> {
        self.unserved.iter().find_map(|unserved| match unserved.served {
            Served::NoProtection(why) => Some(match unserved.value.as_str() {
                "" => format!("{} {why}", unserved.key),
                value => format!("{} ({value}) {why}", unserved.key),
            }),
            _ => None,
        })
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::of(File::default(), &Overrides::default())
    }
}

impl Overrides {
    fn over(&self, server: Server) -> Server {
        Server {
            listen: self.listen.clone().unwrap_or(server.listen),
            metrics_listen: self.metrics_listen.clone().or(server.metrics_listen),
            data_dir: self.data_dir.clone().unwrap_or(server.data_dir),
            insecure_listen: self.insecure_listen,
            ..server
        }
    }
}

/// The limits that change what is counted where.
fn bounds(limits: &Limits, budget: &Budget, metrics: Metrics) -> Bounds {
    Bounds {
        series: limits.series,
        values_per_label: limits.values_per_label,
        open_cases: limits.open_cases,
        dedupe_ids: limits.dedupe_ids,
        event_age: limits.event_age,
        arrival_grace: limits.arrival_grace,
        lifecycle_memory: limits.lifecycle_memory,
        resolution_memory: limits.resolution_memory,
        state_bytes: budget.state,
        exposition_bytes: budget.exposition(),
        created: metrics.created,
    }
}
