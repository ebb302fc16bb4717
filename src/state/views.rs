//! What the page, the API and the checklist ask of a snapshot.

pub mod cases;
pub mod past;
pub mod rare;
pub mod spike;
