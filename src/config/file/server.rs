//! `server`: where the daemon listens and keeps its data, and how people reach it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::super::key::{Listen, Names, Served, form, keys};

/// Further names of the host, and links of the page.
const NAMES_MAX: usize = 100;

keys! {
    /// Spans are nanoseconds.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Server {
        /// Address and port of ingest, metrics, status page and administration; a name works too (localhost:9790). Beyond
        /// this host it needs TLS and authentication, or --insecure-listen. Flag --listen, variable DAY90_LISTEN.
        listen: Listen = Listen::Address(SocketAddr::from((Ipv4Addr::LOCALHOST, 9790))), form::address(),
            "127.0.0.1:9790";
        /// A second listener with /metrics and health alone, for a Prometheus on another host. Flag --metrics-listen,
        /// variable DAY90_METRICS_LISTEN.
        metrics_listen: Option<Listen>, form::address(), "0.0.0.0:9791";
        /// The directory of the journal and its checkpoints. Flag --data-dir, variable DAY90_DATA_DIR.
        data_dir: PathBuf = PathBuf::from("./day90-data"), form::file(), "/var/lib/day90";
        /// TLS, client certificates, basic auth and a rate limit, in the web configuration format of the Prometheus
        /// exporter-toolkit, unchanged.
        web_config: Option<PathBuf>, form::file(), "web.yml", .not_served(Served::NoProtection(
            "asks for TLS or basic auth, which this version doesn't serve: put a proxy that does in front of 127.0.0.1, \
             and leave the key out",
        ));
        /// How people reach the status page, where that isn't the address of `listen`: a browser that comes from there is not
        /// one of another site.
        external_url: Option<String>, form::url(), "https://day90.example.com";
        /// Further names by which it is reached. Where no token is asked for, pages and the API answer under these, the name in
        /// `listen`, that of `external_url`, localhost and any address in digits; under other names it is 403.
        hosts: Vec<String>, form::list(form::host(), 0, NAMES_MAX), "[day90.payments.svc]";
        /// The base of every link to a runbook. Without it they lead to the pages that day90 itself serves.
        runbooks: Option<String>, form::url(), "https://wiki.example.com/day90/";
        /// Links that the page of a system shows, by their title; {system} is its name.
        links: BTreeMap<String, String>, form::table(Names::Any, form::link(), NAMES_MAX),
            "{dashboard: \"https://grafana.example.com/d/day90?var-system={system}\"}";
        /// How long it still takes events after SIGTERM, for services that stop later.
        drain: i64 = 0, form::pause(), "30s", .not_served(Served::NoEffect);
        with {
            /// The operator accepted, by flag, that other hosts reach `listen` without TLS and authentication.
            insecure_listen: bool = false;
        }
    }
}
