//! The one place that builds things: recover, start the writer, serve, reload, drain.
//!
//! Listeners, clock and the stop signal are handed in, so that a test or the demo starts the real daemon on any
//! port and at any time.

pub mod check;
pub mod facts;
pub mod page_test;
mod views;

use std::fmt;
use std::future::Future;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::auth::Tokens;
use crate::config::{Config, Overrides};
use crate::ingest::body::Pool;
use crate::ingest::http::{Bounds, Routes, serve};
use crate::ingest::{App, Live, Settings};
use crate::journal::{self, Disk, Journal, Options, RealDisk};
use crate::pipeline::writer::{self, Start};
use crate::pipeline::{Handle, Health, recover};
use crate::sync::thread::JoinHandle;
use crate::telemetry::Telemetry;
pub use check::{Finding, check_journal};
pub use facts::facts;
use views::{Reloader, View};

/// How long requests in flight, and then the writer, may take after the stop signal.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long `/metrics` goes on after the journal is lost, so that Prometheus sees it.
const LAST_SCRAPES: Duration = Duration::from_secs(60);

/// The outside world, handed in.
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub listener: TcpListener,
    /// For `/metrics` and health alone.
    pub metrics_listener: Option<TcpListener>,
    /// What a reload reads again; without it there is nothing to reload.
    pub config_path: Option<PathBuf>,
    pub overrides: Overrides,
}

/// Why the daemon cannot start or go on.
#[derive(Debug)]
pub enum Fatal {
    /// The configuration asks for what cannot be had: exit 78.
    Configuration(String),
    /// The journal or its disk: exit 74.
    Disk(String),
    /// A listener: exit 74.
    Listen(std::io::Error),
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fatal::Configuration(why) | Fatal::Disk(why) => f.write_str(why),
            Fatal::Listen(error) => write!(f, "the listener cannot be used: {error}"),
        }
    }
}

impl From<journal::Fatal> for Fatal {
    fn from(fatal: journal::Fatal) -> Fatal {
        Fatal::Disk(fatal.to_string())
    }
}

/// Runs the daemon until `stop`, then drains within [`GRACE`]. On a current-thread tokio runtime.
///
/// # Errors
/// When it cannot start, or when the journal is lost while it runs.
pub async fn run(config: Config, world: World, stop: impl Future<Output = ()>) -> Result<(), Fatal> {
    if let Some(why) = config.refuses_to_start() {
        return Err(Fatal::Configuration(why));
    }
    let tokens = Tokens::load(&config).map_err(|problems| Fatal::Configuration(problems.to_string()))?;
    config.warnings.iter().for_each(|problem| warn!("{problem}"));
    config.not_served().iter().for_each(|unserved| warn!("{unserved}"));
    let telemetry = Telemetry::new();
    telemetry.config_reloaded(true, world.clock.now());
    let budget = config.budget();
    telemetry.memory_limit(budget.memory);
    let pool = Pool::of(usize::try_from(budget.pool).unwrap_or(usize::MAX));
    let (handle, writer) = start_writer(&config, &world, &telemetry, pool.clone())?;
    let settings = Live::new(Settings::new(&config, tokens));
    let reloader = Reloader::new(&config, &world, handle.clone(), settings.clone(), telemetry.clone());
    let view = View::new(handle.clone(), telemetry.clone(), reloader.clone(), world.clock.clone());
    let app = App::new(handle.clone(), view, telemetry, world.clock.clone(), settings).with_pool(pool);
    let app = app.within(&budget);
    let ended = serve_until(stop, &config, world, app, &handle, &reloader).await;
    handle.drain();
    join(writer).await;
    ended
}

