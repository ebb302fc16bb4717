//! The release binary as it is built, stripped.

use crate::row::Row;
use crate::statsd;

pub fn rows() -> Vec<Row> {
    let path = std::env::var("DAY90_BENCH_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_day90").to_owned());
    let bytes = std::fs::metadata(path).expect("it was built").len();
    let mib = bytes as f64 / f64::from(1 << 20);
    vec![Row {
        what: "release binary, stripped",
        aim: "≤ 8 MiB",
        measured: format!("{mib:.2} MiB"),
        held: mib <= 8.0,
        peer: statsd::binary(),
    }]
}
