//! `sources`: the ways in other than HTTP, which is always there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::super::key::{Form, Map, Names, Served, form};

/// Mappings, samples of a mapping, followed files, webhooks.
pub const SOURCES_MAX: usize = 100;
/// The header that signs a webhook when the file names none.
const SIGNATURE: &str = "x-hub-signature-256";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    pub otlp: Option<Otlp>,
    pub unix: Option<Unix>,
    pub files: Vec<FollowedFile>,
    pub webhooks: BTreeMap<String, Webhook>,
}

#[derive(Clone, Debug, Default, PartialEq)]
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

impl Default for Unix {
    fn default() -> Unix {
        Unix { path: PathBuf::new(), mode: 0o660 }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct FollowedFile {
    /// A path in which `*`, `?` and `[…]` match, resolved like every other path of the file.
    pub path: PathBuf,
    /// `None`: the lines are day90's own events.
    pub mapping: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Webhook {
    pub mapping: String,
    pub secret_file: Option<PathBuf>,
    /// The header that carries the signature; set when there is a secret.
    pub signature: Option<String>,
}

pub fn keys() -> Form<Sources> {
    let mut keys = Map::<Sources>::new();
    keys.section("otlp", otlp(), "OpenTelemetry logs and traces.", |sources| &mut sources.otlp)
        .not_served(Served::NoInlet);
    keys.section("unix", unix(), "HTTP over a Unix socket.", |sources| &mut sources.unix).not_served(Served::NoInlet);
    keys.section(
        "files",
        form::list(followed_file(), 0, SOURCES_MAX),
        "Log files that are followed, one JSON value a line.",
        |sources| &mut sources.files,
    )
    .not_served(Served::NoInlet);
    keys.section(
        "webhooks",
        form::table(Names::Slug, webhook(), SOURCES_MAX),
        "Webhooks of other products, by the last part of their path.",
        |sources| &mut sources.webhooks,
    )
    .not_served(Served::NoInlet);
    keys.into_form()
}

fn otlp() -> Form<Otlp> {
    let mut keys = Map::<Otlp>::new();
    keys.key("grpc", form::address(), "127.0.0.1:4317", "Address of OTLP over gRPC.", |otlp| &mut otlp.grpc);
    keys.key(
        "http",
        form::address(),
        "127.0.0.1:4318",
        "Address of OTLP over HTTP. (The main listener serves it too.)",
        |otlp| &mut otlp.http,
    );
    keys.into_form()
}

fn unix() -> Form<Unix> {
    let mut keys = Map::<Unix>::new();
    keys.key("path", form::file(), "/run/day90/day90.sock", "The path of the socket.", |unix| &mut unix.path)
        .required();
    keys.key("mode", form::permissions(), "\"0660\"", "Who may connect: four octal digits, in quotes.", |unix| {
        &mut unix.mode
    });
    keys.into_form()
}

fn followed_file() -> Form<FollowedFile> {
    let mut keys = Map::<FollowedFile>::new();
    keys.key("path", form::pattern(), "/var/log/agent/*.ndjson", "The files to follow; * and ? match.", |file| {
        &mut file.path
    })
    .required();
    keys.key(
        "mapping",
        form::name(),
        "agent-log",
        "The mapping that turns a line into events. Without one the lines are day90's own events.",
        |file| &mut file.mapping,
    );
    keys.into_form()
}

fn webhook() -> Form<Webhook> {
    let mut keys = Map::<Webhook>::new();
    keys.key("mapping", form::name(), "helpdesk", "The mapping that turns a body into events.", |webhook| {
        &mut webhook.mapping
    })
    .required();
    keys.key(
        "secret_file",
        form::file(),
        "/run/secrets/helpdesk",
        "A file with the secret that the sender signs with, on one line, at least 16 bytes.",
        |webhook| &mut webhook.secret_file,
    );
    keys.key(
        "signature",
        form::one_of(&[SIGNATURE]),
        SIGNATURE,
        "The header that carries the signature: HMAC-SHA256 of the body. It is x-hub-signature-256 when there is a secret.",
        |webhook| &mut webhook.signature,
    )
    .unless_set(|webhook| webhook.signature = webhook.secret_file.is_some().then(|| SIGNATURE.to_owned()));
    keys.into_form()
}
