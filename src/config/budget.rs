//! [`Budget`]: what `limits.memory` is divided into. Pure arithmetic; docs/operations.md has it as a table.
//!
//! Every part that a sender can make grow has a share, a floor below which it would not work, and a ceiling above which
//! it would not get better. What the parts leave is the fold's: open cases, series, and the copies that a checkpoint in
//! progress makes of what changes meanwhile. So the fold's share grows with every byte that is added.
//!
//! The shares err on the high side. What they still miss is caught by `http::gate::Gate`, which looks at the process
//! itself and takes one small request after the other while it is near the limit.

use super::{Limits, Server};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// The least that `limits.memory` may be: every default fits.
pub const MEMORY_MIN: u64 = 48 * MIB;
/// Shares are in parts of this.
const WHOLE: u64 = 240;

/// The program, its threads and its own metrics.
const BASE: Share = Share { parts: 12, floor: 6 * MIB, ceiling: 12 * MIB };
const IDS: Share = Share { parts: 32, floor: 0, ceiling: u64::MAX };
const CONNECTIONS: Share = Share { parts: 12, floor: 0, ceiling: u64::MAX };
const REQUESTS: Share = Share { parts: 44, floor: 0, ceiling: 96 * MIB };
/// A frame and what the writer needs to choose its events.
const WRITER: Share = Share { parts: 12, floor: 0, ceiling: 16 * MIB };
/// The windows of bodies that are being decompressed.
const INFLATING: Share = Share { parts: 8, floor: 2 * MIB, ceiling: 16 * MIB };
const POOL: Share = Share { parts: 4, floor: 0, ceiling: 12 * MIB };
/// Two expositions: the one that is read, and the one that is made.
const SCRAPES: Share = Share { parts: 16, floor: 0, ceiling: u64::MAX };
const BODY: Share = Share { parts: 20, floor: 0, ceiling: 8 * MIB };
const DECOMPRESSED: Share = Share { parts: 30, floor: 0, ceiling: 32 * MIB };

/// What one remembered id takes: itself and its place in a table, a quarter of which is there twice while it grows.
pub const ID_BYTES: u64 = 34;
/// What a connection takes beside its buffer.
const CONNECTION_BYTES: u64 = 6 * KIB;
/// The buffer of one connection; a request's head must fit.
const BUFFER_BYTES: (u64, u64) = (8 * KIB, 64 * KIB);
/// What one request needs beside its body: its events in the journal's encoding begin small.
const REQUEST_BYTES: u64 = MIB;
/// What a declared system takes at least, with the series that stand at 0 from the start.
const DECLARED_SYSTEM_BYTES: u64 = 4 * KIB;
/// The least that is left for open cases and series.
const STATE_MIN: u64 = 3 * MIB;

#[derive(Clone, Copy, Debug)]
struct Share {
    parts: u64,
    floor: u64,
    ceiling: u64,
}

impl Share {
    fn of(self, memory: u64) -> u64 {
        (memory / WHOLE * self.parts + memory % WHOLE * self.parts / WHOLE).clamp(self.floor, self.ceiling)
    }
}

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

/// The ids that are remembered when the file doesn't say.
pub fn ids_within(memory: u64) -> u64 {
    IDS.of(memory) / ID_BYTES
}
/// The largest body on the wire when the file doesn't say.
pub fn body_within(memory: u64) -> u64 {
    BODY.of(memory)
}
/// The largest decompressed body when the file doesn't say.
pub fn decompressed_within(memory: u64) -> u64 {
    DECOMPRESSED.of(memory)
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
        let buffer = (CONNECTIONS.of(memory) / connections.max(1)).saturating_sub(CONNECTION_BYTES);
        let buffer = buffer.clamp(BUFFER_BYTES.0, BUFFER_BYTES.1);
        let one_request = limits.body_bytes.saturating_add(limits.decompressed_bytes).saturating_add(REQUEST_BYTES);
        let parts = Budget {
            memory,
            base: BASE.of(memory),
            ids: (limits.dedupe_ids as u64).saturating_mul(ID_BYTES),
            connections: connections.saturating_mul(buffer + CONNECTION_BYTES),
            // Large requests leave an eighth for small ones.
            requests: REQUESTS.of(memory).max(one_request.saturating_add(one_request / 7)),
            writer: WRITER.of(memory),
            inflating: INFLATING.of(memory),
            pool: POOL.of(memory),
            scrapes: SCRAPES.of(memory),
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
    /// What takes how much, the largest first: (what, bytes, the key that makes it smaller).
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

    /// As the configuration fills in what a file doesn't say.
    fn limits(memory: u64) -> Limits {
        let least = |default: u64, within: u64| default.min(within);
        let default = Limits::default();
        Limits {
            memory,
            dedupe_ids: least(1_000_000, ids_within(memory)) as usize,
            body_bytes: least(8 * MIB, body_within(memory)),
            decompressed_bytes: least(32 * MIB, decompressed_within(memory)),
            ..default
        }
    }

    #[test]
    fn the_defaults_fit_whatever_the_memory_and_the_parts_are_the_whole() {
        for memory in [MEMORY_MIN, 64 * MIB, 96 * MIB, 128 * MIB, 256 * MIB, 1 << 30, 1 << 40] {
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
