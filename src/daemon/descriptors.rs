//! How many files and sockets this process may have open, and how many connections fit.
//!
//! A daemon that runs out of descriptors can no longer begin a segment or a checkpoint, or sync its directory. So connections
//! get what the journal leaves, whatever `limits.connections` says.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

use crate::config::Config;
use crate::http::bounds::{PROBES, REFUSING_MAX};

/// What the journal, its copies, timers, signals, the log and the listeners may have open.
const OWN: u64 = 96;

/// Raises the limit of open files as far as an ordinary user may, and gives the connections that fit into it, for each
/// listener: at most `limits.connections`.
pub(super) fn connections(config: &Config) -> usize {
    let limit = raise();
    let wanted = config.limits.connections;
    let listeners = 1 + u64::from(config.server.metrics_listen.is_some());
    let Some(limit) = limit else { return wanted };
    let fit = fit(limit, listeners);
    if fit < wanted {
        warn!(
            "limits.connections is {wanted}, and this process may have {limit} files open (ulimit -n): at most {fit} connections are \
             taken at once on each listener"
        );
    }
    wanted.min(fit)
}

/// Connections that fit into this many descriptors, for each listener. At least one.
fn fit(limit: u64, listeners: u64) -> usize {
    let each = limit.saturating_sub(OWN) / listeners;
    usize::try_from(each).unwrap_or(usize::MAX).saturating_sub(PROBES + REFUSING_MAX).max(1)
}

/// The limit that is in force then; `None` when there is none.
fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_get_what_the_journal_leaves() {
        assert_eq!(fit(1024, 1), 1024 - 96 - PROBES - REFUSING_MAX);
        assert_eq!(fit(1024, 2), 464 - PROBES - REFUSING_MAX);
        assert_eq!((fit(64, 1), fit(0, 2)), (1, 1));
    }
}
