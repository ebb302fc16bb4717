//! Builds the daemon from its configuration and the outside world, and runs it until it is asked to stop.

use std::future::Future;
use std::sync::Arc;

use tracing::{error, info, warn};

use super::app::{App, Parts, Room};
use super::check::{not_served, outgrown};
use super::descriptors;
use super::reload::Reloader;
use super::serve::{GRACE, Serving};
use super::views::View;
use super::world::{Halt, World};
use crate::clock::SteadyClock;
use crate::config::Config;
use crate::config::guards::Guards;
use crate::ingest::{Live, RequestSettings};
use crate::journal::{self, Disk, Journal, Options, RealDisk};
use crate::page::links::Links;
use crate::pipeline::Handle;
use crate::pipeline::recover::{self, Described};
use crate::pipeline::writer::{self, Start};
use crate::pool::Pool;
use crate::sync::thread::JoinHandle;
use crate::telemetry::Telemetry;

/// Runs the daemon until `stop`, then drains within [`GRACE`]. On a current-thread tokio runtime.
///
/// # Errors
/// When it cannot start, or when the journal is lost while it runs.
pub async fn run(config: Config, world: World, stop: impl Future<Output = ()>) -> Result<(), Halt> {
    if let Some(why) = config.refuses_to_start() {
        return Err(Halt::Configuration(why));
    }
    let clock = Arc::new(SteadyClock::new(world.clock, config.model.limits.arrival_grace));
    let world = World { clock: clock.clone(), ..world };
    let guards = Guards::load(&config).map_err(|problems| Halt::Configuration(problems.to_string()))?;
    config.warnings.iter().for_each(|problem| warn!("{problem}"));
    not_served(&config).for_each(|unserved| warn!("{unserved}"));
    let connections = descriptors::connections(&config);
    let budget = config.budget();
    let telemetry = Telemetry::with(&world.lines_dropped);
    telemetry.config_reloaded(true, world.clock.now());
    telemetry.memory_limit(budget.memory);
    let pool = Pool::of(usize::try_from(budget.pool).unwrap_or(usize::MAX));
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&config.server.data_dir));
    let (handle, writer) = start_writer(disk.clone(), &config, &world, &telemetry, pool.clone())?;
    let settings = Live::new(RequestSettings::new(&config, guards));
    let reloader = Reloader::new(&config, &world, clock, handle.clone(), settings.clone(), telemetry.clone());
    let app = App::new(Parts {
        writer: handle.clone(),
        views: View::new(
            handle.clone(),
            telemetry.clone(),
            reloader.clone(),
            world.clock.clone(),
            Links::of(&config.server),
            disk,
        ),
        telemetry,
        clock: world.clock.clone(),
        settings,
        pool,
        room: Room::within(&budget),
    });
    let ended =
        Serving { config: &config, app, handle: &handle, reloader: &reloader, connections }.until(stop, world).await;
    handle.drain();
    join(writer).await;
    ended
}

/// Recovers what the journal says and goes on from there.
fn start_writer(
    disk: Arc<dyn Disk>,
    config: &Config,
    world: &World,
    telemetry: &Telemetry,
    pool: Pool,
) -> Result<(Handle, JoinHandle<()>), Halt> {
    let lock = journal::lock(&*disk)?;
    if let Ok(Some(warning)) = disk.check_access() {
        warn!("{warning}");
    }
    let Described { state, recovered, way_back } = recover::describe(&disk)?;
    if let Some(why) = state.conflict(&config.model) {
        return Err(Halt::Configuration(why));
    }
    if let Some(why) = outgrown(config, &state) {
        return Err(Halt::Configuration(why));
    }
    recovered.warnings.iter().for_each(|warning| warn!("{warning}"));
    telemetry.journal_torn(recovered.torn_bytes());
    info!(
        data_dir = %config.server.data_dir.display(),
        checkpoint = recovered.checkpoint_sequence,
        replayed = recovered.records,
        next = recovered.next_sequence,
        "the journal is recovered"
    );
    if way_back {
        info!(
            "until the first event comes in, `day90 journal downgrade` leads back to the release that wrote the journal"
        );
    }
    // A restart would read this much again: it counts towards the next checkpoint.
    let unread_bytes = recovered.replayed_bytes;
    let journal = Journal::open(disk, lock, recovered, Options::default())?;
    let (handle, writer) = writer::spawn(Start {
        state,
        journal,
        model: config.model.as_ref().clone(),
        clock: world.clock.clone(),
        telemetry: telemetry.clone(),
        way_back,
        unread_bytes,
        pool,
        options: writer::CheckpointOptions::default(),
    });
    handle.limit_journal(config.limits.journal_bytes);
    Ok((handle, writer))
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
