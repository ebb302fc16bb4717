//! What was written in `day90.yaml` → what is believed, with every mistake reported at once.
//!
//! A file goes through four steps, each of which collects mistakes and never stops at the first:
//!
//! * [`node`] reads YAML into a tree in which everything knows its line and column, inside hard bounds;
//! * [`keys`] is the table of every key, and [`form`] holds a tree against it: spelling, units, ranges;
//! * [`build`] makes the [`Config`] of it and applies the rules that no single key can break alone;
//! * [`surroundings`] looks at the files that the configuration names.
//!
//! From the same table come the JSON Schema ([`schema`]) and docs/configuration.md ([`docs`]).
//! [`budget`] divides `limits.memory`. [`model`] is the operating model that the fold needs: pure data, recorded in the journal.

pub mod auth;
pub mod budget;
pub mod build;
pub mod docs;
pub mod form;
pub mod keys;
pub mod mapping;
pub mod model;
pub mod node;
pub mod problem;
pub mod read;
pub mod rules;
pub mod schema;
pub mod settings;
pub mod surroundings;
pub mod units;
pub mod web;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::Timestamp;
use crate::event::time::DAY;
pub use budget::Budget;
pub use model::Model;
pub use problem::{At, Problem, Problems, Severity};
pub use surroundings::surroundings;

/// The largest configuration file, in bytes: 10,000 systems with 20 actions each fit.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// A configuration without mistakes: checked once, here, and believed everywhere else.
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
    /// Where the keys that name files and addresses stand, for messages about what they name.
    pub places: BTreeMap<String, At>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    pub listen: SocketAddr,
    /// `/metrics` and health alone, where Prometheus isn't on this host.
    pub metrics_listen: Option<SocketAddr>,
    pub data_dir: PathBuf,
    /// TLS, client certificates and basic auth, in the format of the Prometheus exporter-toolkit.
    pub web_config: Option<PathBuf>,
    /// Somebody accepted, by flag, that other hosts reach `listen` without TLS and authentication.
    pub insecure_listen: bool,
}

/// The bounds of everything that a sender can make grow. Bytes and nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub body_bytes: u64,
    pub decompressed_bytes: u64,
    pub decompression_ratio: u64,
    pub connections: usize,
    pub series: usize,
    pub values_per_label: usize,
    pub open_cases: usize,
    pub dedupe_ids: usize,
    pub lifecycle_memory: i64,
    pub journal_bytes: u64,
    pub memory: u64,
}

/// How `/metrics` answers, whatever the scraper asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metrics {
    pub gzip: bool,
    /// In protobuf.
    pub native_histograms: bool,
    /// In OpenMetrics, as series of their own.
    pub created: bool,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics { gzip: true, native_histograms: true, created: false }
    }
}

/// Bearer tokens. A role without one is open to whoever reaches the listener.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auth {
    pub ingest: Option<TokenFile>,
    pub scrape: Option<TokenFile>,
    pub admin: Option<TokenFile>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TokenFile {
    pub path: PathBuf,
}

/// The ways in beside HTTP.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    pub otlp: Option<Otlp>,
    pub unix: Option<Unix>,
    pub files: Vec<FollowedFile>,
    pub webhooks: BTreeMap<String, Webhook>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Otlp {
    pub grpc: Option<SocketAddr>,
    pub http: Option<SocketAddr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Unix {
    pub path: PathBuf,
    /// Permission bits of the socket.
    pub mode: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FollowedFile {
    /// A path in which `*`, `?` and `[…]` match, resolved like every other path of the file.
    pub path: PathBuf,
    /// `None`: the lines are day90's own events.
    pub mapping: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    pub mapping: String,
    pub secret_file: Option<PathBuf>,
    /// The header that carries the signature; set when there is a secret.
    pub signature: Option<String>,
}

/// A jq program: one input in, any number of events out. It compiles; that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub program: String,
    pub samples: Vec<PathBuf>,
}

/// What flags and variables say over the file. Whoever parses the command line fills it in: nothing here
/// reads the process's variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    pub listen: Option<SocketAddr>,
    pub metrics_listen: Option<SocketAddr>,
    pub data_dir: Option<PathBuf>,
    /// Listen beyond this host without TLS and authentication.
    pub insecure_listen: bool,
}

/// The configuration of this file (of none: the defaults) under flags and variables, or everything that is wrong
/// with it and with the files it names. Warnings come in [`Config::warnings`].
pub fn load(path: Option<&Path>, overrides: &Overrides, now: Timestamp) -> Result<Config, Problems> {
    match check(path, overrides, now) {
        (Some(config), warnings) => Ok(Config { warnings, ..config }),
        (None, problems) => Err(problems),
    }
}

/// As [`load`], with the warnings beside the errors: what `day90 check` reports.
pub fn check(path: Option<&Path>, overrides: &Overrides, now: Timestamp) -> (Option<Config>, Problems) {
    let (name, text) = match path.map(read_file).transpose() {
        Ok(file) => file.unwrap_or_default(),
        Err(problems) => return (None, problems),
    };
    let (config, mut problems) = check_text(&name, &text, overrides, now);
    let Some(mut config) = config else { return (None, problems) };
    let base_dir = path.and_then(Path::parent).unwrap_or(Path::new(""));
    config.resolve(base_dir, overrides);
    problems.append(surroundings(&config, Path::new("")));
    if problems.has_errors() { (None, problems) } else { (Some(config), problems) }
}

