//! What running the daemon in this process takes: listeners, the stop signal, a runtime, and the allocator's settings.
//!
//! `day90 serve` and `day90 demo` both run the real daemon, and share this.

pub(crate) mod malloc;

use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Listen;
use crate::daemon::Halt;
use crate::failure::Failure;

/// Connections that may wait to be accepted; the kernel takes `net.core.somaxconn` at most. The standard library's 128 are
/// full within a moment when a crowd connects, and whoever comes then tries again only after a second.
const BACKLOG: i32 = 1_024;

/// A listener at this address or name, or a message that says what is in the way.
pub(crate) fn bind(address: &Listen) -> Result<TcpListener, Failure> {
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
    let unusable = |error: std::io::Error| Failure::Machine(format!("cannot use {address}: {error}"));
    listener.set_nonblocking(true).map_err(unusable)?;
    rustix::net::listen(&listener, BACKLOG).map_err(|error| unusable(error.into()))?;
    Ok(listener)
}

/// The one runtime thread of a daemon.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let failed = |error: std::io::Error| Failure::Machine(format!("cannot start: {error}"));
    // A thread that has gone may not come back: the machine, or the container, may be out of them.
    let builder = &mut Builder::new_current_thread();
    let runtime = builder.enable_all().thread_keep_alive(Duration::MAX).build().map_err(failed)?;
    let inside = runtime.enter();
    survive_file_size_limits().map_err(failed)?;
    drop(inside);
    Ok(runtime)
}

/// A write that would make a file longer than `ulimit -f` allows is an error from now on, like that of a full disk. Without a
/// handler its signal ends the process.
fn survive_file_size_limits() -> std::io::Result<()> {
    signal(SignalKind::from_raw(rustix::process::Signal::Xfsz as i32)).map(drop)
}

/// Completes when the process is asked to stop: SIGTERM from a supervisor, SIGINT from a person. Must be called inside a
/// runtime.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |error: std::io::Error| Failure::Machine(format!("cannot listen for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// As [`stop_signal`], for what belongs to its terminal and ends with it: SIGHUP too.
pub(crate) fn end_signal() -> Result<impl Future<Output = ()>, Failure> {
    let stop = stop_signal()?;
    let failed = |error: std::io::Error| Failure::Machine(format!("cannot listen for signals: {error}"));
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            () = stop => {}
            _ = hangup.recv() => {}
        }
    })
}

impl From<Halt> for Failure {
    fn from(fatal: Halt) -> Failure {
        match fatal {
            Halt::Configuration(why) => Failure::Configuration(why),
            fatal @ (Halt::Disk(_) | Halt::Listen(_)) => Failure::Machine(fatal.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_says_what_to_do() {
        let taken = bind(&"127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let failure = bind(&taken.local_addr().expect("bound").into()).expect_err("taken");
        assert!(failure.to_string().contains("--listen"), "{failure}");
    }
}
