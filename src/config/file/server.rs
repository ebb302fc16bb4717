//! `server`: where the daemon listens and keeps its data.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::super::key::{Served, form, keys};

keys! {
    #[derive(Clone, Debug, PartialEq)]
    pub struct Server {
        /// Address and port of ingest, metrics, status page and administration. Beyond this host it needs TLS and
        /// authentication, or --insecure-listen. Flag --listen, variable DAY90_LISTEN.
        listen: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9790), form::address(), "127.0.0.1:9790";
        /// A second listener with /metrics and health alone, for a Prometheus on another host. Flag --metrics-listen,
        /// variable DAY90_METRICS_LISTEN.
        metrics_listen: Option<SocketAddr>, form::address(), "0.0.0.0:9791";
        /// The directory of the journal and its checkpoints. Flag --data-dir, variable DAY90_DATA_DIR.
        data_dir: PathBuf = PathBuf::from("./day90-data"), form::file(), "/var/lib/day90";
        /// TLS, client certificates and basic auth, in the web configuration format of the Prometheus exporter-toolkit,
        /// unchanged.
        web_config: Option<PathBuf>, form::file(), "web.yml", .not_served(Served::NoProtection(
            "asks for TLS or basic auth, which this version doesn't serve: put a proxy that does in front of 127.0.0.1, \
             and leave the key out",
        ));
        with {
            /// The operator accepted, by flag, that other hosts reach `listen` without TLS and authentication.
            insecure_listen: bool = false;
        }
    }
}
