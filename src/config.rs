//! What was written in `day90.yaml` → what is believed, with every mistake reported at once.
//!
//! * [`model`] is the operating model that the fold needs: pure data, recorded in the journal.

pub mod model;

pub use model::Model;
