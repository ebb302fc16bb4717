//! What one listener answers and may hold, and how long each phase of a connection may take.

use std::time::Duration;

use crate::config::guards::Listener;

/// What a listener answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    /// `/metrics`, `/-/healthy` and `/-/ready`.
    MetricsOnly,
}

impl Scope {
    pub(super) fn listener(self) -> Listener {
        match self {
            Scope::All => Listener::Main,
            Scope::MetricsOnly => Listener::Metrics,
        }
    }
}

/// Connections beyond [`ListenerBounds::connections`] that may ask for `/metrics` and health.
pub const PROBES: usize = 16;
/// Connections that are being answered 503; further ones are closed without an answer.
pub const REFUSING_MAX: usize = 64;

/// How long a client may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deadlines {
    /// From the connection to its first byte.
    pub first_byte: Duration,
    /// From the first byte of a request to the end of its headers.
    pub head: Duration,
    /// Between two pieces of a body.
    pub body_idle: Duration,
    /// From the first wait for a body to its end.
    pub body_total: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
    /// While the client takes nothing of its answer.
    pub write_stall: Duration,
    /// How long the rest of a refused request is read and dropped, so that the client can read its refusal.
    pub linger: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            first_byte: Duration::from_secs(5),
            head: Duration::from_secs(5),
            body_idle: Duration::from_secs(10),
            body_total: Duration::from_secs(30),
            keep_alive: Duration::from_secs(120),
            write_stall: Duration::from_secs(30),
            linger: Duration::from_secs(2),
        }
    }
}

/// What one listener may hold, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListenerBounds {
    /// Connections at once: `limits.connections`. Beyond it an idle one makes room, or the new one gets 503.
    pub connections: usize,
    /// What may be buffered of a connection, each way, in bytes; a request head must fit. At least 8 KiB.
    pub buffer_bytes: usize,
    pub deadlines: Deadlines,
    /// How long requests in flight may take once the listener stops.
    pub grace: Duration,
}

impl Default for ListenerBounds {
    fn default() -> ListenerBounds {
        ListenerBounds {
            connections: 512,
            buffer_bytes: 64 << 10,
            deadlines: Deadlines::default(),
            grace: Duration::from_secs(10),
        }
    }
}
