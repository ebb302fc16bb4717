//! [`Budget`]: how `limits.memory` is divided. Pure arithmetic; docs/operations.md has it as a table.
//!
//! What the shares leave belongs to the fold: open cases, series, and the copies that a checkpoint in progress makes of
//! what changes meanwhile. So the fold's part grows with every byte that is added.
//!
//! The shares err on the high side. What they still miss is caught by `ingest::body::Gate`, which measures the process
//! itself and takes small requests one at a time while it is near the limit.

use super::file::limits::Limits;
use super::file::server::Server;
pub use super::model::bounds::ID_BYTES;
use super::shares::{self, CONNECTION_BYTES, DECLARED_SYSTEM_BYTES, REQUEST_BYTES, STATE_MIN};

/// The parts, in bytes. Together they are `limits.memory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub memory: u64,
    pub base: u64,
    pub ids: u64,
    pub connections: u64,
    /// Bodies on the wire and decompressed, and their events until they are durable.
    pub requests: u64,
    pub writer: u64,
    pub inflating: u64,
    pub pool: u64,
    pub scrapes: u64,
    /// Open, waiting and remembered lifecycles, series, label values.
    pub state: u64,
    /// Copies of the state that a checkpoint or a scrape in progress causes.
    pub copies: u64,
    /// The buffer of one connection.
    pub buffer: u64,
}

/// Divides `limits.memory` between what these limits and listeners may take.
///
/// # Errors
/// When they reserve more than there is.
pub fn of(limits: &Limits, server: &Server, systems: usize) -> Result<Budget, Misfit> {
    Budget::of(limits, 1 + u64::from(server.metrics_listen.is_some()), systems as u64)
}

impl Budget {
    /// Divides `limits.memory`, or says what doesn't fit.
    ///
    /// # Errors
    /// When the limits reserve more than there is.
    pub fn of(limits: &Limits, listeners: u64, systems: u64) -> Result<Budget, Misfit> {
        let memory = limits.memory;
        let connections = limits.connections as u64 * listeners;
        let buffer = (shares::CONNECTIONS.of(memory) / connections.max(1)).saturating_sub(CONNECTION_BYTES);
        let buffer = buffer.clamp(shares::BUFFER_BYTES.0, shares::BUFFER_BYTES.1);
        let one_request = limits.body_bytes.saturating_add(limits.decompressed_bytes).saturating_add(REQUEST_BYTES);
        let parts = Budget {
            memory,
            base: shares::BASE.of(memory),
            ids: (limits.dedupe_ids as u64).saturating_mul(ID_BYTES),
            connections: connections.saturating_mul(buffer + CONNECTION_BYTES),
            // Large requests leave an eighth for small ones.
            requests: shares::REQUESTS.of(memory).max(one_request.saturating_add(one_request / 7)),
            writer: shares::WRITER.of(memory),
            inflating: shares::INFLATING.of(memory),
            pool: shares::POOL.of(memory),
            scrapes: shares::SCRAPES.of(memory),
            state: 0,
            copies: 0,
            buffer,
        };
        let reserved = parts.reserved();
        let needed = reserved.saturating_add(STATE_MIN).saturating_add(systems.saturating_mul(DECLARED_SYSTEM_BYTES));
        if needed > memory {
            return Err(Misfit { parts, systems: systems.saturating_mul(DECLARED_SYSTEM_BYTES), needed });
        }
        let copies = (memory - reserved) / 6;
        Ok(Budget { state: memory - reserved - copies, copies, ..parts })
    }

    fn reserved(&self) -> u64 {
        let Budget { base, ids, connections, requests, writer, inflating, pool, scrapes, .. } = *self;
        [base, ids, connections, requests, writer, inflating, pool, scrapes].into_iter().fold(0, u64::saturating_add)
    }

    /// Text of one exposition.
    pub fn exposition(&self) -> u64 {
        self.scrapes / 2
    }
    /// From here on the process is near its limit.
    pub fn near(&self) -> u64 {
        self.memory - self.memory / 12
    }
}

/// Limits that don't fit into `limits.memory` together.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    pub parts: Budget,
    /// What the declared systems take.
    pub systems: u64,
    /// What `limits.memory` would have to be at least.
    pub needed: u64,
}

impl Misfit {
    /// The parts, the largest first: (what, bytes, the key that makes it smaller).
    pub fn largest(&self) -> Vec<(&'static str, u64, &'static str)> {
        let Budget { base, ids, connections, requests, writer, inflating, pool, scrapes, .. } = self.parts;
        let mut parts = vec![
            ("ids", ids, "limits.dedupe_ids"),
            ("connections", connections, "limits.connections"),
            ("requests", requests, "limits.decompressed_bytes"),
            ("systems and cases", self.systems + STATE_MIN, "systems"),
            ("everything else", base + writer + inflating + pool + scrapes, ""),
        ];
        parts.sort_by_key(|(_, bytes, _)| std::cmp::Reverse(*bytes));
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// As the configuration fills in what a file doesn't say.
    fn limits(memory: u64) -> Limits {
        let default = Limits::default();
        Limits {
            memory,
            dedupe_ids: default.dedupe_ids.min(shares::ids(memory) as usize),
            body_bytes: default.body_bytes.min(shares::body(memory)),
            decompressed_bytes: default.decompressed_bytes.min(shares::decompressed(memory)),
            ..default
        }
    }

    #[test]
    fn the_defaults_fit_whatever_the_memory_and_the_parts_are_the_whole() {
        for memory in [shares::MEMORY_MIN, 64 * MIB, 96 * MIB, 128 * MIB, 256 * MIB, 1 << 30, 1 << 40] {
            let budget = Budget::of(&limits(memory), 1, 0).unwrap_or_else(|misfit| panic!("{memory}: {misfit:?}"));
            assert_eq!(budget.reserved() + budget.state + budget.copies, memory);
            assert!(budget.state >= STATE_MIN / 3 * 2, "{memory}: {budget:?}");
        }
    }

    #[test]
    fn the_default_memory_holds_the_default_limits() {
        let (found, default) = (limits(256 * MIB), Limits::default());
        assert_eq!((found.dedupe_ids, found.body_bytes), (default.dedupe_ids, default.body_bytes));
        assert_eq!(found.decompressed_bytes, default.decompressed_bytes);
    }

    #[test]
    fn limits_that_do_not_fit_are_named_with_the_largest_first() {
        let too_many = Limits { dedupe_ids: 10_000_000, ..limits(64 * MIB) };
        let misfit = Budget::of(&too_many, 1, 0).expect_err("10 million ids in 64 MiB");
        assert_eq!(misfit.largest()[0].2, "limits.dedupe_ids");
        let enough = Limits { memory: misfit.needed, ..too_many };
        assert!(misfit.needed > 340_000_000 && misfit.needed < 420_000_000, "{misfit:?}");
        // The shares of the rest grow with it.
        assert!(Budget::of(&Limits { memory: enough.memory * 2, ..enough }, 1, 0).is_ok());
    }
}
