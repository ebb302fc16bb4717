//! What day90 says about itself: its own fixed metrics, the process's, and the log.
//!
//! The metrics are declared once, in [`families::FAMILIES`], and kept by the `prometheus` crate in a separate registry;
//! [`Telemetry::visit`] writes them into the same [`crate::state::engine::family::Sink`] as the state. Every label has a
//! closed set of values, so each combination is a separate metric, found by its position: nothing here hashes a label
//! value. Counters begin at 0. A gauge appears when it is first set.

pub mod families;
mod gathered;
mod lately;
pub mod logging;
mod newborn;
mod own;
mod reasons;
mod register;
mod rejections;
pub mod resident;
#[cfg(test)]
mod tests;

pub use families::{FAMILIES, PROCESS};
pub use logging::{LinesDropped, logging};
pub use own::{Space, Telemetry};
pub use reasons::{Closed, Format, Refused};
