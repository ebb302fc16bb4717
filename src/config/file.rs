//! [`File`]: the whole of `day90.yaml`, and the sections that it has.
//!
//! A file below this one holds one section: its fields, their defaults, and the keys that fill them. The sections of a
//! system are in [`super::model`], because the fold reads them. To add a key, add a field and its entry there.

pub mod auth;
pub mod limits;
pub mod mappings;
pub mod metrics;
pub mod server;
pub mod sources;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use self::auth::Auth;
use self::limits::Limits;
use self::mappings::Mapping;
use self::server::Server;
use self::sources::{SOURCES_MAX, Sources};
use super::key::{About, Form, Map, Names, Shape, form};
use super::model::system::{self, System};

/// Declared systems in one file.
pub const SYSTEMS_MAX: usize = 10_000;

/// What a file sets, before flags and variables.
#[derive(Debug, Default)]
pub struct File {
    pub server: Server,
    pub limits: Limits,
    pub metrics: metrics::Section,
    pub auth: Auth,
    pub sources: Sources,
    pub mappings: BTreeMap<String, Mapping>,
    pub default_system: Option<String>,
    pub systems: BTreeMap<String, System>,
}

/// Every key of the file.
pub static FORM: LazyLock<Form<File>> = LazyLock::new(declare);

/// The keys of the file, for whoever describes them.
pub fn keys() -> &'static [About] {
    match &FORM.shape {
        Shape::Map(keys) => keys,
        _ => &[],
    }
}

fn declare() -> Form<File> {
    let mut keys = Map::<File>::new();
    keys.section("server", server::keys(), "Where the daemon listens and keeps its data.", |file| &mut file.server);
    keys.section(
        "limits",
        limits::keys(),
        "The bounds of everything that a sender can make grow. Over a bound requests are refused; nothing is dropped \
         after it was acknowledged.",
        |file| &mut file.limits,
    );
    keys.section(
        "metrics",
        metrics::keys(),
        "How /metrics answers. The format itself is chosen by the scraper: see metrics.md.",
        |file| &mut file.metrics,
    );
    keys.section(
        "auth",
        auth::keys(),
        "Bearer tokens, each from a file. A role without one is open to whoever reaches the listener.",
        |file| &mut file.auth,
    );
    keys.section("sources", sources::keys(), "The ways in other than HTTP, which is always there.", |file| {
        &mut file.sources
    });
    keys.section(
        "mappings",
        form::table(Names::Any, mappings::keys(), SOURCES_MAX),
        "jq programs that turn any JSON into events: one input in, any number of events out.",
        |file| &mut file.mappings,
    );
    keys.key(
        "default_system",
        form::slug(),
        "refund-agent",
        "The system of events that name none. Without it such an event is rejected.",
        |file| &mut file.default_system,
    );
    keys.section(
        "systems",
        form::table(Names::Slug, system::keys(), SYSTEMS_MAX),
        "The operating model of each AI system, by the name that its events carry. A system that sends events and is not \
         declared is unowned.",
        |file| &mut file.systems,
    );
    keys.into_form()
}
