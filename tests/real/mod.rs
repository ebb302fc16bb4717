//! Proof with real parts: Debian's Prometheus and Alertmanager, their tools, and the shipped rules and dashboard.

mod dashboard;
mod native;
mod newborn;
mod page_test;
mod spike;
pub mod taught;
mod tools;
pub mod traffic;
mod webhook;
mod world;
