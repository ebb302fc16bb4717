//! [`Metric`]: a metric as a type, so that a series can't be paired with another's family, labels or kind of value.
//!
//! A signal declares its metrics once, with `metrics!`. From each declaration come the family (name, labels, help,
//! buckets), the type of the key and of the value, and a place in the signal's list of families. `Series<Opened>` is then
//! the only table that can count `Opened`, and it takes as many label values as `Opened` has labels.

use super::family::{Family, Type};
use super::hist::Hist;
use super::key::Key;
use super::value::Nanos;

/// One metric: implemented by `metrics!` for a type without values.
pub trait Metric: 'static {
    /// The label values of one series.
    type Key: Key;
    /// What a series holds.
    type Value;
    const FAMILY: &'static Family;
}

/// The value of a metric that has no series: its samples are made when a snapshot is read.
pub enum Computed {}

/// Whether a value of this kind fits the type of a family. Checked when a metric is declared.
pub const fn is_histogram<M: Metric>() -> bool {
    matches!(M::FAMILY.kind, Type::Histogram)
}

/// Marks what a histogram may hold, for the check in `metrics!`.
pub trait Holds {
    const HISTOGRAM: Option<bool>;
}

impl Holds for u64 {
    const HISTOGRAM: Option<bool> = Some(false);
}
impl Holds for Nanos {
    const HISTOGRAM: Option<bool> = Some(false);
}
impl Holds for Hist {
    const HISTOGRAM: Option<bool> = Some(true);
}
impl Holds for Computed {
    const HISTOGRAM: Option<bool> = None;
}

/// Declares the metrics of a signal, in the order in which they are shown, and `FAMILIES`, the list of them.
///
/// ```text
/// metrics! {
///     Opened: u64 = counter("day90_escalations_total", &[SYSTEM, open("queue")], "What it counts.");
/// }
/// ```
/// The value is `u64` (a count), [`Nanos`] (seconds, money or a moment), [`Hist`], or [`Computed`].
macro_rules! metrics {
    ($($name:ident: $value:ty = $family:expr;)+) => {
        $(
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl $crate::state::engine::metric::Metric for $name {
                type Key = [u32; {
                    const DECLARED: $crate::state::engine::family::Family = $family;
                    DECLARED.labels.len()
                }];
                type Value = $value;
                const FAMILY: &'static $crate::state::engine::family::Family = {
                    static FAMILY: $crate::state::engine::family::Family = $family;
                    &FAMILY
                };
            }

            const _: () = assert!(
                match <$value as $crate::state::engine::metric::Holds>::HISTOGRAM {
                    Some(histogram) => histogram == $crate::state::engine::metric::is_histogram::<$name>(),
                    None => true,
                },
                "histograms hold Hist, counters and gauges hold u64 or Nanos"
            );
        )+
        /// The families declared here, in the order in which they are shown.
        pub const FAMILIES: &[&$crate::state::engine::family::Family] =
            &[$(<$name as $crate::state::engine::metric::Metric>::FAMILY),+];
    };
}
pub(crate) use metrics;
