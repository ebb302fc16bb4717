//! `limits`: the bounds of everything that a sender can make grow.

use super::super::key::{Form, Map, form};
use super::super::model::Bounds;
use super::super::shares;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// Bytes and nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub body_bytes: u64,
    pub decompressed_bytes: u64,
    pub decompression_ratio: u64,
    pub connections: usize,
    pub series: usize,
    pub values_per_label: usize,
    pub open_cases: usize,
    pub dedupe_ids: usize,
    pub lifecycle_memory: i64,
    pub journal_bytes: u64,
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        let Bounds { series, values_per_label, open_cases, dedupe_ids, lifecycle_memory, .. } = Bounds::default();
        Limits {
            body_bytes: 8 * MIB,
            decompressed_bytes: 32 * MIB,
            decompression_ratio: 100,
            connections: 512,
            series,
            values_per_label,
            open_cases,
            dedupe_ids,
            lifecycle_memory,
            journal_bytes: GIB,
            memory: 256 * MIB,
        }
    }
}

pub fn keys() -> Form<Limits> {
    let mut keys = Map::<Limits>::new();
    keys.key(
        "body_bytes",
        form::size(KIB, GIB),
        "8MiB",
        "The largest request body on the wire. Larger ones get 413. Unless it is set, at most 1/12 of limits.memory.",
        |limits| &mut limits.body_bytes,
    )
    .unless_set(|limits| limits.body_bytes = limits.body_bytes.min(shares::body(limits.memory)));
    keys.key(
        "decompressed_bytes",
        form::size(KIB, GIB),
        "32MiB",
        "The largest request body after decompression. Unless it is set, at most 1/8 of limits.memory.",
        |limits| &mut limits.decompressed_bytes,
    )
    .unless_set(|limits| {
        limits.decompressed_bytes = limits.decompressed_bytes.min(shares::decompressed(limits.memory));
    });
    keys.key(
        "decompression_ratio",
        form::count(10_000),
        "100",
        "How many times its size on the wire a body may grow.",
        |limits| &mut limits.decompression_ratio,
    );
    keys.key(
        "connections",
        form::count(65_535),
        "512",
        "Connections at once. Over it an idle one is closed, or the new one gets 503.",
        |limits| &mut limits.connections,
    );
    counted(&mut keys);
    keys.key(
        "journal_bytes",
        form::size(MIB, 16 * TIB),
        "1GiB",
        "What segments, checkpoints and kept torn tails take on disk together, with the space reserved ahead. At the \
         limit events get 503 until a checkpoint has made room. At least 16MiB and twice `decompressed_bytes`.",
        |limits| &mut limits.journal_bytes,
    );
    keys.key(
        "memory",
        form::size(shares::MEMORY_MIN, TIB),
        "256MiB",
        "Resident memory of the process. Everything that a sender can make grow has a share of it (docs/operations.md); \
         over a share requests get 503, openings are rejected, new label values become \"other\". Limits that don't fit \
         into it together are a mistake.",
        |limits| &mut limits.memory,
    );
    keys.into_form()
}

/// The limits that change what is counted where: they are part of the operating model too.
fn counted(keys: &mut Map<Limits>) {
    keys.key(
        "series",
        form::count(10_000_000),
        "100000",
        "Series in all; a histogram counts as one. Over it, or over their share of limits.memory, new label values \
         become \"other\", counted in day90_series_limited_total.",
        |limits| &mut limits.series,
    );
    keys.key(
        "values_per_label",
        form::count(100_000),
        "200",
        "Values of one label in one system. Over it new values become \"other\".",
        |limits| &mut limits.values_per_label,
    );
    keys.key(
        "open_cases",
        form::count(100_000_000),
        "1000000",
        "Lifecycles that are open at once. At the bound an opening is rejected, and nothing else. limits.memory may \
         admit fewer: docs/operations.md says how many.",
        |limits| &mut limits.open_cases,
    );
    keys.key(
        "dedupe_ids",
        form::count(100_000_000),
        "1000000",
        "The last ids that are remembered: a repeat among them changes nothing. They take 34 bytes each; unless it is \
         set, at most 2/15 of limits.memory is for them.",
        |limits| &mut limits.dedupe_ids,
    )
    .unless_set(|limits| {
        let fitting = usize::try_from(shares::ids(limits.memory)).unwrap_or(usize::MAX);
        limits.dedupe_ids = limits.dedupe_ids.min(fitting);
    });
    keys.key(
        "lifecycle_memory",
        form::duration(),
        "1d",
        "How long an acknowledgement, a resolution or another later stage waits for its opening, and how long a \
         finished lifecycle is remembered.",
        |limits| &mut limits.lifecycle_memory,
    );
}
