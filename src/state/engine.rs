//! What every signal is built from: series, families, labels, lifecycles, timers, ids, memory. It knows no signal.

pub mod core;
pub mod cow;
pub mod dedupe;
pub mod exemplars;
pub mod family;
pub mod index;
pub mod labels;
pub mod lifecycle;
pub mod maybe;
pub mod moves;
pub mod native;
pub mod oldest;
pub mod room;
pub mod series;
