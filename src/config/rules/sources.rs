//! Sources: their mappings exist, their signatures can be checked, their sockets can be opened.

use super::super::file::sources::BUILTIN;
use super::super::key::written::shown;
use super::super::key::{Settings, WrittenValue};
use super::super::problem::{Problems, did_you_mean};

/// The path of a Unix socket on Linux, without the zero at its end.
const SOCKET_PATH_BYTES_MAX: usize = 107;

pub fn check(root: &Settings, problems: &mut Problems) {
    let sources = root.map("sources");
    mappings(root, sources, problems);
    for (_, _, webhook) in sources.table("webhooks") {
        let webhook = webhook.settings();
        if webhook.has("scheme") && !webhook.has("secret_file") {
            let (at, field) = (webhook.at("scheme"), webhook.field("scheme"));
            problems.error(at, &field, "needs a secret_file to check it with");
        }
    }
    let unix = sources.map("unix");
    if let Some(path) = unix.text("path").filter(|path| path.len() > SOCKET_PATH_BYTES_MAX) {
        let message = format!("has {} bytes; the path of a socket has at most {SOCKET_PATH_BYTES_MAX}", path.len());
        problems.error(unix.at("path"), &unix.field("path"), message);
    }
}

fn mappings(root: &Settings, sources: &Settings, problems: &mut Problems) {
    let mappings: Vec<&str> = root.table("mappings").iter().map(|(name, ..)| name.as_str()).collect();
    let mut used = Vec::new();
    let webhooks = sources.table("webhooks").iter().map(|(_, _, webhook)| webhook.settings());
    let files = sources.list("files").iter().map(WrittenValue::settings);
    for source in files.chain(webhooks).chain([sources.map("otlp")]) {
        let Some(mapping) = source.text("mapping") else { continue };
        if !mappings.contains(&mapping) && !mapping.starts_with(BUILTIN) {
            let hint = did_you_mean(mapping, mappings.iter().copied());
            let message = format!("no mapping is called {}{hint}", shown(mapping));
            problems.error(source.at("mapping"), &source.field("mapping"), message);
        }
        used.push(mapping);
    }
    for (name, at, _) in root.table("mappings").iter().filter(|(name, ..)| !used.contains(&name.as_str())) {
        problems.warn(*at, &format!("mappings.{name}"), "no source uses this mapping");
    }
}
