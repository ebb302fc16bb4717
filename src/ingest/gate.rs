//! [`Gate`]: the bytes of all requests in flight, from the first byte of a body until its events are durable.
//!
//! A large request never keeps a small one out: the last part of the gate is for requests that hold little. When the
//! process itself is near `limits.memory`, whatever the reason, the gate narrows, so that little is taken at a time and
//! what is freed can be used again. It never closes: what a narrow gate lets in fits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::reply::{Answer, Problem};
use crate::telemetry::Refused;
use crate::telemetry::resident::Watermark;

/// A request that holds no more than this is small.
const SMALL_BYTES: usize = 128 << 10;
/// The part of the gate that is for small requests.
const FOR_SMALL: usize = 8;
/// The part of the gate that stays open near the limit.
const NARROW: usize = 8;

/// Counts the bytes of requests that are held at once.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    held: Arc<AtomicUsize>,
    max: usize,
    /// Where the process is near its limit.
    near: Option<Arc<Watermark>>,
}

impl Gate {
    pub(super) fn new(max: usize) -> Gate {
        Gate { held: Arc::default(), max, near: None }
    }

    /// A gate that narrows while the process takes more than `near` bytes.
    pub(super) fn narrowing(max: usize, near: u64) -> Gate {
        Gate { near: Some(Arc::new(Watermark::at(near))), ..Gate::new(max) }
    }

    pub(super) fn hold(&self) -> Hold {
        Hold { gate: self.clone(), bytes: 0 }
    }

    fn is_narrow(&self) -> bool {
        self.near.as_ref().is_some_and(|near| near.is_passed())
    }
}

/// A request's part of the [`Gate`]; given back when dropped.
#[derive(Debug)]
pub(super) struct Hold {
    gate: Gate,
    bytes: usize,
}

impl Hold {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes `more` bytes, or says that the sender must wait, or send less at once.
    pub(super) fn grow(&mut self, more: usize) -> Result<(), Problem> {
        let whole = self.gate.max;
        let wanted = self.bytes.saturating_add(more);
        let for_large = whole - whole / FOR_SMALL;
        let small = wanted <= SMALL_BYTES.min(whole / FOR_SMALL);
        if !small && wanted > for_large {
            let error = format!(
                "the body and its events take more than {for_large} bytes (limits.memory); nothing was taken: send \
                 fewer events at once"
            );
            return Err(Problem::new(Answer::TooLarge, error));
        }
        let narrow = self.gate.is_narrow();
        let max = if small { whole } else { for_large } / if narrow { NARROW } else { 1 };
        let fits = |held: usize| held.checked_add(more).filter(|sum| *sum <= max);
        match self.gate.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                self.bytes = wanted;
                Ok(())
            }
            Err(_) if narrow => Err(Problem::busy(
                Refused::Memory,
                "the process is near limits.memory, and takes little at once; send this again".to_owned(),
            )),
            Err(_) => {
                let error = format!("request bodies of up to {max} bytes are handled at once; send this again");
                Err(Problem::busy(Refused::Requests, error))
            }
        }
    }

    /// Takes what is missing to hold `bytes`.
    pub(super) fn cover(&mut self, bytes: usize) -> Result<(), Problem> {
        match bytes.checked_sub(self.bytes) {
            None | Some(0) => Ok(()),
            Some(more) => self.grow(more),
        }
    }

    /// Gives back what is held beyond `bytes`.
    pub(super) fn shrink(&mut self, bytes: usize) {
        let over = self.bytes.saturating_sub(bytes);
        self.gate.held.fetch_sub(over, Ordering::Relaxed);
        self.bytes -= over;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.gate.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_held_are_given_back() {
        let gate = Gate::new(100);
        let mut first = gate.hold();
        assert!(first.grow(60).is_ok());
        assert!(gate.hold().grow(60).is_err(), "120 of 100 bytes");
        first.shrink(10);
        assert!(gate.hold().grow(60).is_ok());
        drop(first);
        assert!(gate.hold().grow(80).is_ok());
    }

    #[test]
    fn large_requests_leave_room_for_small_ones() {
        let gate = Gate::new(80 << 20);
        let mut large = gate.hold();
        assert!(large.grow(70 << 20).is_ok());
        assert!(gate.hold().grow(1 << 20).is_err(), "what is left is for small ones");
        let small: Vec<_> = (0..40).map(|_| gate.hold()).map(|mut hold| (hold.grow(SMALL_BYTES), hold)).collect();
        assert!(small.iter().all(|(grown, _)| grown.is_ok()));
    }

    #[test]
    fn what_can_never_fit_is_told_to_become_smaller() {
        let problem = format!("{:?}", Gate::new(8 << 20).hold().grow(8 << 20).expect_err("all of it"));
        assert!(problem.contains("TooLarge"), "{problem}");
    }

    #[test]
    fn near_the_limit_little_is_taken_at_once_and_something_always() {
        let gate = Gate::narrowing(80 << 20, 1);
        let problem = format!("{:?}", gate.hold().grow(10 << 20).expect_err("any process takes more than a byte"));
        assert!(problem.contains("limits.memory"), "{problem}");
        assert!(gate.hold().grow(1 << 20).is_ok());
    }
}
