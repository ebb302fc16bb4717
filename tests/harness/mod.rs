//! The language of the tests: a [`Day90`] that is started, told events, scraped, killed and started again.

pub mod cgroup;
pub mod day90;
pub mod dice;
pub mod dir;
pub mod events;
pub mod host;
pub mod http;
pub mod load;
pub mod mount;
pub mod samples;

pub use cgroup::Cgroup;
pub use day90::{Day90, run};
pub use dice::Dice;
pub use dir::Dir;
pub use events::{event, one_of_each};
pub use host::Host;
pub use http::{Answer, Request};
pub use load::Load;
pub use samples::{Scrape, metric};

use std::time::{Duration, Instant};

/// Longest wait for anything that should happen soon. Generous: machines that test are busy.
pub const SOON: Duration = Duration::from_secs(30);

/// A file of the repository, or of another checkout that a variable names.
pub fn repository(path: &str) -> std::path::PathBuf {
    let root = std::env::var_os("DAY90_REPOSITORY").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    std::path::PathBuf::from(root).join(path)
}

/// How much a test does: what the variable says, else what each change can afford.
pub fn size(variable: &str, default: u64) -> u64 {
    let number = |text: String| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number"));
    std::env::var(variable).map_or(default, number)
}

/// Looks again and again until there is something, at most for `within`.
pub fn eventually<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < within, "{what}: not within {within:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
