//! Writes families and samples as Prometheus reads them.
//!
//! * [`text`] is the text format 0.0.4; [`number`] spells its numbers.
//! * [`negotiate`] decides which format and which content encoding a scraper gets.
//!
//! Every format is a [`Sink`](crate::state::family::Sink): whoever has families pours them in.

#[cfg(test)]
mod metrics_doc;
pub mod negotiate;
pub mod number;
pub mod text;
