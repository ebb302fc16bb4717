//! The files that a configuration names: are they there, and do they hold what they should?

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::node::push_key;
use super::problem::{At, Problems};
use super::{Config, FILE_BYTES_MAX, Webhook, auth, mapping, web};
use crate::event::{Context, Inlet, Timestamp, json};

/// The largest sample of a mapping.
const SAMPLE_BYTES_MAX: usize = 1 << 20;

/// Everything that is wrong with the files that a configuration names. Relative paths begin at `base_dir`.
pub fn surroundings(config: &Config, base_dir: &Path) -> Problems {
    let mut look = Look { config, base_dir, problems: Problems::of(&config.name) };
    look.web_config();
    look.problems.append(auth::read_all(config, base_dir).1);
    look.sources();
    look.mappings();
    look.problems
}

struct Look<'c> {
    config: &'c Config,
    base_dir: &'c Path,
    problems: Problems,
}

impl Look<'_> {
    fn web_config(&mut self) {
        let Some(path) = &self.config.server.web_config else { return };
        let path = self.base_dir.join(path);
        let text = read_bounded(&path, FILE_BYTES_MAX)
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", path.display())));
        let text = match text {
            Ok(text) => text,
            Err(message) => return self.error("server.web_config", message),
        };
        let name = path.display().to_string();
        let (found, mut problems) = web::check(&name, &text);
        let beside = path.parent().unwrap_or(Path::new(""));
        for (field, at, file) in &found.files {
            if let Err(message) = read_bounded(&beside.join(file), SAMPLE_BYTES_MAX) {
                problems.error(*at, field, message);
            }
        }
        self.problems.append(problems);
        self.exposure(&found);
    }

    /// A listener beyond this host needs TLS and, for everything that it serves, authentication.
    fn exposure(&mut self, web: &web::WebConfig) {
        let server = &self.config.server;
        if server.listen.ip().is_loopback() || server.insecure_listen {
            return;
        }
        let auth = &self.config.auth;
        let tokens = [("ingest", &auth.ingest), ("scrape", &auth.scrape), ("admin", &auth.admin)];
        let open: Vec<&str> = tokens.iter().filter(|(_, token)| token.is_none()).map(|(role, _)| *role).collect();
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
        let path = self.base_dir.join(path);
        let read = read_bounded(&path, auth::TOKEN_BYTES_MAX + 2);
        let parsed = read.and_then(|text| auth::Token::parse(&text).map_err(|why| format!("{} {why}", path.display())));
        if let Err(message) = parsed {
            self.error(field, message);
        }
    }

    /// It may come later, with the service that makes it.
    fn directory_of(&mut self, field: &str, path: &Path) {
        let path = self.base_dir.join(path);
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
            for (index, sample) in mapping.samples.iter().enumerate() {
                let path = self.base_dir.join(sample);
                let results = read_bounded(&path, SAMPLE_BYTES_MAX)
                    .and_then(|input| {
                        let run = mapping::try_sample(&mapping.program, input);
                        run.map_err(|why| format!("{}: the program {why}", path.display()))
                    })
                    .and_then(|results| {
                        events(&results, self.config).map_err(|why| format!("{}: {why}", path.display()))
                    });
                if let Err(message) = results {
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

/// Whether the results are events of the contract. A sample shows what a program is for, so it must give one.
fn events(results: &[String], config: &Config) -> Result<(), String> {
    if results.is_empty() {
        return Err("the program makes no event of this sample".into());
    }
    let context = Context {
        // Samples are old or new; none is in the future.
        received: Timestamp::from_nanos(i64::MAX),
        inlet: Inlet::File,
        default_system: config.default_system.as_deref(),
        rating_scale: &|system| config.model.rating_scale(system),
    };
    for (line, result) in (1..).zip(results) {
        json::parse(result, line, &context).map_err(|rejection| {
            format!("the program gives {result:.200}, which would be rejected: {}", rejection.error)
        })?;
    }
    Ok(())
}

/// The bytes of a file that may have at most `bytes_max`.
pub(super) fn read_bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(format!("{shown} is a directory; name a file"));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if bytes.len() > bytes_max {
        return Err(format!("{shown} is larger than {bytes_max} bytes"));
    }
    Ok(bytes)
}
