//! `day90 serve`: the daemon.

use std::process::ExitCode;
use std::sync::Arc;

use tracing::warn;

use super::settings::Settings;
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::daemon::{self, World};
use crate::failure::Failure;
use crate::process::{bind, malloc, runtime, stop_signal};
use crate::telemetry::LinesDropped;
use crate::telemetry::logging::{FLUSH_MAX, Format, Log, logging};

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
        let log = self.prepare()?;
        let ended = self.serve(log.dropped().clone());
        // By the log, since a pipe that nobody reads must not keep the process from its end.
        if let Err(failure) = &ended {
            log.say(&format!("day90: {failure}\n"));
        }
        log.flush(FLUSH_MAX);
        Ok(ended.map_or_else(|failure| failure.exit_code(), |()| ExitCode::SUCCESS))
    }

    fn serve(self, lines_dropped: LinesDropped) -> Result<(), Failure> {
        let overrides = self.settings.overrides();
        let path = self.settings.config;
        let config = config::load(path.as_deref(), &overrides, &daemon::given(SystemClock.now()))
            .map_err(|problems| Failure::Configuration(format!("invalid configuration:\n{problems}")))?;
        let world = World {
            clock: Arc::new(SystemClock),
            listener: bind(&config.server.listen)?,
            metrics_listener: config.server.metrics_listen.as_ref().map(bind).transpose()?,
            config_path: path,
            overrides,
            lines_dropped,
        };
        runtime()?.block_on(async {
            let stop = stop_signal()?;
            daemon::run(config, world, stop).await.map_err(Failure::from)
        })
    }

    /// The allocator first, since setting it starts the program again; then the log.
    fn prepare(&self) -> Result<Log, Failure> {
        let unsettled = malloc::settle();
        let log = logging(match self.log_format {
            None => Format::Auto,
            Some(LogFormat::Text) => Format::Text,
            Some(LogFormat::Json) => Format::Json,
        })?;
        if let Some(error) = unsettled {
            warn!(%error, "the allocator could not be set; set its variables by hand, see docs/operations.md");
        }
        Ok(log)
    }
}
