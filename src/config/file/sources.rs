//! `sources`: the ways in other than HTTP, which is always there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::key::{Listen, Names, Served, form, keys};
use crate::event::Mode;

/// Mappings, samples of a mapping, followed files, webhooks.
pub const SOURCES_MAX: usize = 100;
/// How senders of webhooks sign, the default first.
const SCHEMES: &[&str] = &["github", "gitlab", "zendesk", "pagerduty", "slack", "standard", "bearer"];
/// A hand-over in a span is counted, and opens no case.
const COUNT: &str = "count";
/// What the name of a mapping begins with that day90 brings along.
pub const BUILTIN: &str = "builtin/";

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
        grpc: Option<Listen>, form::address(), "127.0.0.1:4317";
        /// Address of OTLP over HTTP. (The main listener serves it too.)
        http: Option<Listen>, form::address(), "127.0.0.1:4318";
        /// The mode of the tasks that spans are read as.
        mode: Mode = Mode::Decide, form::word(Mode::WORDS, Mode::from_word), "suggest",
            .absent_means("decide".to_owned());
        /// What a hand-over in a span becomes: a count, or an escalation that opens.
        handoff: String = COUNT.to_owned(), form::one_of(&[COUNT, "open"]), "open";
        /// Tools whose call is a hand-over to people.
        handoff_tools: Vec<String>, form::list(form::name(), 0, SOURCES_MAX), "[transfer_to_human]";
        /// The mapping that turns spans and logs into events, instead of the built-in reading.
        mapping: Option<String>, form::name(), "agent-spans";
    }
}

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Unix {
        /// The path of the socket.
        path: PathBuf, form::file(), "/run/day90/day90.sock", .required();
        /// Who may connect: four octal digits, in quotes.
        mode: u32 = 0o660, form::permissions(), "\"0660\"";
        /// Users of this host who may connect. Without it, whoever the mode lets in.
        users: Vec<String>, form::list(form::name(), 0, SOURCES_MAX), "[agent]";
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
        /// The mapping that turns a body into events: one of `mappings`, or one that day90 brings along, builtin/NAME.
        mapping: String, form::name(), "builtin/zendesk", .required();
        /// A file with the secret that the sender signs with, on one line, at least 16 bytes.
        secret_file: Option<PathBuf>, form::file(), "/run/secrets/helpdesk";
        /// How the sender proves that it knows the secret. Without it the body is signed as GitHub signs.
        scheme: Option<String>, form::one_of(SCHEMES), "github", .unless_set(|webhook| {
            webhook.scheme = webhook.secret_file.is_some().then(|| SCHEMES[0].to_owned());
        });
        /// A separate listener, with nothing but webhooks and health.
        listen: Option<Listen>, form::address(), "0.0.0.0:9792";
    }
}
