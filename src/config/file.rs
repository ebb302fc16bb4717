//! [`File`]: the whole of `day90.yaml`, and the sections that it has.
//!
//! A file below this one holds one section: its fields, their defaults, and the keys that fill them. The sections of a
//! system are in [`super::model`], because the fold reads them. To add a key, add a field and its entry there.

pub mod auth;
pub mod further;
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
use super::key::{About, Names, Shape, ValueForm, form, keys};
use super::model::System;

/// Declared systems in one file.
pub const SYSTEMS_MAX: usize = 10_000;

keys! {
    /// What a file sets, before flags and variables.
    #[derive(Debug)]
    pub struct File {
        /// Where the daemon listens and keeps its data.
        server: Server, Server::keys();
        /// The bounds of everything that a sender can make grow. Over a bound requests are refused; nothing is dropped
        /// after it was acknowledged.
        limits: Limits, Limits::keys();
        /// How /metrics answers. The format itself is chosen by the scraper: see metrics.md.
        metrics: metrics::MetricsSection, metrics::keys();
        /// Who may act in each role. A role without a token is open to whoever reaches the listener.
        auth: Auth, Auth::keys();
        /// The ways in other than HTTP, which is always there.
        sources: Sources, Sources::keys();
        /// jq programs that turn any JSON into events: one input in, any number of events out.
        mappings: BTreeMap<String, Mapping>, form::table(Names::Any, Mapping::keys(), SOURCES_MAX);
        /// The system of events that name none. Without it such an event is rejected.
        default_system: Option<String>, form::slug(), "refund-agent";
        /// Systems whose state shall be removed. (One that only vanishes from the file keeps its state.)
        removed: Vec<String>, form::list(form::slug(), 0, SYSTEMS_MAX), "[old-agent]";
        /// The operating model of each AI system, by the name that its events carry. A system that sends events and is
        /// not declared is unowned.
        systems: BTreeMap<String, System>, form::table(Names::Slug, System::keys(), SYSTEMS_MAX);
    }
}

/// Every key of the file.
pub static FORM: LazyLock<ValueForm<File>> = LazyLock::new(File::keys);

/// The keys of the file, for whoever describes them.
pub fn keys() -> &'static [About] {
    match &FORM.shape {
        Shape::Map(keys) => keys,
        _ => &[],
    }
}
