//! Listeners: each address once, and none beyond this host without TLS and authentication.

use super::super::effective::{Config, Overrides};
use super::super::key::{At, Settings};
use super::super::problem::Problems;

pub fn check(root: &Settings, config: &Config, overrides: &Overrides, problems: &mut Problems) {
    let server = root.map("server");
    let (places, otlp) = (root.map("sources").map("otlp"), config.sources.otlp.as_ref());
    let mut taken = vec![("server.listen", config.server.listen)];
    let others = [
        ("server.metrics_listen", server.at("metrics_listen"), config.server.metrics_listen),
        ("sources.otlp.grpc", places.at("grpc"), otlp.and_then(|otlp| otlp.grpc)),
        ("sources.otlp.http", places.at("http"), otlp.and_then(|otlp| otlp.http)),
    ];
    for (field, at, address) in others {
        let Some(address) = address else { continue };
        // Port 0 asks the system for a free one.
        if let Some((other, _)) = taken.iter().find(|(_, other)| *other == address && address.port() != 0) {
            problems.error(at, field, format!("{address} is already taken by {other}"));
        }
        taken.push((field, address));
    }
    exposure(server, config, overrides, problems);
}

fn exposure(server: &Settings, config: &Config, overrides: &Overrides, problems: &mut Problems) {
    let listen = config.server.listen;
    if listen.ip().is_loopback() || overrides.insecure_listen || config.server.web_config.is_some() {
        return;
    }
    let at = if overrides.listen.is_some() { At::FILE } else { server.at("listen") };
    let message = format!(
        "{listen} is reachable from other hosts without TLS and authentication: set server.web_config, listen on \
         127.0.0.1, or accept it with --insecure-listen (Prometheus on another host needs only server.metrics_listen)"
    );
    problems.error(at, "server.listen", message);
}
