//! The web configuration file: TLS, client certificates and basic auth in the format of the Prometheus
//! exporter-toolkit, with its own keys, unchanged.
//!
//! It is a file of its own, read with the same care as `day90.yaml`. Hashes and private keys that stand in it
//! never get into a message.

use std::path::PathBuf;

use super::form::{Form, Key};
use super::problem::{At, Problems};
use super::read::Reader;
use super::settings::Settings;
use super::{FILE_BYTES_MAX, keys, node};
use crate::event::Timestamp;

/// What a web configuration file provides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebConfig {
    pub tls: bool,
    pub basic_auth: bool,
    /// Clients must show a certificate that is verified.
    pub client_certificates: bool,
    /// Files that it names, as written, with their key and place. They are relative to it.
    pub files: Vec<(String, At, PathBuf)>,
}

const fn key(name: &'static str, form: Form) -> Key {
    Key { name, form, required: false, default: "", help: "", example: "" }
}

const ROOT: &[Key] = &[
    key("tls_server_config", Form::Map(TLS)),
    key("http_server_config", Form::Map(HTTP)),
    key("basic_auth_users", Form::Table { names: &Form::Name, of: &Form::Bcrypt, max: keys::PEOPLE_MAX }),
    key("rate_limit", Form::Map(RATE_LIMIT)),
];

const NAMES: Form = Form::List { of: &Form::Text { bytes_max: 256 }, min: 0, max: 100 };
const VERSION: Form = Form::Word(&["TLS10", "TLS11", "TLS12", "TLS13"]);
const VERIFIED: &str = "RequireAndVerifyClientCert";
const TLS: &[Key] = &[
    key("cert_file", Form::File),
    key("key_file", Form::File),
    key("cert", Form::Pem),
    key("key", Form::Pem),
    key("client_ca_file", Form::File),
    key("client_ca", Form::Pem),
    key(
        "client_auth_type",
        Form::Word(&["NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven", VERIFIED]),
    ),
    key("client_allowed_sans", NAMES),
    key("min_version", VERSION),
    key("max_version", VERSION),
    key("cipher_suites", NAMES),
    key("prefer_server_cipher_suites", Form::Bool),
    key("curve_preferences", NAMES),
];
const HTTP: &[Key] = &[key("http2", Form::Bool), key("headers", Form::Map(HEADERS))];
const HEADER: Form = Form::Text { bytes_max: 4_096 };
const HEADERS: &[Key] = &[
    key("Content-Security-Policy", HEADER),
    key("X-Frame-Options", HEADER),
    key("X-Content-Type-Options", HEADER),
    key("X-XSS-Protection", HEADER),
    key("Strict-Transport-Security", HEADER),
];
const RATE_LIMIT: &[Key] = &[key("interval", Form::Duration), key("burst", Form::Count { min: 1, max: 1_000_000_000 })];

/// Reads a web configuration. Its problems carry `name` as their file.
pub fn check(name: &str, text: &str) -> (WebConfig, Problems) {
    debug_assert!(text.len() <= FILE_BYTES_MAX, "the reader bounds it");
    let mut problems = Problems::of(name);
    let root = node::parse(text, &mut problems);
    // It holds no dates, so the time doesn't matter.
    let mut reader = Reader::new(&mut problems, Timestamp::EPOCH);
    let written = reader.document(root.as_deref(), ROOT);
    let places = std::mem::take(&mut reader.places);
    rules(written.map("tls_server_config"), written.has("tls_server_config"), &mut problems);
    problems.sort();
    let tls = written.map("tls_server_config");
    let file = |(field, at): (String, At)| {
        let key = field.rsplit('.').next().unwrap_or(&field);
        tls.text(key).map(PathBuf::from).map(|path| (field, at, path))
    };
    let found = WebConfig {
        tls: written.has("tls_server_config"),
        basic_auth: !written.table("basic_auth_users").is_empty(),
        client_certificates: tls.text("client_auth_type") == Some(VERIFIED),
        files: places.into_iter().filter_map(file).collect(),
    };
    (found, problems)
}

fn rules(tls: &Settings, configured: bool, problems: &mut Problems) {
    if !configured {
        return;
    }
    for (file, inline) in [("cert_file", "cert"), ("key_file", "key")] {
        match (tls.has(file), tls.has(inline)) {
            (false, false) => {
                problems.error(tls.at, &tls.field(file), "is missing: TLS needs a certificate and its key")
            }
            (true, true) => {
                problems.error(tls.at(inline), &tls.field(inline), format!("stands beside {file}; keep one"))
            }
            _ => {}
        }
    }
    if tls.has("client_ca_file") && tls.has("client_ca") {
        problems.error(tls.at("client_ca"), &tls.field("client_ca"), "stands beside client_ca_file; keep one");
    }
    if tls.text("client_auth_type") == Some(VERIFIED) && !tls.has("client_ca_file") && !tls.has("client_ca") {
        let at = tls.at("client_auth_type");
        problems.error(at, &tls.field("client_auth_type"), "needs client_ca_file, to verify certificates with");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolkits_own_keys_are_read() {
        let text = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  client_ca_file: ca.crt\n  \
                    client_auth_type: RequireAndVerifyClientCert\n  min_version: TLS12\nhttp_server_config: {http2: true, \
                    headers: {X-Frame-Options: deny}}\nbasic_auth_users:\n  \
                    alice: $2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze\nrate_limit: {interval: 1s, burst: 20}\n";
        let (found, problems) = check("web.yml", text);
        assert_eq!(problems.to_string(), "");
        assert!(found.tls && found.basic_auth && found.client_certificates);
        let mut files: Vec<_> =
            found.files.iter().map(|(field, _, path)| (field.as_str(), path.to_str().unwrap())).collect();
        files.sort_unstable();
        assert_eq!(files[0], ("tls_server_config.cert_file", "server.crt"));
        assert_eq!(files.len(), 3);
    }

    #[test]
    fn mistakes_are_named_and_secrets_are_not() {
        let text = "tls_server_config: {cert_file: a.crt, min_version: TLS9}\nbasic_auth_user: {}\nbasic_auth_users: {bob: hunter2, eve: 4711}\n";
        let (_, problems) = check("web.yml", text);
        let report = problems.to_string();
        for part in [
            "web.yml:1:20: tls_server_config.key_file: is missing",
            "web.yml:1:52: tls_server_config.min_version: \"TLS9\" is not one of TLS10",
            "web.yml:2:1: basic_auth_user: unknown key; did you mean basic_auth_users?",
            "web.yml:3:25: basic_auth_users.bob: must be a bcrypt hash",
            "web.yml:3:39: basic_auth_users.eve: must be a bcrypt hash",
        ] {
            assert!(report.contains(part), "{part}\nin\n{report}");
        }
        assert!(!report.contains("hunter2") && !report.contains("4711"), "{report}");
    }
}
