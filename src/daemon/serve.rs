//! The listeners of a running daemon, and what ends them: the stop signal, or a lost journal.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::LocalSet;
use tracing::{error, info, warn};

use super::app::App;
use super::reload::Reloader;
use super::views::View;
use super::world::{Halt, World};
use crate::config::Config;
use crate::http::{ListenerBounds, Scope, serve};
use crate::ingest;
use crate::pipeline::{Handle, Health};

/// How long requests in flight, and then the writer, may take after the stop signal.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long `/metrics` is served after the journal is lost, so that Prometheus sees it.
const LAST_SCRAPES: Duration = Duration::from_secs(60);

/// A daemon that is built and not listening yet.
pub(super) struct Serving<'d> {
    pub(super) config: &'d Config,
    pub(super) app: App<Handle, View>,
    pub(super) handle: &'d Handle,
    pub(super) reloader: &'d Reloader,
    /// At once, on each listener.
    pub(super) connections: usize,
}

impl Serving<'_> {
    /// Serves until `stop`, or until the journal is lost; then gives requests in flight the grace.
    pub(super) async fn until(self, stop: impl Future<Output = ()>, world: World) -> Result<(), Halt> {
        // With one thread there, whoever finds that no more can be started waits for it.
        let _ = tokio::task::spawn_blocking(|| ()).await;
        let main = listen(world.listener)?;
        let metrics = world.metrics_listener.map(listen).transpose()?;
        // Before the daemon says that it serves: the default for this signal is to end the process.
        let hangup = signal(SignalKind::hangup()).map_err(Halt::Listen)?;
        let address = main.local_addr().map_err(Halt::Listen)?;
        info!(%address, version = env!("CARGO_PKG_VERSION"), "day90 is serving");
        let (stopping, stopped) = watch::channel(false);
        let lead = async {
            let ended = self.ends(stop, hangup).await;
            info!("day90 is stopping");
            let _ = stopping.send(true);
            ended
        };
        let sources = LocalSet::new();
        for source in ingest::start::<App<Handle, View>>(&self.app.intake, self.config) {
            sources.spawn_local(source);
        }
        let (ended, cut_off, also_cut_off) = tokio::join!(
            sources.run_until(lead),
            self.serve(Some(main), Scope::All, stopped.clone()),
            self.serve(metrics, Scope::MetricsOnly, stopped),
        );
        if cut_off + also_cut_off > 0 {
            warn!(connections = cut_off + also_cut_off, grace = ?GRACE, "stopped before every request was answered");
        }
        ended
    }

    /// Returns how many connections were cut off.
    async fn serve(&self, listener: Option<TcpListener>, scope: Scope, mut stopped: watch::Receiver<bool>) -> usize {
        let Some(listener) = listener else { return 0 };
        let bounds = ListenerBounds {
            connections: self.connections,
            buffer_bytes: usize::try_from(self.config.budget().buffer).unwrap_or(usize::MAX),
            grace: GRACE,
            ..ListenerBounds::default()
        };
        let until_stopped = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        serve(listener, scope, Rc::new(self.app.clone()), bounds, until_stopped).await
    }

    /// Waits for whatever ends the daemon, and reloads at each SIGHUP meanwhile.
    async fn ends(&self, stop: impl Future<Output = ()>, hangup: Signal) -> Result<(), Halt> {
        tokio::select! {
            () = stop => Ok(()),
            lost = journal_lost(self.handle) => Err(Halt::Disk(lost)),
            () = self.reloader.on_hangup(hangup) => Ok(()),
        }
    }
}

/// Waits until the journal is lost, and then a while longer, so that Prometheus can still scrape that it is.
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

fn listen(listener: std::net::TcpListener) -> Result<TcpListener, Halt> {
    listener.set_nonblocking(true).map_err(Halt::Listen)?;
    TcpListener::from_std(listener).map_err(Halt::Listen)
}
