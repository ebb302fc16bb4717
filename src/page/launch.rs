//! The launch of a system, which its page and its status count from.

use super::view::View;

/// Days since the launch, as preflight counts them: the day of the launch is day 0. Below 0 before it.
pub(super) fn day(view: &View) -> Option<i64> {
    let launched = view.oldest("day90_system_launch_timestamp_seconds")?;
    Some(((view.now.as_seconds_f64() - launched) / 86_400.0).floor() as i64)
}
