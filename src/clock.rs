//! The only place that reads the clocks of the machine. Everything else is handed a [`Clock`], so that tests and the demo
//! decide what time it is, and replay never sees the present.

mod steady;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::event::Timestamp;

pub use self::steady::SteadyClock;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock, UTC. It can be set, forward and back.
    fn now(&self) -> Timestamp;
    /// How long the machine has been up, the time that it slept included. Nobody sets this one.
    fn since_boot(&self) -> Duration;
}

/// The machine's clocks.
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_nanos(since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)))
    }

    fn since_boot(&self) -> Duration {
        let boot = clock_gettime(ClockId::Boottime);
        Duration::new(boot.tv_sec.unsigned_abs(), u32::try_from(boot.tv_nsec).unwrap_or(0))
    }
}

/// A clock that is set by hand, until it is released to follow the machine's.
pub struct DrivenClock {
    nanos: AtomicI64,
    /// By how much it was stepped in all: moved without time that passed.
    stepped: AtomicI64,
}

impl DrivenClock {
    const RELEASED: i64 = i64::MIN;

    pub fn at(start: Timestamp) -> DrivenClock {
        DrivenClock { nanos: AtomicI64::new(start.nanos()), stepped: AtomicI64::new(0) }
    }

    /// Time passes until then. A moment before the present one is a step back.
    pub fn set(&self, now: Timestamp) {
        let back = now.since(self.now()).min(0);
        self.stepped.fetch_add(back, Ordering::SeqCst);
        self.nanos.store(now.nanos(), Ordering::SeqCst);
    }

    /// Somebody sets the clock by this many nanoseconds; no time passes.
    pub fn step(&self, by: i64) {
        let now = self.now().plus(by);
        self.stepped.fetch_add(by, Ordering::SeqCst);
        self.nanos.store(now.nanos(), Ordering::SeqCst);
    }

    /// From now on, the machine's time.
    pub fn release(&self) {
        self.nanos.store(Self::RELEASED, Ordering::SeqCst);
    }
}

impl Clock for DrivenClock {
    fn now(&self) -> Timestamp {
        match self.nanos.load(Ordering::SeqCst) {
            Self::RELEASED => SystemClock.now(),
            nanos => Timestamp::from_nanos(nanos),
        }
    }

    fn since_boot(&self) -> Duration {
        let passed = self.now().nanos().saturating_sub(self.stepped.load(Ordering::SeqCst));
        Duration::from_nanos(passed.unsigned_abs())
    }
}
