//! `day90 serve`: the daemon.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;

use super::{Failure, Settings, malloc};
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::daemon::{self, Fatal, World};
use crate::telemetry::logging::{Format, logging};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  day90 serve
  day90 serve --config day90.yaml --data-dir /var/lib/day90

SIGTERM and SIGINT stop it gracefully, SIGHUP reloads the configuration.")]
pub(crate) struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// How to write logs [default: text on a terminal, else json]
    #[arg(long, value_name = "FORMAT", env = "DAY90_LOG_FORMAT")]
    log_format: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl Serve {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let unsettled = malloc::settle();
        let format = match self.log_format {
            None => Format::Auto,
            Some(LogFormat::Text) => Format::Text,
            Some(LogFormat::Json) => Format::Json,
        };
        logging(format).map_err(Failure::Usage)?;
        if let Some(error) = unsettled {
            warn!(%error, "the allocator could not be set; set its variables by hand, see docs/operations.md");
        }
        let overrides = self.settings.overrides();
        let path = self.settings.config;
        let config = config::load(path.as_deref(), &overrides, &daemon::facts(SystemClock.now()))
            .map_err(|problems| Failure::Configuration(format!("the configuration is not believed:\n{problems}")))?;
        let world = World {
            clock: Arc::new(SystemClock),
            listener: bind(config.server.listen)?,
            metrics_listener: config.server.metrics_listen.map(bind).transpose()?,
            config_path: path,
            overrides,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Machine(format!("cannot start: {error}")))?;
        runtime.block_on(async {
            let stop =
                stop_signal().map_err(|error| Failure::Machine(format!("cannot listen for signals: {error}")))?;
            daemon::run(config, world, stop).await.map_err(Failure::from)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A listener, or what is in its way.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "; is another day90 running? Choose another address with --listen or server.listen"
            }
            std::io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege",
            _ => "",
        };
        Failure::Machine(format!("cannot listen on {address}: {error}{hint}"))
    })?;
    listener.set_nonblocking(true).map_err(|error| Failure::Machine(format!("cannot use {address}: {error}")))?;
    Ok(listener)
}

/// Ends when the process is asked to stop: SIGTERM by a supervisor, SIGINT by a person.
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

impl From<Fatal> for Failure {
    fn from(fatal: Fatal) -> Failure {
        match fatal {
            Fatal::Configuration(why) => Failure::Configuration(why),
            fatal @ (Fatal::Disk(_) | Fatal::Listen(_)) => Failure::Machine(fatal.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_says_what_to_do() {
        let taken = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let failure = bind(taken.local_addr().expect("bound")).expect_err("taken");
        assert!(failure.to_string().contains("--listen"), "{failure}");
    }
}
