//! How much memory the process takes, asked of the kernel, and whether that is near a limit.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The kernel is asked no more often than this: it takes some microseconds.
const FRESH: Duration = Duration::from_millis(5);

/// Resident bytes of this process; `None` where the kernel doesn't say.
pub fn bytes() -> Option<u64> {
    // Some tenth of the time that `status` takes.
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident = pages.split(' ').nth(1)?.parse::<u64>().ok()?;
    Some(resident * rustix::param::page_size() as u64)
}

/// Whether the process takes more than a number of bytes.
#[derive(Debug)]
pub struct Watermark {
    bytes: u64,
    asked: Mutex<Option<(Instant, bool)>>,
}

impl Watermark {
    pub fn at(bytes: u64) -> Watermark {
        Watermark { bytes, asked: Mutex::new(None) }
    }

    /// As of a few milliseconds ago at most.
    pub fn is_passed(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        match *asked {
            Some((at, passed)) if at.elapsed() < FRESH => passed,
            _ => {
                let passed = bytes().is_some_and(|bytes| bytes > self.bytes);
                *asked = Some((Instant::now(), passed));
                passed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_takes_more_than_a_mebibyte_and_less_than_a_tebibyte() {
        assert!(Watermark::at(1 << 20).is_passed());
        assert!(!Watermark::at(1 << 40).is_passed());
    }
}
