//! Writes families and samples in the formats that Prometheus reads.
//!
//! * [`text`] is the text format 0.0.4, [`openmetrics`] is OpenMetrics 1.0.0; both write `lines` with [`number`]s.
//!   [`protobuf`] also has native histograms, and is written with `wire`.
//! * [`negotiate`] decides which format and which content encoding a scraper gets, [`escaping`] how names are spelled.
//!
//! Every format is a [`Sink`], and gets the same families.

pub mod escaping;
mod lines;
pub mod negotiate;
pub mod number;
pub mod openmetrics;
pub mod protobuf;
pub mod text;
mod wire;

use crate::config::Metrics;
use crate::state::engine::family::Sink;
use crate::telemetry::Format;
use escaping::{Escaped, Escaping};

/// An exposition in one format; `expected_bytes` is the size of the last one, and `pour` gives the families.
pub fn write(
    format: Format,
    escaping: Option<Escaping>,
    metrics: Metrics,
    expected_bytes: usize,
    pour: impl FnOnce(&mut dyn Sink),
) -> Vec<u8> {
    let into = |sink: &mut dyn Sink| match escaping {
        Some(Escaping::Dots) => pour(&mut Escaped(sink, Escaping::Dots)),
        _ => pour(sink),
    };
    match format {
        Format::Text => {
            let mut sink = text::Text::sized(expected_bytes);
            into(&mut sink);
            sink.into_bytes()
        }
        Format::OpenMetrics => {
            let mut sink = openmetrics::OpenMetrics::sized(expected_bytes, metrics.created);
            into(&mut sink);
            sink.into_bytes()
        }
        Format::Protobuf => {
            let mut sink = protobuf::Protobuf::sized(expected_bytes, metrics.native_histograms);
            into(&mut sink);
            sink.into_bytes()
        }
    }
}
