//! The web configuration file: TLS, client certificates and basic auth in the format of the Prometheus
//! exporter-toolkit, with its own keys, unchanged.
//!
//! It is a separate file, read with the same care as `day90.yaml`. Its hashes and private keys never get into a message.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::key::{At, Map, Names, Settings, ValueForm, form};
use super::model::bounds::PEOPLE_MAX;
use super::node;
use super::problem::Problems;
use super::read::Reader;
use super::text_file::FILE_BYTES_MAX;

/// What a web configuration file provides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebConfig {
    pub tls: bool,
    pub basic_auth: bool,
    /// Clients must show a certificate that is verified.
    pub client_certificates: bool,
    /// Files that it names, with their key and place.
    pub files: Vec<(String, At, PathBuf)>,
}

/// The file as it was read.
#[derive(Debug, Default)]
struct File {
    tls: Option<Tls>,
    /// Hashes of passwords, by user.
    users: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Tls {
    cert_file: Option<PathBuf>,
    key_file: Option<PathBuf>,
    cert: Option<String>,
    key: Option<String>,
    client_ca_file: Option<PathBuf>,
    client_ca: Option<String>,
    client_auth_type: Option<String>,
}

const VERIFIED: &str = "RequireAndVerifyClientCert";
const AUTH_TYPES: &[&str] =
    &["NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven", VERIFIED];
const VERSIONS: &[&str] = &["TLS10", "TLS11", "TLS12", "TLS13"];
const HEADERS: &[&str] = &[
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "X-XSS-Protection",
    "Strict-Transport-Security",
];

static FORM: LazyLock<ValueForm<File>> = LazyLock::new(|| {
    let mut keys = Map::<File>::new();
    keys.key("tls_server_config", tls(), "", "", |file| &mut file.tls);
    keys.accept("http_server_config", http());
    keys.key("basic_auth_users", form::table(Names::Any, form::bcrypt(), PEOPLE_MAX), "", "", |file| &mut file.users);
    keys.accept("rate_limit", rate_limit());
    keys.into_form()
});

fn tls() -> ValueForm<Tls> {
    let names = || form::list(form::text(256), 0, 100);
    let mut keys = Map::<Tls>::new();
    keys.key("cert_file", form::file(), "", "", |tls| &mut tls.cert_file);
    keys.key("key_file", form::file(), "", "", |tls| &mut tls.key_file);
    keys.key("cert", form::pem(), "", "", |tls| &mut tls.cert);
    keys.key("key", form::pem(), "", "", |tls| &mut tls.key);
    keys.key("client_ca_file", form::file(), "", "", |tls| &mut tls.client_ca_file);
    keys.key("client_ca", form::pem(), "", "", |tls| &mut tls.client_ca);
    keys.key("client_auth_type", form::one_of(AUTH_TYPES), "", "", |tls| &mut tls.client_auth_type);
    keys.accept("client_allowed_sans", names());
    keys.accept("min_version", form::one_of(VERSIONS));
    keys.accept("max_version", form::one_of(VERSIONS));
    keys.accept("cipher_suites", names());
    keys.accept("prefer_server_cipher_suites", form::boolean());
    keys.accept("curve_preferences", names());
    keys.into_form()
}

fn http() -> ValueForm<()> {
    let mut headers = Map::<()>::new();
    HEADERS.iter().for_each(|&name| headers.accept(name, form::text(4_096)));
    let mut keys = Map::<()>::new();
    keys.accept("http2", form::boolean());
    keys.accept("headers", headers.into_form());
    keys.into_form()
}

fn rate_limit() -> ValueForm<()> {
    let mut keys = Map::<()>::new();
    keys.accept("interval", form::duration());
    keys.accept("burst", form::count::<u64>(1_000_000_000));
    keys.into_form()
}

/// Reads a web configuration. Its problems carry `name` as their file; its relative paths begin at `base_dir`.
pub fn check(base_dir: &Path, name: &str, text: &str) -> (WebConfig, Problems) {
    debug_assert!(text.len() <= FILE_BYTES_MAX, "the reader bounds it");
    let mut problems = Problems::of(name);
    let root = node::parse(text, &mut problems);
    let mut reader = Reader::new(&mut problems, base_dir);
    let (written, file) = reader.document(root.as_deref(), &FORM);
    let places = std::mem::take(&mut reader.places);
    if let Some(tls) = &file.tls {
        rules(tls, written.map("tls_server_config"), &mut problems);
    }
    problems.sort();
    (provided(&file, &places), problems)
}

fn provided(file: &File, places: &BTreeMap<String, At>) -> WebConfig {
    let tls = file.tls.as_ref();
    let named = |key: &str, path: fn(&Tls) -> &Option<PathBuf>| {
        let field = format!("tls_server_config.{key}");
        let at = places.get(&field).copied().unwrap_or(At::FILE);
        tls.and_then(|tls| path(tls).clone()).map(|path| (field, at, path))
    };
    let files = [
        named("cert_file", |tls| &tls.cert_file),
        named("client_ca_file", |tls| &tls.client_ca_file),
        named("key_file", |tls| &tls.key_file),
    ];
    WebConfig {
        tls: tls.is_some(),
        basic_auth: !file.users.is_empty(),
        client_certificates: tls.is_some_and(|tls| tls.client_auth_type.as_deref() == Some(VERIFIED)),
        files: files.into_iter().flatten().collect(),
    }
}

fn rules(tls: &Tls, written: &Settings, problems: &mut Problems) {
    let pairs = [
        ("cert_file", tls.cert_file.is_some(), "cert", tls.cert.is_some()),
        ("key_file", tls.key_file.is_some(), "key", tls.key.is_some()),
    ];
    for (file, has_file, inline, has_inline) in pairs {
        match (has_file, has_inline) {
            (false, false) => {
                let message = "is missing: TLS needs a certificate and its key";
                problems.error(written.at, &written.field(file), message);
            }
            (true, true) => twice(written, inline, file, problems),
            _ => {}
        }
    }
    let has_ca = (tls.client_ca_file.is_some(), tls.client_ca.is_some());
    if has_ca == (true, true) {
        twice(written, "client_ca", "client_ca_file", problems);
    }
    if tls.client_auth_type.as_deref() == Some(VERIFIED) && has_ca == (false, false) {
        let (at, field) = (written.at("client_auth_type"), written.field("client_auth_type"));
        problems.error(at, &field, "needs client_ca_file, to verify certificates with");
    }
}

fn twice(written: &Settings, inline: &str, file: &str, problems: &mut Problems) {
    problems.error(written.at(inline), &written.field(inline), format!("is set as well as {file}; keep one"));
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
        let (found, problems) = check(Path::new(""), "web.yml", text);
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
        let (_, problems) = check(Path::new(""), "web.yml", text);
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
