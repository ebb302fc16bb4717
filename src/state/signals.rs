//! A file for each signal: which events it takes, what it keeps, which metrics it gives.

pub mod boundaries;
pub mod changes;
pub mod escalations;
pub mod facts;
pub mod inputs;
pub mod itself;
pub mod objectives;
pub mod resolutions;
pub mod reviews;
pub mod rollbacks;
pub mod spike;
pub mod trust;
pub mod upkeep;
pub mod work;
