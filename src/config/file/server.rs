//! `server`: where the daemon listens and keeps its data.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::super::key::{Form, Map, Served, form};

#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    pub listen: SocketAddr,
    /// `/metrics` and health alone, for a Prometheus on another host.
    pub metrics_listen: Option<SocketAddr>,
    pub data_dir: PathBuf,
    /// TLS, client certificates and basic auth, in the format of the Prometheus exporter-toolkit.
    pub web_config: Option<PathBuf>,
    /// The operator accepted, by flag, that other hosts reach `listen` without TLS and authentication.
    pub insecure_listen: bool,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9790),
            metrics_listen: None,
            data_dir: PathBuf::from("./day90-data"),
            web_config: None,
            insecure_listen: false,
        }
    }
}

pub fn keys() -> Form<Server> {
    let mut keys = Map::<Server>::new();
    keys.key(
        "listen",
        form::address(),
        "127.0.0.1:9790",
        "Address and port of ingest, metrics, status page and administration. Beyond this host it needs TLS and \
         authentication, or --insecure-listen. Flag --listen, variable DAY90_LISTEN.",
        |server| &mut server.listen,
    );
    keys.key(
        "metrics_listen",
        form::address(),
        "0.0.0.0:9791",
        "A second listener with /metrics and health alone, for a Prometheus on another host. Flag --metrics-listen, \
         variable DAY90_METRICS_LISTEN.",
        |server| &mut server.metrics_listen,
    );
    keys.key(
        "data_dir",
        form::file(),
        "/var/lib/day90",
        "The directory of the journal and its checkpoints. Flag --data-dir, variable DAY90_DATA_DIR.",
        |server| &mut server.data_dir,
    );
    keys.key(
        "web_config",
        form::file(),
        "web.yml",
        "TLS, client certificates and basic auth, in the web configuration format of the Prometheus exporter-toolkit, \
         unchanged.",
        |server| &mut server.web_config,
    )
    .not_served(Served::NoProtection(
        "asks for TLS or basic auth, which this version doesn't serve: put a proxy that does in front of 127.0.0.1, and \
         leave the key out",
    ));
    keys.into_form()
}
