//! Tests that start the built daemon, speak to it as senders, scrapers and supervisors do, and look at what comes back.
//!
//! [`harness`] is their language. A file is a topic; `real` is about Prometheus and Alertmanager themselves. What a test
//! needs and doesn't find (a program, a port) is a failure that says so: nothing is skipped.
#![allow(clippy::unwrap_used)]

mod harness;

mod accept;
mod alerts;
mod bad_input;
mod cli;
mod clock_steps;
mod cloudevents;
mod commands;
mod crowds;
mod damage;
mod determinism;
mod directory;
mod disk;
mod durability;
mod exposition;
mod faults;
mod forget;
mod formats;
mod generated_input;
mod http;
mod kill9;
mod latency;
mod log_sinks;
mod memory;
mod metrics_doc;
mod model;
mod names;
mod net;
mod newborn;
mod open_cases;
mod paging;
mod preflight;
mod real;
mod reload;
mod schema;
mod send;
mod simulation;
mod slow_clients;
mod soak;
mod structure;
mod systems;
mod who_may;
mod wrong_readers;
