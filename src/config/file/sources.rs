//! `sources`: the ways in other than HTTP, which is always there.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::super::key::{Names, Served, form, keys};

/// Mappings, samples of a mapping, followed files, webhooks.
pub const SOURCES_MAX: usize = 100;
/// The header that signs a webhook when the file names none.
const SIGNATURE: &str = "x-hub-signature-256";

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Sources {
        /// OpenTelemetry logs and traces.
        otlp: Option<Otlp>, Otlp::keys(), .not_served(Served::NoInlet);
        /// HTTP over a Unix socket.
        unix: Option<Unix>, Unix::keys(), .not_served(Served::NoInlet);
        /// Log files that are followed, one JSON value a line.
        files: Vec<FollowedFile>, form::list(FollowedFile::keys(), 0, SOURCES_MAX), .not_served(Served::NoInlet);
        /// Webhooks of other products, by the last part of their path.
        webhooks: BTreeMap<String, Webhook>, form::table(Names::Slug, Webhook::keys(), SOURCES_MAX),
            .not_served(Served::NoInlet);
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Otlp {
        /// Address of OTLP over gRPC.
        grpc: Option<SocketAddr>, form::address(), "127.0.0.1:4317";
        /// Address of OTLP over HTTP. (The main listener serves it too.)
        http: Option<SocketAddr>, form::address(), "127.0.0.1:4318";
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Unix {
        /// The path of the socket.
        path: PathBuf, form::file(), "/run/day90/day90.sock", .required();
        /// Who may connect: four octal digits, in quotes.
        mode: u32 = 0o660, form::permissions(), "\"0660\"";
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct FollowedFile {
        /// The files to follow; * and ? match.
        path: PathBuf, form::pattern(), "/var/log/agent/*.ndjson", .required();
        /// The mapping that turns a line into events. Without one the lines are day90's own events.
        mapping: Option<String>, form::name(), "agent-log";
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Webhook {
        /// The mapping that turns a body into events.
        mapping: String, form::name(), "helpdesk", .required();
        /// A file with the secret that the sender signs with, on one line, at least 16 bytes.
        secret_file: Option<PathBuf>, form::file(), "/run/secrets/helpdesk";
        /// The header that carries the signature: HMAC-SHA256 of the body. It is x-hub-signature-256 when there is a secret.
        signature: Option<String>, form::one_of(&[SIGNATURE]), "x-hub-signature-256", .unless_set(|webhook| {
            webhook.signature = webhook.secret_file.is_some().then(|| SIGNATURE.to_owned());
        });
    }
}
