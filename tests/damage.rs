//! Damaged journals: every damage is named, nothing is lost in silence, and a repair keeps all that is whole.
//!
//! Most of it runs on a disk in memory, with the library's own functions: there are too many cases for a process each.

mod backup;
mod commands;
mod exchanged;
mod flips;
mod repair;
mod truncation;
mod world;
