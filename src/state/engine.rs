//! What every signal is built from: series, families, labels, lifecycles, timers, ids, memory. It knows no signal.

pub mod core;
pub mod cow;
pub mod deadline;
pub mod dedupe;
pub mod erasure;
pub mod exemplar;
pub mod exemplars;
pub mod family;
pub mod hist;
pub mod histograms;
pub mod index;
pub mod key;
pub mod labels;
pub mod lifecycle;
pub mod maybe;
pub mod metric;
pub mod moves;
pub mod native;
pub mod natives;
pub mod oldest;
pub mod parts;
pub mod room;
pub mod series;
pub mod table;
pub mod timers;
pub mod value;
