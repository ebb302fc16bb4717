//! The demo's daemon: the real one, on a temporary directory, in a separate thread with its own runtime.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::clock::{Clock, DrivenClock, SystemClock};
use crate::config::{self, Config, Overrides};
use crate::daemon::{self, World};
use crate::event::Timestamp;
use crate::event::time::DAY;
use crate::failure::Failure;
use crate::process::{bind, end_signal, runtime};
use crate::send::{Sender, random_id};
use crate::telemetry::LinesDropped;
use crate::words;

/// The operating model that the demo declares; `{launched}` becomes a date.
const MODEL: &str = include_str!("demo.yaml");
/// Both systems are this many days old.
const DAYS_SINCE_LAUNCH: i64 = 83;
/// An empty journal opens at once; if it takes longer than this, something is wrong.
const READY_WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) clock: Arc<DrivenClock>,
    pub(crate) sender: Sender,
    /// Ctrl-C was pressed, or a supervisor asked to stop.
    interrupted: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), Failure>>>,
    // The last field: dropped after everything that uses the directory.
    _dir: TemporaryDir,
}

/// A directory that is removed when this is dropped.
struct TemporaryDir(PathBuf);

impl Host {
    /// Starts the daemon at a moment of the past; `begin` and `now` are moments of the demo's clock.
    pub(crate) fn start(listen: SocketAddr, begin: Timestamp, now: Timestamp) -> Result<Host, Failure> {
        let dir = TemporaryDir::create()?;
        let config_path = dir.write_model(now)?;
        let listener = listener(listen)?;
        let address = listener.local_addr().map_err(|error| Failure::Machine(format!("no address: {error}")))?;
        let overrides = Overrides {
            listen: Some(address.into()),
            data_dir: Some(dir.0.join("data")),
            // Whoever asks for a public address gets the demo there; there is nothing to protect.
            insecure_listen: !address.ip().is_loopback(),
            ..Overrides::default()
        };
        let config = config::load(Some(&config_path), &overrides, &daemon::given(SystemClock.now()))
            .map_err(|problems| Failure::Configuration(problems.to_string()))?;
        let clock = Arc::new(DrivenClock::at(begin));
        let world = World {
            clock: Arc::clone(&clock) as _,
            listener,
            metrics_listener: None,
            config_path: Some(config_path),
            overrides,
            lines_dropped: LinesDropped::default(),
        };
        Host::spawn(format!("http://{address}"), clock, config, world, dir)?.ready()
    }

    fn spawn(
        url: String,
        clock: Arc<DrivenClock>,
        config: Config,
        world: World,
        dir: TemporaryDir,
    ) -> Result<Host, Failure> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = oneshot::channel();
        let flag = Arc::clone(&interrupted);
        let thread = std::thread::Builder::new()
            .name("day90-demo-daemon".to_owned())
            .spawn(move || run(config, world, stopped, flag))
            .map_err(|error| Failure::Machine(format!("cannot start a thread: {error}")))?;
        let sender = Sender::to(&url, None)?;
        Ok(Host { url, clock, sender, interrupted, stop: Some(stop), thread: Some(thread), _dir: dir })
    }

    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Lets the daemon drain and end; its directory is removed.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        if let Some(stop) = self.stop.take() {
            // This fails only if the daemon ended by itself; the join below says why.
            let _ = stop.send(());
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            _ => Err(Failure::Machine("the demo's daemon panicked".to_owned())),
        }
    }

    fn ready(mut self) -> Result<Host, Failure> {
        let started = Instant::now();
        while let Err(failure) = self.sender.get("/-/ready") {
            let ended = self.thread.as_ref().is_some_and(JoinHandle::is_finished);
            if ended || started.elapsed() > READY_WITHIN {
                self.stop.take();
                return Err(self.stop().err().unwrap_or(failure));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(self)
    }
}

fn run(
    config: Config,
    world: World,
    stopped: oneshot::Receiver<()>,
    interrupted: Arc<AtomicBool>,
) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let signal = end_signal()?;
        // The signal only sets a flag: the story ends first, then the daemon.
        tokio::spawn(async move {
            signal.await;
            interrupted.store(true, Ordering::Relaxed);
        });
        let stop = async {
            let _ = stopped.await;
        };
        daemon::run(config, world, stop).await.map_err(Failure::from)
    })
}

/// A listener on the given address, or on a free port of the same host.
fn listener(listen: SocketAddr) -> Result<TcpListener, Failure> {
    bind(&listen.into()).or_else(|failure| {
        let free = bind(&SocketAddr::new(listen.ip(), 0).into()).map_err(|_| failure)?;
        println!("{listen} is taken: the demo listens on a free port.");
        Ok(free)
    })
}

impl TemporaryDir {
    fn create() -> Result<TemporaryDir, Failure> {
        let path = std::env::temp_dir().join(format!("day90-demo-{}", &random_id()[..12]));
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| machine(&path, &error))?;
        Ok(TemporaryDir(path))
    }

    /// Writes the operating model, as of `now`; returns its path.
    fn write_model(&self, now: Timestamp) -> Result<PathBuf, Failure> {
        let path = self.0.join("day90.yaml");
        let launched = words::date(now.plus(-DAYS_SINCE_LAUNCH * DAY).as_seconds_f64());
        fs::write(&path, MODEL.replace("{launched}", &launched)).map_err(|error| machine(&path, &error))?;
        Ok(path)
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        // It is a temporary directory: the system cleans up what cannot be removed here.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn machine(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Machine(format!("cannot write {}: {error}", path.display()))
}
