//! Proof with real parts: Debian's Prometheus and Alertmanager, their tools, and the shipped rules and dashboard.

mod dashboard;
mod native;
mod newborn;
mod page_test;
mod spike;
mod taught;
mod tools;
mod traffic;
mod webhook;
mod world;
