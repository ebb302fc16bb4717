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
use openmetrics::OpenMetrics;
use protobuf::Protobuf;
use text::Text;

/// An exposition in one format; `expected_bytes` is the size of the last one, and `pour` gives the families.
pub fn write(
    format: Format,
    escaping: Option<Escaping>,
    metrics: Metrics,
    expected_bytes: usize,
    pour: impl FnOnce(&mut dyn Sink),
) -> Vec<u8> {
    match format {
        Format::Text => collect(Text::sized(expected_bytes), escaping, pour, Text::into_bytes),
        Format::OpenMetrics => {
            collect(OpenMetrics::sized(expected_bytes, metrics.created), escaping, pour, OpenMetrics::into_bytes)
        }
        Format::Protobuf => {
            collect(Protobuf::sized(expected_bytes, metrics.native_histograms), escaping, pour, Protobuf::into_bytes)
        }
    }
}

fn collect<Writer: Sink>(
    mut writer: Writer,
    escaping: Option<Escaping>,
    pour: impl FnOnce(&mut dyn Sink),
    into_bytes: impl FnOnce(Writer) -> Vec<u8>,
) -> Vec<u8> {
    match escaping {
        Some(Escaping::Dots) => pour(&mut Escaped(&mut writer, Escaping::Dots)),
        _ => pour(&mut writer),
    }
    into_bytes(writer)
}
