//! The locks and threads of the [`crate::pipeline`]: std's; with the feature `shuttle` those of a checker that runs the
//! pipeline under many schedules, see `pipeline/schedules.rs`. No release is built with the feature.

#[cfg(feature = "shuttle")]
pub use shuttle::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};
#[cfg(not(feature = "shuttle"))]
pub use std::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};
