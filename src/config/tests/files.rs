//! The files around a configuration: whether they are there and hold what they should.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// A directory that is removed when the test ends.
struct Dir(PathBuf);

impl Dir {
    fn with(files: &[(&str, &str)]) -> Dir {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("day90-config-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let dir = Dir(std::env::temp_dir().join(name));
        for (name, text) in files {
            let path = dir.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }
    /// The report about day90.yaml in it, with the directory left out.
    fn report(&self) -> String {
        let (_, problems) = super::super::check(Some(&self.0.join("day90.yaml")), &Overrides::default(), &given());
        problems.to_string().replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

const TOKEN: &str = "0123456789abcdef\n";

#[test]
fn a_file_that_is_not_there_is_the_problem() {
    assert!(Dir::with(&[("other", "")]).report().starts_with("day90.yaml: day90.yaml cannot be read: No such file"));
}

#[test]
fn a_file_that_is_not_utf8_says_where() {
    let dir = Dir::with(&[("day90.yaml", "")]);
    fs::write(dir.0.join("day90.yaml"), b"server:\n  data_dir: \"caf\xe9\"\n").unwrap();
    assert_eq!(dir.report(), "day90.yaml:2:17: not UTF-8; save the file as UTF-8");
}

#[test]
fn paths_are_relative_to_the_file() {
    let dir = Dir::with(&[
        ("day90.yaml", "server: {data_dir: data}\nauth: {ingest: {token_file: secrets/ingest}}\n"),
        ("secrets/ingest", TOKEN),
    ]);
    let config = load(Some(&dir.0.join("day90.yaml")), &Overrides::default(), &given()).expect("no mistakes");
    assert_eq!(config.server.data_dir, dir.0.join("data"));
    let tokens = auth::Tokens::load(&config).expect("readable");
    assert!(tokens.guard(auth::Role::Ingest) && !tokens.guard(auth::Role::Scrape));
    assert!(tokens.open(auth::Role::Ingest, b"0123456789abcdef"));
}

#[test]
fn a_data_directory_from_a_flag_is_relative_to_the_working_directory() {
    let dir = Dir::with(&[("day90.yaml", "server: {data_dir: data}\n")]);
    let overrides = Overrides { data_dir: Some("flagged".into()), ..Overrides::default() };
    let config = load(Some(&dir.0.join("day90.yaml")), &overrides, &given()).expect("no mistakes");
    assert_eq!(config.server.data_dir, PathBuf::from("flagged"));
    let config = Dir::with(&[("day90.yaml", "limits: {connections: 5}\n")]);
    let config = load(Some(&config.0.join("day90.yaml")), &Overrides::default(), &given()).expect("no mistakes");
    assert_eq!(config.server.data_dir, PathBuf::from("./day90-data"), "the default, too");
}

#[test]
fn tokens_and_secrets_must_be_readable_and_long_enough() {
    let dir = Dir::with(&[
        (
            "day90.yaml",
            "auth:\n  ingest: {token_file: missing}\n  scrape: {token_file: short}\n  admin: {token_file: two}\nmappings: {m: {program: .}}\nsources: {webhooks: {h: {mapping: m, secret_file: short}}}\n",
        ),
        ("short", "abc\n"),
        ("two", "0123456789abcdef\n0123456789abcdef\n"),
    ]);
    let report = dir.report();
    for part in [
        "day90.yaml:2:24: auth.ingest.token_file: missing cannot be read",
        "day90.yaml:3:24: auth.scrape.token_file: short holds 3 bytes; a token has at least 16",
        "day90.yaml:4:23: auth.admin.token_file: two has more than one line",
        "day90.yaml:6:51: sources.webhooks.h.secret_file: short holds 3 bytes",
    ] {
        assert!(report.contains(part), "{part}\nin\n{report}");
    }
}

#[test]
fn a_web_configuration_is_read_and_its_files_looked_for() {
    let dir = Dir::with(&[
        ("day90.yaml", "server: {web_config: web/web.yml}\n"),
        ("web/web.yml", "tls_server_config: {cert_file: server.crt, key_file: server.key, min_vers: TLS12}\n"),
        ("web/server.crt", "-----BEGIN CERTIFICATE-----\n"),
    ]);
    let report = dir.report();
    assert!(report.contains("web/web.yml:1:54: tls_server_config.key_file: web/server.key cannot be read"), "{report}");
    assert!(report.contains("web/web.yml:1:66: tls_server_config.min_vers: unknown key"), "{report}");
    assert!(!report.contains("server.crt cannot"), "its path begins at the file that names it: {report}");
}

#[test]
fn a_web_configuration_without_tls_or_authentication_opens_no_listener() {
    let open = |web: &str, auth: &str| {
        let yaml = format!("server: {{listen: 0.0.0.0:9790, web_config: web.yml}}\n{auth}");
        Dir::with(&[("day90.yaml", &yaml), ("web.yml", web), ("t", TOKEN), ("c", "x"), ("k", "x")]).report()
    };
    let tls = "tls_server_config: {cert_file: c, key_file: k}\n";
    assert!(open("rate_limit: {burst: 1}\n", "").contains("without TLS (tls_server_config"));
    assert!(open(tls, "").contains("without authentication (a token in auth for ingest, scrape, view, admin"));
    assert!(open(tls, "auth: {ingest: {token_file: t}}\n").contains("for scrape, view, admin,"));
    let all =
        "auth: {ingest: {token_file: t}, scrape: {token_file: t}, view: {token_file: t}, admin: {token_file: t}}\n";
    assert_eq!(open(tls, all), "");
}

#[test]
fn samples_are_run_through_their_programs() {
    let program = r#"select(.msg == "handoff") | {type: .kind, case: .conversation}"#;
    let yaml = format!(
        "default_system: a\nmappings:\n  log:\n    program: '{program}'\n    samples: [good.json, silent.json, odd.json, broken.json, none.json]\nsources: {{files: [{{path: '*.log', mapping: log}}]}}\n"
    );
    let dir = Dir::with(&[
        ("day90.yaml", &yaml),
        ("good.json", r#"{"msg":"handoff","kind":"escalation.opened","conversation":"c-1"}"#),
        ("silent.json", r#"{"msg":"other"}"#),
        ("odd.json", r#"{"msg":"handoff","kind":"escalation.begun"}"#),
        ("broken.json", "{"),
    ]);
    let report = dir.report();
    for part in [
        "day90.yaml:5:26: mappings.log.samples[1]: silent.json: the program makes no event of this sample",
        "day90.yaml:5:39: mappings.log.samples[2]: odd.json: the program gives {\"type\":\"escalation.begun\"",
        "day90.yaml:5:49: mappings.log.samples[3]: broken.json: the program is not JSON",
        "day90.yaml:5:62: mappings.log.samples[4]: none.json cannot be read",
    ] {
        assert!(report.contains(part), "{part}\nin\n{report}");
    }
    assert!(!report.contains("good.json"), "{report}");
}

#[test]
fn a_directory_that_does_not_exist_yet_is_a_warning() {
    let dir =
        Dir::with(&[("day90.yaml", "sources:\n  unix: {path: run/day90.sock}\n  files: [{path: logs/*.ndjson}]\n")]);
    let config = load(Some(&dir.0.join("day90.yaml")), &Overrides::default(), &given()).expect("no errors");
    let warnings: Vec<&str> = config.warnings.iter().map(|warning| warning.field.as_str()).collect();
    assert_eq!(warnings, ["sources.unix.path", "sources.files[0].path"]);
}

#[test]
fn systems_may_be_in_files_of_conf_d() {
    let dir = Dir::with(&[
        ("day90.yaml", "default_system: b\nsystems: {a: {}}\n"),
        ("conf.d/b.yaml", "owner: {name: team-b, contact: '#b'}\nformerly: [b-old]\n"),
        ("conf.d/others.yaml", "systems:\n  c: {}\n  d: {timezone: Europe/Berlin}\n"),
        ("conf.d/.hidden.yaml", "broken: ["),
        ("conf.d/README.md", "no configuration"),
        ("conf.d/empty.yaml", "# nothing yet\n"),
    ]);
    let config = load(Some(&dir.0.join("day90.yaml")), &Overrides::default(), &given()).expect("no mistakes");
    assert_eq!(config.model.systems.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(config.model.systems["b"].owner.as_ref().map(|owner| owner.name.as_str()), Some("team-b"));
    assert_eq!(config.warnings.to_string(), "");
}

#[test]
fn mistakes_in_conf_d_name_their_file_and_line() {
    let dir = Dir::with(&[
        ("day90.yaml", "removed: [e]\nsystems:\n  a: {formerly: [x]}\n"),
        ("conf.d/a.yaml", "timezone: Europe/Berln\n"),
        ("conf.d/b.yaml", "systems: {b: {formerly: [x, a, e]}}\nserver: {}\n"),
        ("conf.d/c.yaml", "sytems: {c: {}}\n"),
        ("conf.d/d.yaml", "\nowner: {name: ops}\n"),
        ("conf.d/e.yaml", "trust: {appeals_within: 14d business}\n"),
        ("conf.d/f.yml", "owner: {name: ops}\n"),
        ("conf.d/G.yaml", "timezone: UTC\n"),
        ("conf.d/h.yaml", "- a\n"),
    ]);
    let report = dir.report();
    let expected = [
        "day90.yaml:1:11: removed[0]: \"e\" is declared under systems in conf.d/e.yaml:1; take it out of one of the two",
        "conf.d/G.yaml:1:1: systems.G: the name \"G\" is not allowed here; use 1 to 64 of a-z",
        "conf.d/a.yaml:1:1: systems.a: is declared in day90.yaml:3 already; one system is in one file",
        "conf.d/a.yaml:1:11: systems.a.timezone: \"Europe/Berln\" is no time zone",
        "conf.d/b.yaml:1:26: systems.b.formerly[0]: \"x\" is a former name of a in day90.yaml:3 already",
        "conf.d/b.yaml:1:29: systems.b.formerly[1]: \"a\" is declared under systems in day90.yaml:3",
        "conf.d/b.yaml:1:32: systems.b.formerly[2]: \"e\" is declared under systems in conf.d/e.yaml:1",
        "conf.d/b.yaml:2:1: server: unknown key",
        "conf.d/c.yaml:1:1: sytems: unknown key; did you mean systems?",
        "conf.d/d.yaml:2:8: systems.d.owner.contact: is missing",
        "conf.d/e.yaml:1:25: systems.e.trust.appeals_within: 14d business needs a calendar",
        "conf.d/h.yaml:1:1: must be a map, found a list",
        "conf.d/f.yml: warning: is not read: the files of conf.d end in .yaml",
    ];
    assert_eq!(report.lines().count(), expected.len(), "{report}");
    for (line, expected) in report.lines().zip(expected) {
        assert!(line.starts_with(expected), "{expected}\n{line}");
    }
}

#[test]
fn a_conf_d_that_cannot_be_read_is_a_mistake() {
    let dir = Dir::with(&[("day90.yaml", ""), ("conf.d", "a file")]);
    assert!(dir.report().starts_with("conf.d: the directory cannot be read: Not a directory"), "{}", dir.report());
    assert_eq!(Dir::with(&[("day90.yaml", "")]).report(), "", "there need not be one");
}
