//! day90: is this behavior operated, or only deployed?
//!
//! Events flow one way, and the modules are named after the stages, in that order:
//!
//! ```text
//! ingest → event → pipeline → journal → state → expose
//! ```
//!
//! * [`http`] accepts connections, bounds them, and finds the handler of a path. Knows no event.
//! * [`ingest`] turns bytes into batches of events, a file a source, and owes the sender a reply.
//! * [`event`] is the contract: JSON → [`event::Event`], and its encoding on disk. Pure.
//! * [`pipeline`] is the single writer: deduplicate → append → sync → fold → reply.
//! * [`journal`] stores bytes and knows no event.
//! * [`state`] folds events into series and open cases. Pure: time and configuration are inputs.
//! * [`expose`] writes a snapshot of the state as Prometheus reads it; [`page`] shows it to a person; [`preflight`]
//!   grades the checklist by it.
//!
//! Around them: [`config`] (what was written → what is valid), [`daemon`] (the one place that builds things),
//! [`cli`] (the commands), [`telemetry`] (what day90 says about itself), [`pool`] (buffers that are used
//! again), [`clock`] and [`sync`] (the locks).
//!
//! For people: [`words`] (numbers), [`wilson`] (intervals), [`explain`] (the spike detector in words). What is more than a
//! command: [`demo`] and [`backtest`]. What commands share: [`failure`] (exit codes), `send` (events to a daemon), `lines`
//! (recordings), `terminal` (progress), `process` (listener, signals, allocator).

pub mod backtest;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod event;
pub mod explain;
pub mod expose;
pub mod failure;
pub mod http;
pub mod ingest;
pub mod journal;
mod lines;
pub mod page;
pub mod pipeline;
pub mod pool;
pub mod preflight;
mod process;
mod send;
pub mod state;
pub mod sync;
pub mod telemetry;
mod terminal;
pub mod wilson;
pub mod words;
