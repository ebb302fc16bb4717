//! The families of rollbacks and fallbacks.

use super::super::words::RollbackEnd;
use crate::event::{RollbackTo, Trigger};
use crate::state::engine::family::{FLAG, Label, SYSTEM, closed, counter, gauge, histogram};
use crate::state::engine::hist::Hist;
use crate::state::engine::metric::{Computed, metrics};
use crate::state::engine::value::Nanos;

const DRILL: Label = closed("drill", FLAG);
const TO: Label = closed("to", RollbackTo::WORDS);
/// From half a minute to a day.
const DURATIONS: &[f64] = &[30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 86_400.0];

metrics! {
    Ended: u64 = counter(
        "day90_rollbacks_total",
        &[SYSTEM, closed("trigger", Trigger::WORDS), TO, closed("result", RollbackEnd::WORDS), DRILL],
        "Rollbacks that ended, by what triggered them, what they went back to and how they ended. Unfinished: not completed within seven days; a completion after that counts too."
    );
    Overdue: u64 = counter(
        "day90_rollbacks_overdue_total",
        &[SYSTEM, TO, DRILL],
        "Rollbacks that took longer than the declared time, each once, whatever comes of them."
    );
    Duration: Hist = histogram(
        "day90_rollback_duration_seconds",
        &[SYSTEM, DRILL],
        DURATIONS,
        "Time from a rollback's start to restored."
    );
    InProgress: u64 = gauge(
        "day90_rollbacks_in_progress",
        &[SYSTEM],
        "Rollbacks that were started and not completed."
    );
    LastSuccess: Computed = gauge(
        "day90_rollback_last_success_timestamp_seconds",
        &[SYSTEM, DRILL],
        "When a rollback to what is declared last restored the system, as a Unix time; drill=\"true\" is the last good drill. time() minus this is how long the way back is unproven."
    );
    FallbackActive: Computed = gauge(
        "day90_fallback_active",
        &[SYSTEM],
        "1 while people or the previous process serve instead of the system."
    );
    FallbackStart: Computed = gauge(
        "day90_fallback_start_timestamp_seconds",
        &[SYSTEM],
        "When the running fallback began, as a Unix time; absent while there is none."
    );
    FallbackSeconds: Nanos = counter(
        "day90_fallback_seconds_total",
        &[SYSTEM],
        "Time that people or the previous process served instead of the system, counted when a fallback ends."
    );
}
