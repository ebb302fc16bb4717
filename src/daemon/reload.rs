//! Reads the configuration again, at SIGHUP or `POST /-/reload`; a bad file leaves the old one in force.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::check::not_served;
use super::world::World;
use crate::clock::{Clock, SteadyClock};
use crate::config::guards::Guards;
use crate::config::{self, Config, Overrides};
use crate::ingest::{Live, RequestSettings};
use crate::pipeline::{Handle, Refusal};
use crate::telemetry::Telemetry;

/// Reads the configuration again; a bad file leaves the old one in force.
#[derive(Clone)]
pub(super) struct Reloader(Arc<Inner>);

/// Why the configuration in force stays.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Unchanged {
    /// What the file says cannot be taken; the text says why.
    Mistake(String),
    /// The file is right, but it could not be recorded: the same may be asked again.
    Unrecorded(Refusal),
}

impl fmt::Display for Unchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unchanged::Mistake(why) => f.write_str(why),
            Unchanged::Unrecorded(refusal) => write!(f, "{refusal}; try again"),
        }
    }
}

impl From<String> for Unchanged {
    fn from(why: String) -> Unchanged {
        Unchanged::Mistake(why)
    }
}

struct Inner {
    path: Option<PathBuf>,
    overrides: Overrides,
    clock: Arc<SteadyClock>,
    handle: Handle,
    settings: Live,
    telemetry: Telemetry,
    /// The configuration in force. One reload at a time.
    current: Mutex<Config>,
}

impl Reloader {
    pub(super) fn new(
        config: &Config,
        world: &World,
        clock: Arc<SteadyClock>,
        handle: Handle,
        settings: Live,
        telemetry: Telemetry,
    ) -> Reloader {
        Reloader(Arc::new(Inner {
            path: world.config_path.clone(),
            overrides: world.overrides.clone(),
            clock,
            handle,
            settings,
            telemetry,
            current: Mutex::new(config.clone()),
        }))
    }

    pub(super) async fn reload(&self) -> Result<(), Unchanged> {
        let mut current = self.0.current.lock().await;
        let result = self.take(&mut current).await;
        self.0.telemetry.config_reloaded(result.is_ok(), self.0.clock.now());
        match &result {
            Ok(()) => info!("the configuration was read again and is in force"),
            Err(why) => warn!(%why, "the configuration in force stays"),
        }
        result
    }

    async fn take(&self, current: &mut Config) -> Result<(), Unchanged> {
        let (config, guards) = self.load().await?;
        if config.server != current.server {
            return Err("the server part has changed, which needs a restart: listen addresses and the data directory \
                        are taken once"
                .to_owned()
                .into());
        }
        say_what_waits_for_a_restart(&config, current);
        config.warnings.iter().for_each(|problem| warn!("{problem}"));
        not_served(&config).for_each(|unserved| warn!("{unserved}"));
        // Before the model, whose record may need the room that a raised limit gives.
        self.0.handle.limit_journal(config.limits.journal_bytes);
        if config.model != current.model {
            self.configure(&config).await.inspect_err(|_| {
                self.0.handle.limit_journal(current.limits.journal_bytes);
            })?;
        }
        self.0.settings.set(RequestSettings::new(&config, guards));
        self.0.clock.set_grace(config.model.limits.arrival_grace);
        *current = config;
        Ok(())
    }

    /// Reads and checks what the file and the flags say now.
    async fn load(&self) -> Result<(Config, Guards), String> {
        let (path, overrides, now) = (self.0.path.clone(), self.0.overrides.clone(), self.0.clock.now());
        // Parsing a large file takes long: not on the thread that serves.
        let loaded = tokio::task::spawn_blocking(move || {
            let config = config::load(path.as_deref(), &overrides, &super::given::given(now))
                .map_err(|problems| problems.to_string())?;
            if let Some(why) = config.refuses_to_start() {
                return Err(why);
            }
            let guards = Guards::load(&config).map_err(|problems| problems.to_string())?;
            Ok((config, guards))
        });
        loaded.await.map_err(|error| error.to_string())?
    }

    /// Puts the operating model into the journal and into force.
    async fn configure(&self, config: &Config) -> Result<(), Unchanged> {
        let configured = self.0.handle.configure(config.model.as_ref().clone()).await;
        configured.map_err(|refusal| match refusal {
            Refusal::Conflict(why) => Unchanged::Mistake(why),
            refusal => Unchanged::Unrecorded(refusal),
        })
    }

    /// Reloads at each SIGHUP; never returns.
    pub(super) async fn on_hangup(&self, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            let _ = self.reload().await;
        }
        std::future::pending().await
    }
}

fn say_what_waits_for_a_restart(config: &Config, current: &Config) {
    if config.limits.connections != current.limits.connections {
        warn!("limits.connections has changed, which takes effect at the next start");
    }
    if config.limits.memory != current.limits.memory {
        warn!(
            "limits.memory has changed: what is remembered follows it now, requests and connections at the next start"
        );
    }
}
