//! state
pub mod family;
