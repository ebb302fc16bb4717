//! The one place that builds things: recover, start the writer, serve, reload, drain.
//!
//! * `run` builds the daemon and runs it; `serve` has its listeners; `world` is what it is handed from outside.
//! * `routes` is the table of paths; `app` is what its handlers share; `answers` and `forget` are handlers.
//! * `views` is what readers see, by `queries`; `reload` reads the configuration again.
//! * [`check`] is the start, stopped before the first write; [`page_test`] are the test pages of this process.
//!
//! Listeners, clock and the stop signal are handed in, so that a test or the demo starts the real daemon on any
//! port and at any time.

mod accept;
mod answers;
mod app;
pub mod check;
mod descriptors;
mod forget;
pub mod given;
pub mod offline;
pub mod page_test;
mod queries;
mod readers;
mod reload;
mod routes;
mod run;
mod serve;
#[cfg(test)]
mod tests;
mod views;
mod world;

pub use check::{Finding, check_journal};
pub use given::given;
pub use run::run;
pub use serve::GRACE;
pub use world::{Halt, World};