/// Recovers what the journal says and goes on from there.
fn start_writer(
    config: &Config,
    world: &World,
    telemetry: &Telemetry,
    pool: Pool,
) -> Result<(Handle, JoinHandle<()>), Fatal> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&config.server.data_dir));
    let lock = journal::lock(&*disk)?;
    let (state, recovered) = recover::recover(&disk)?;
    recovered.warnings.iter().for_each(|warning| warn!("{warning}"));
    telemetry.journal_torn(recovered.torn_bytes());
    info!(
        data_dir = %config.server.data_dir.display(),
        checkpoint = recovered.checkpoint_sequence,
        replayed = recovered.records,
        next = recovered.next_sequence,
        "the journal is recovered"
    );
    // What was read behind the checkpoint would be read again: it counts towards the next one.
    let unread_bytes = recovered.replayed_bytes;
    let journal = Journal::open(disk, lock, recovered, Options::default())?;
    let (handle, writer) = writer::spawn(Start {
        state,
        journal,
        model: config.model.as_ref().clone(),
        clock: world.clock.clone(),
        telemetry: telemetry.clone(),
        unread_bytes,
        pool,
        options: writer::Options::default(),
    });
    handle.limit_journal(config.limits.journal_bytes);
    Ok((handle, writer))
}

async fn serve_until(
    stop: impl Future<Output = ()>,
    config: &Config,
    world: World,
    app: App<Handle, View>,
    handle: &Handle,
    reloader: &Reloader,
) -> Result<(), Fatal> {
    let main = listen(world.listener)?;
    let metrics = world.metrics_listener.map(listen).transpose()?;
    let connections = config.limits.connections;
    let buffer_bytes = usize::try_from(config.budget().buffer).unwrap_or(usize::MAX);
    let bounds = || Bounds { connections, buffer_bytes, grace: GRACE, ..Bounds::default() };
    let (stopping, stopped) = watch::channel(false);
    let until_stopped = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    // Before anybody is told that it serves: the default for this signal is to end the process.
    let hangup = signal(SignalKind::hangup()).map_err(Fatal::Listen)?;
    let address = main.local_addr().map_err(Fatal::Listen)?;
    info!(%address, version = env!("CARGO_PKG_VERSION"), "day90 is serving");
    let main = serve(main, Routes::All, app.clone(), bounds(), until_stopped(stopped.clone()));
    let metrics = async {
        match metrics {
            Some(metrics) => serve(metrics, Routes::MetricsOnly, app, bounds(), until_stopped(stopped)).await,
            None => 0,
        }
    };
    let lead = async {
        let ended = tokio::select! {
            () = stop => Ok(()),
            lost = journal_lost(handle) => Err(Fatal::Disk(lost)),
            () = reloader.on_hangup(hangup) => Ok(()),
        };
        info!("day90 is stopping");
        let _ = stopping.send(true);
        ended
    };
    let (ended, cut_off, also_cut_off) = tokio::join!(lead, main, metrics);
    if cut_off + also_cut_off > 0 {
        warn!(connections = cut_off + also_cut_off, grace = ?GRACE, "stopped before every request was answered");
    }
    ended
}

/// Waits until the journal is lost, and then a while longer: `/metrics` should still tell Prometheus.
async fn journal_lost(handle: &Handle) -> String {
    let mut health = handle.health();
    let lost = loop {
        if let Health::Poisoned(why) = &*health.borrow_and_update() {
            break why.clone();
        }
        if health.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    error!(%lost, seconds = LAST_SCRAPES.as_secs(), "the journal is lost; day90 serves metrics a little longer and exits");
    tokio::time::sleep(LAST_SCRAPES).await;
    lost
}

/// Waits for the writer's thread, within the grace.
async fn join(writer: JoinHandle<()>) {
    let joined = tokio::task::spawn_blocking(move || writer.join());
    match tokio::time::timeout(GRACE, joined).await {
        Ok(Ok(Ok(()))) => info!("day90 has stopped"),
        Ok(_) => error!("the writer ended with a panic"),
        Err(_) => warn!(grace = ?GRACE, "stopped before the last checkpoint; the next start replays the journal"),
    }
}

fn listen(listener: TcpListener) -> Result<tokio::net::TcpListener, Fatal> {
    listener.set_nonblocking(true).map_err(Fatal::Listen)?;
    tokio::net::TcpListener::from_std(listener).map_err(Fatal::Listen)
}
