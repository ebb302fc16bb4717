//! The only place that reads the wall clock. Everything else is handed a [`Clock`], so that tests and the demo decide what
//! time it is, and replay never sees the present.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::event::Timestamp;

/// Tells the time, UTC.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_nanos(since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// A clock that is set by hand, until it is released to follow the machine's.
pub struct DrivenClock(AtomicI64);

impl DrivenClock {
    const RELEASED: i64 = i64::MIN;

    pub fn at(start: Timestamp) -> DrivenClock {
        DrivenClock(AtomicI64::new(start.nanos()))
    }
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.nanos(), Ordering::SeqCst);
    }
    /// From now on, the machine's time.
    pub fn release(&self) {
        self.0.store(Self::RELEASED, Ordering::SeqCst);
    }
}

impl Clock for DrivenClock {
    fn now(&self) -> Timestamp {
        match self.0.load(Ordering::SeqCst) {
            Self::RELEASED => SystemClock.now(),
            nanos => Timestamp::from_nanos(nanos),
        }
    }
}
