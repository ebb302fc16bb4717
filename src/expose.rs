//! Writes families and samples in the formats that Prometheus reads.
//!
//! * [`text`] is the text format 0.0.4, [`openmetrics`] is OpenMetrics 1.0.0; both write `lines` with [`number`]s.
//!   [`protobuf`] also has native histograms, and is written with `wire`.
//! * [`negotiate`] decides which format and which content encoding a scraper gets, [`escaping`] how names are spelled; `gzip`
//!   packs what is written, part by part.
//!
//! Every format is a [`Sink`], and gets the same families.

pub mod escaping;
mod gzip;
mod labels;
mod lines;
pub mod negotiate;
pub mod number;
pub mod openmetrics;
mod out;
pub mod protobuf;
pub mod text;
mod wire;

use crate::config::Metrics;
use crate::state::engine::family::Sink;
use crate::telemetry::Format;
use escaping::{Escaped, Escaping};
use negotiate::Choice;
use openmetrics::OpenMetrics;
pub use out::Exposition;
use protobuf::Protobuf;
use text::Text;

/// An exposition as a scraper chose it; `expected_bytes` is the size of the last one in this format, and `pour` gives the
/// families. This is CPU work: call it on a blocking thread.
pub fn answer(choice: Choice, metrics: Metrics, expected_bytes: usize, pour: impl FnOnce(&mut dyn Sink)) -> Exposition {
    let (bytes, packed, escaping) = (expected_bytes, choice.gzip, choice.escaping);
    match choice.format() {
        Format::Text => collect(Text::sized(bytes, packed), escaping, pour, Text::finish),
        Format::OpenMetrics => {
            collect(OpenMetrics::sized(bytes, packed, metrics.created), escaping, pour, OpenMetrics::finish)
        }
        Format::Protobuf => {
            collect(Protobuf::sized(bytes, packed, metrics.native_histograms), escaping, pour, Protobuf::finish)
        }
    }
}

/// An exposition in one format, as it is.
pub fn write(format: Format, metrics: Metrics, expected_bytes: usize, pour: impl FnOnce(&mut dyn Sink)) -> Vec<u8> {
    answer(Choice::plain(format), metrics, expected_bytes, pour).bytes
}

fn collect<Writer: Sink>(
    mut writer: Writer,
    escaping: Option<Escaping>,
    pour: impl FnOnce(&mut dyn Sink),
    finish: impl FnOnce(Writer) -> Exposition,
) -> Exposition {
    match escaping {
        Some(Escaping::Dots) => pour(&mut Escaped(&mut writer, Escaping::Dots)),
        _ => pour(&mut writer),
    }
    finish(writer)
}
