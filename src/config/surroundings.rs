//! The files that a configuration names: are they there, and do they hold what they should?

use std::path::Path;

use super::auth;
use super::effective::Config;
use super::file::mappings::Mapping;
use super::file::sources::Webhook;
use super::key::At;
use super::key::written::push_key;
use super::mapping;
use super::problem::Problems;
use super::text_file::{FILE_BYTES_MAX, read_bounded};
use super::web;
use crate::event::{Context, Inlet, Timestamp, json};

/// The largest sample of a mapping.
const SAMPLE_BYTES_MAX: usize = 1 << 20;

/// Everything that is wrong with the files that a configuration names.
pub fn check(config: &Config) -> Problems {
    let mut check = Check { config, problems: Problems::of(&config.name) };
    check.web_config();
    check.problems.append(auth::read_all(config).1);
    check.sources();
    check.mappings();
    check.problems
}

struct Check<'c> {
    config: &'c Config,
    problems: Problems,
}

impl Check<'_> {
    fn web_config(&mut self) {
        let Some(path) = &self.config.server.web_config else { return };
        let text = read_bounded(path, FILE_BYTES_MAX)
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", path.display())));
        let text = match text {
            Ok(text) => text,
            Err(message) => return self.error("server.web_config", message),
        };
        let name = path.display().to_string();
        let (found, mut problems) = web::check(path.parent().unwrap_or(Path::new("")), &name, &text);
        for (field, at, file) in &found.files {
            if let Err(message) = read_bounded(file, SAMPLE_BYTES_MAX) {
                problems.error(*at, field, message);
            }
        }
        self.problems.append(problems);
        self.exposure(&found);
    }

    /// A listener beyond this host needs TLS and, for everything that it serves, authentication.
    fn exposure(&mut self, web: &web::WebConfig) {
        let server = &self.config.server;
        if server.listen.is_loopback() || server.insecure_listen {
            return;
        }
        let auth = &self.config.auth;
        let open = auth::Role::ALL.into_iter().filter(|role| role.access(auth).is_none());
        let open: Vec<&str> = open.map(auth::Role::key).collect();
        let authenticated = open.is_empty() || web.basic_auth || web.client_certificates;
        let missing = match (web.tls, authenticated) {
            (true, true) => return,
            (false, _) => "TLS (tls_server_config in server.web_config)".to_owned(),
            (true, false) => format!("authentication (a token in auth for {}, or basic_auth_users)", open.join(", ")),
        };
        let message = format!(
            "{} is reachable from other hosts without {missing}; add it, or accept that with --insecure-listen",
            server.listen
        );
        self.error("server.listen", message);
    }

    fn sources(&mut self) {
        for (name, webhook) in &self.config.sources.webhooks {
            let mut field = "sources.webhooks".to_owned();
            push_key(&mut field, name);
            self.secret(&format!("{field}.secret_file"), webhook);
        }
        if let Some(unix) = &self.config.sources.unix {
            self.directory_of("sources.unix.path", &unix.path);
        }
        for (index, file) in self.config.sources.files.iter().enumerate() {
            self.directory_of(&format!("sources.files[{index}].path"), &file.path);
        }
    }

    fn secret(&mut self, field: &str, webhook: &Webhook) {
        let Some(path) = &webhook.secret_file else { return };
        let read = read_bounded(path, auth::TOKEN_BYTES_MAX + 2);
        let parsed = read.and_then(|text| auth::Token::parse(&text).map_err(|why| format!("{} {why}", path.display())));
        if let Err(message) = parsed {
            self.error(field, message);
        }
    }

    /// It may come later, with the service that makes it.
    fn directory_of(&mut self, field: &str, path: &Path) {
        let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) else { return };
        let pattern = directory.to_string_lossy().contains(['*', '?', '[']);
        if !pattern && !directory.is_dir() {
            let message = format!("the directory {} doesn't exist yet", directory.display());
            self.problems.warn(self.at(field), field, message);
        }
    }

    fn mappings(&mut self) {
        for (name, mapping) in &self.config.mappings {
            let mut field = "mappings".to_owned();
            push_key(&mut field, name);
            for (index, path) in mapping.samples.iter().enumerate() {
                if let Err(message) = sample(path, mapping, self.config) {
                    self.error(&format!("{field}.samples[{index}]"), message);
                }
            }
        }
    }

    fn error(&mut self, field: &str, message: String) {
        self.problems.error(self.at(field), field, message);
    }

    fn at(&self, field: &str) -> At {
        self.config.places.get(field).copied().unwrap_or(At::FILE)
    }
}

/// Runs the program of a mapping on a sample.
fn sample(path: &Path, mapping: &Mapping, config: &Config) -> Result<(), String> {
    let input = read_bounded(path, SAMPLE_BYTES_MAX)?;
    let shown = path.display();
    let results = mapping::try_sample(&mapping.program, input).map_err(|why| format!("{shown}: the program {why}"))?;
    events(&results, config).map_err(|why| format!("{shown}: {why}"))
}

/// Whether the results are events of the contract. A sample shows what a program is for, so it must give one.
fn events(results: &[String], config: &Config) -> Result<(), String> {
    if results.is_empty() {
        return Err("the program makes no event of this sample".into());
    }
    let context = Context {
        // A sample may be of any time, so none is in the future or too old.
        received: Timestamp::from_nanos(i64::MAX),
        inlet: Inlet::File,
        default_system: config.default_system.as_deref(),
        rating_scale: &|system| config.model.rating_scale(system),
        event_age: i64::MAX,
        notes: None,
    };
    for (line, result) in (1..).zip(results) {
        json::parse(result, line, &context).map_err(|rejection| {
            format!("the program gives {result:.200}, which would be rejected: {}", rejection.error)
        })?;
    }
    Ok(())
}
