//! How much memory the process takes, asked of the kernel, and whether that is near a limit.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The kernel is asked no more often than this: it takes some microseconds.
const FRESH: Duration = Duration::from_millis(5);
/// What the kernel answers is shorter, in bytes: seven numbers.
const ANSWER_BYTES: usize = 160;

/// Whether the process takes more than a number of bytes.
#[derive(Debug)]
pub struct Watermark {
    bytes: u64,
    /// Open all the time: reading it again is one system call, and a tenth of the time that `status` takes. `None` where
    /// the kernel doesn't say.
    statm: Option<File>,
    asked: Mutex<Option<(Instant, bool)>>,
}

impl Watermark {
    pub fn at(bytes: u64) -> Watermark {
        Watermark { bytes, statm: File::open("/proc/self/statm").ok(), asked: Mutex::new(None) }
    }

    /// As of a few milliseconds ago at most.
    pub fn is_passed(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        match *asked {
            Some((at, passed)) if at.elapsed() < FRESH => passed,
            _ => {
                let passed = self.resident().is_some_and(|bytes| bytes > self.bytes);
                *asked = Some((Instant::now(), passed));
                passed
            }
        }
    }

    /// Resident bytes of this process.
    fn resident(&self) -> Option<u64> {
        let mut answer = [0; ANSWER_BYTES];
        let length = self.statm.as_ref()?.read_at(&mut answer, 0).ok()?;
        let pages = std::str::from_utf8(&answer[..length]).ok()?.split(' ').nth(1)?;
        Some(pages.parse::<u64>().ok()? * rustix::param::page_size() as u64)
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
