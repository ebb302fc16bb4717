//! The arguments of `serve` and `check`: where the operating model is, and the few settings worth changing by hand. A flag
//! wins over its variable, and both win over the file.

use std::path::PathBuf;

use crate::config::{Listen, Overrides};

#[derive(Debug, clap::Args)]
pub(super) struct Settings {
    /// The operating model; without it every system exists with nothing declared
    #[arg(long, value_name = "FILE", env = "DAY90_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// Address of events, metrics and the status page [default: 127.0.0.1:9790]
    #[arg(long, value_name = "ADDRESS", env = "DAY90_LISTEN")]
    listen: Option<Listen>,
    /// Address of /metrics and health alone, where Prometheus isn't on this host
    #[arg(long, value_name = "ADDRESS", env = "DAY90_METRICS_LISTEN")]
    metrics_listen: Option<Listen>,
    /// Where the journal lives [default: ./day90-data]
    #[arg(long, value_name = "DIR", env = "DAY90_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Allow an address beyond this host without TLS and authentication
    #[arg(long)]
    insecure_listen: bool,
}

impl Settings {
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            listen: self.listen.clone(),
            metrics_listen: self.metrics_listen.clone(),
            data_dir: self.data_dir.clone(),
            insecure_listen: self.insecure_listen,
        }
    }
}
