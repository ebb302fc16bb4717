//! Listeners: each address once, and none beyond this host without TLS and authentication.

use super::super::effective::{Config, Overrides};
use super::super::key::written::push_key;
use super::super::key::{At, Listen, Settings};
use super::super::problem::Problems;

pub fn check(root: &Settings, config: &Config, overrides: &Overrides, problems: &mut Problems) {
    let server = root.map("server");
    let mut taken: Vec<(String, &Listen)> = vec![("server.listen".to_owned(), &config.server.listen)];
    for (field, at, listen) in others(root, config) {
        if let Some((other, _)) = taken.iter().find(|(_, other)| other.takes_the_same(listen)) {
            problems.error(at, &field, format!("{listen} is already taken by {other}"));
        }
        taken.push((field, listen));
    }
    exposure(server, config, overrides, problems);
}

/// Every listener but the main one, with its field and place.
fn others<'c>(root: &Settings, config: &'c Config) -> Vec<(String, At, &'c Listen)> {
    let (server, otlp) = (root.map("server"), root.map("sources").map("otlp"));
    let declared = config.sources.otlp.as_ref();
    let named = [
        ("server.metrics_listen", server.at("metrics_listen"), config.server.metrics_listen.as_ref()),
        ("sources.otlp.grpc", otlp.at("grpc"), declared.and_then(|otlp| otlp.grpc.as_ref())),
        ("sources.otlp.http", otlp.at("http"), declared.and_then(|otlp| otlp.http.as_ref())),
    ];
    let named = named.into_iter().filter_map(|(field, at, listen)| Some((field.to_owned(), at, listen?)));
    // Webhooks may share a listener with one another: a path tells them apart.
    let mut shared: Vec<&Listen> = Vec::new();
    let mut all: Vec<_> = named.collect();
    for (name, _, webhook) in root.map("sources").table("webhooks") {
        let listen = config.sources.webhooks.get(name).and_then(|webhook| webhook.listen.as_ref());
        let Some(listen) = listen.filter(|listen| !shared.iter().any(|other| other.takes_the_same(listen))) else {
            continue;
        };
        shared.push(listen);
        let mut field = "sources.webhooks".to_owned();
        push_key(&mut field, name);
        all.push((format!("{field}.listen"), webhook.settings().at("listen"), listen));
    }
    all
}

fn exposure(server: &Settings, config: &Config, overrides: &Overrides, problems: &mut Problems) {
    let listen = &config.server.listen;
    if listen.is_loopback() || overrides.insecure_listen || config.server.web_config.is_some() {
        return;
    }
    let at = if overrides.listen.is_some() { At::FILE } else { server.at("listen") };
    let message = format!(
        "{listen} is reachable from other hosts without TLS and authentication: listen on 127.0.0.1, or accept it with \
         --insecure-listen (Prometheus on another host needs only server.metrics_listen)"
    );
    problems.error(at, "server.listen", message);
}