/// As [`check`], of a text that is at hand, without a look at any file. Paths stay as they were written.
pub fn check_text(name: &str, text: &str, overrides: &Overrides, now: Timestamp) -> (Option<Config>, Problems) {
    let mut problems = Problems::of(name);
    if text.len() > FILE_BYTES_MAX {
        let message = format!("{} bytes; a configuration has at most {FILE_BYTES_MAX}", text.len());
        problems.error(At::FILE, "", message);
        return (None, problems);
    }
    let root = node::parse(text, &mut problems);
    let mut reader = read::Reader::new(&mut problems, now);
    let written = reader.document(root.as_deref(), keys::ROOT);
    let places = std::mem::take(&mut reader.places);
    let config = Config { name: name.to_owned(), places, ..build::config(&written, overrides) };
    rules::check(&written, &config, overrides, &mut problems);
    problems.sort();
    if problems.has_errors() { (None, problems) } else { (Some(config), problems) }
}

fn read_file(path: &Path) -> Result<(String, String), Problems> {
    let name = path.display().to_string();
    let mut problems = Problems::of(&name);
    let bytes = surroundings::read_bounded(path, FILE_BYTES_MAX).map_err(|message| {
        problems.error(At::FILE, "", message);
        problems.clone()
    })?;
    String::from_utf8(bytes).map(|text| (name, text)).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        problems.error(At { line, column }, "", "not UTF-8; save the file as UTF-8");
        problems
    })
}

impl Config {
    /// What `limits.memory` is divided into. That it fits was checked.
    pub fn budget(&self) -> Budget {
        budget::of(&self.limits, &self.server, self.model.systems.len()).unwrap_or_else(|misfit| misfit.parts)
    }

    /// What is configured and has no effect in this version: said at start, and by `day90 check`.
    pub fn not_served(&self) -> Vec<String> {
        let Sources { otlp, unix, files, webhooks } = &self.sources;
        let configured = [
            ("sources.otlp", otlp.is_some()),
            ("sources.unix", unix.is_some()),
            ("sources.files", !files.is_empty()),
            ("sources.webhooks", !webhooks.is_empty()),
        ];
        let set = configured.iter().filter(|(_, set)| *set);
        set.map(|(key, _)| format!("{key} is configured, but this version takes events over HTTP only")).collect()
    }

    /// Why the daemon must not start with this configuration: security that was asked for and isn't there.
    pub fn refuses_to_start(&self) -> Option<String> {
        let path = self.server.web_config.as_ref()?;
        Some(format!(
            "server.web_config ({}) asks for TLS or basic auth, which this version doesn't serve: put a proxy that \
             does in front of 127.0.0.1, and leave the key out",
            path.display()
        ))
    }

    /// Paths of the file are relative to the file; those of flags and variables to the working directory.
    fn resolve(&mut self, base_dir: &Path, overrides: &Overrides) {
        let within = |path: &mut PathBuf| *path = base_dir.join(&path);
        if overrides.data_dir.is_none() && self.places.contains_key("server.data_dir") {
            within(&mut self.server.data_dir);
        }
        self.server.web_config.iter_mut().for_each(within);
        let Auth { ingest, scrape, admin } = &mut self.auth;
        for token in [ingest, scrape, admin].into_iter().flatten() {
            within(&mut token.path);
        }
        self.sources.unix.iter_mut().for_each(|unix| within(&mut unix.path));
        self.sources.files.iter_mut().for_each(|file| within(&mut file.path));
        self.sources.webhooks.values_mut().filter_map(|webhook| webhook.secret_file.as_mut()).for_each(within);
        self.mappings.values_mut().flat_map(|mapping| &mut mapping.samples).for_each(within);
    }
}

impl Default for Server {
    fn default() -> Server {
        Server {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9790),
            metrics_listen: None,
            data_dir: PathBuf::from("./day90-data"),
            web_config: None,
            insecure_listen: false,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 8 << 20,
            decompressed_bytes: 32 << 20,
            decompression_ratio: 100,
            connections: 512,
            series: 100_000,
            values_per_label: 200,
            open_cases: 1_000_000,
            dedupe_ids: 1_000_000,
            lifecycle_memory: DAY,
            journal_bytes: 1 << 30,
            memory: 256 << 20,
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        let (server, limits) = (Server::default(), Limits::default());
        let bounds = build::bounds(&limits, &budget::of(&limits, &server, 0).expect("a test holds the defaults to it"));
        Config {
            server,
            limits,
            metrics: Metrics::default(),
            auth: Auth::default(),
            sources: Sources::default(),
            mappings: BTreeMap::new(),
            default_system: None,
            model: Arc::new(Model { limits: bounds, ..Model::default() }),
            name: String::new(),
            warnings: Problems::default(),
            places: BTreeMap::new(),
        }
    }
}
