//! The metric of a clock that was set right.

use crate::state::engine::family::counter;
use crate::state::engine::metric::{Computed, metrics};

metrics! {
    Corrected: Computed = counter(
        "day90_clock_corrected_seconds_total",
        &[],
        "Seconds by which the time of the state went back because this machine's clock had been ahead. What was done too early stays: deadlines that were found missed, months that began."
    );
}
