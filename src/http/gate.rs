//! [`Gate`]: bounds the bytes of all requests in flight, from the first byte of a body until its events are durable.
//!
//! A large request never keeps a small one out: the last part of the gate is for small requests. When the process is
//! near `limits.memory`, whatever the reason, the gate narrows: little is taken at a time, so that freed memory can be
//! used again. It never closes: what a narrow gate lets in fits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::reply::{Answer, ErrorReply};
use crate::telemetry::Refused;
use crate::telemetry::resident::Watermark;

/// A request that holds no more than this is small.
const SMALL_BYTES: usize = 128 << 10;
/// One part in this many of the gate is for small requests.
const FOR_SMALL: usize = 8;
/// One part in this many of the gate stays open near the limit.
const NARROW: usize = 8;

/// Counts the bytes of requests that are held at once.
#[derive(Clone, Debug)]
pub struct Gate {
    held: Arc<AtomicUsize>,
    max: usize,
    /// Beyond this the process is near its limit. `None` never narrows.
    near: Option<Arc<Watermark>>,
}

impl Gate {
    /// A gate that never narrows.
    pub fn new(max: usize) -> Gate {
        Gate { held: Arc::default(), max, near: None }
    }

    /// A gate that narrows while the process takes more than `near` bytes.
    pub fn narrowing(max: usize, near: u64) -> Gate {
        Gate { near: Some(Arc::new(Watermark::at(near))), ..Gate::new(max) }
    }

    /// A place for one request, which holds nothing yet.
    pub fn hold(&self) -> Hold {
        Hold { gate: self.clone(), bytes: 0 }
    }

    /// How many bytes all requests may hold when one of them holds `wanted`, and whether that is less than usual.
    fn room_for(&self, wanted: usize) -> Result<(usize, bool), ErrorReply> {
        let for_large = self.max - self.max / FOR_SMALL;
        let is_small = wanted <= SMALL_BYTES.min(self.max / FOR_SMALL);
        if !is_small && wanted > for_large {
            let error = format!(
                "the body and its events take more than {for_large} bytes (limits.memory); nothing was taken: send \
                 fewer events at once"
            );
            return Err(ErrorReply::new(Answer::TooLarge, error));
        }
        let is_narrow = self.is_narrow();
        Ok((if is_small { self.max } else { for_large } / if is_narrow { NARROW } else { 1 }, is_narrow))
    }

    fn is_narrow(&self) -> bool {
        self.near.as_ref().is_some_and(|near| near.is_passed())
    }
}

/// A request's part of the [`Gate`]; given back when dropped.
#[derive(Debug)]
pub struct Hold {
    gate: Gate,
    bytes: usize,
}

impl Hold {
    /// The bytes that are held now.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes `more` bytes.
    ///
    /// # Errors
    /// When they don't fit now, so that the sender must wait; or never, so that it must send less at once.
    pub fn grow(&mut self, more: usize) -> Result<(), ErrorReply> {
        let wanted = self.bytes.saturating_add(more);
        let (max, is_narrow) = self.gate.room_for(wanted)?;
        let fits = |held: usize| held.checked_add(more).filter(|sum| *sum <= max);
        match self.gate.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                self.bytes = wanted;
                Ok(())
            }
            Err(_) if is_narrow => Err(ErrorReply::busy(
                Refused::Memory,
                "the process is near limits.memory, and takes little at once; send this again",
            )),
            Err(_) => {
                let error = format!("request bodies of up to {max} bytes are handled at once; send this again");
                Err(ErrorReply::busy(Refused::Requests, error))
            }
        }
    }

    /// Takes what is missing to hold `bytes`.
    pub fn cover(&mut self, bytes: usize) -> Result<(), ErrorReply> {
        match bytes.checked_sub(self.bytes) {
            None | Some(0) => Ok(()),
            Some(more) => self.grow(more),
        }
    }

    /// Gives back what is held beyond `bytes`.
    pub fn shrink(&mut self, bytes: usize) {
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
    fn what_can_never_fit_must_be_sent_in_parts() {
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
