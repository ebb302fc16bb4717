//! What was written in `day90.yaml` → what is believed, with every mistake reported at once.
//!
//! A file goes through four steps, each of which collects mistakes and never stops at the first:
//!
//! * `node` reads YAML into a tree in which everything knows its line and column, inside hard bounds;
//! * `keys` is the table of every key, and [`form`] holds a tree against it: spelling, units, ranges;
//! * `build` makes the [`Config`] of it and applies the rules that no single key can break alone;
//! * `surroundings` looks at the files that the configuration names.
//!
//! From the same table come the JSON Schema (`schema`) and docs/configuration.md ([`docs`]).
//! [`model`] is the operating model that the fold needs: pure data, recorded in the journal.

pub mod auth;
pub mod model;
pub mod problem;
pub mod surroundings;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::event::time::DAY;
pub use model::Model;
pub use problem::{At, Problem, Problems, Severity};

/// The largest configuration file, in bytes: 10,000 systems with 20 actions each fit.
pub const FILE_BYTES_MAX: usize = 16 << 20;

/// A configuration without mistakes: checked once, here, and believed everywhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub server: Server,
    pub limits: Limits,
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

impl Default for Server {
    fn default() -> Server {
        Server {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9790),
            metrics_listen: None,
            data_dir: PathBuf::from("./day90-data"),
            web_config: None,
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
        Config {
            server: Server::default(),
            limits: Limits::default(),
            auth: Auth::default(),
            sources: Sources::default(),
            mappings: BTreeMap::new(),
            default_system: None,
            model: Arc::new(Model::default()),
            name: String::new(),
            warnings: Problems::default(),
            places: BTreeMap::new(),
        }
    }
}
