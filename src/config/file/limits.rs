//! `limits`: the bounds of everything that a sender can make grow.

use super::super::key::{Served, form, keys};
use super::super::model::Bounds;
use super::super::shares;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// The history has at most this part of `limits.memory`: an eighth.
pub const HISTORY_SHARE: u64 = 8;

keys! {
    /// Bytes, and nanoseconds for spans.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Limits {
        /// The largest request body on the wire. Larger ones get 413. Unless it is set, at most 1/12 of limits.memory.
        body_bytes: u64 = 8 * MIB, form::size(KIB, GIB), "8MiB",
            .unless_set(|limits| limits.body_bytes = limits.body_bytes.min(shares::body(limits.memory)));
        /// The largest request body after decompression. Unless it is set, at most 1/8 of limits.memory.
        decompressed_bytes: u64 = 32 * MIB, form::size(KIB, GIB), "32MiB", .unless_set(|limits| {
            limits.decompressed_bytes = limits.decompressed_bytes.min(shares::decompressed(limits.memory));
        });
        /// How many times its size on the wire a body may grow.
        decompression_ratio: u64 = 100, form::count(10_000), "100";
        /// Connections at once; 16 more may ask for /metrics and health. Over it an idle one is closed, else the slowest under 1 KiB/s,
        /// or the new one gets 503. Never more than the limit of open files leaves (ulimit -n).
        connections: usize = 512, form::count(65_535), "512";
        /// Series in all; a histogram counts as one. Over it, or over their share of limits.memory, new label values
        /// become "other", counted in day90_series_limited_total.
        series: usize = Bounds::default().series, form::count(10_000_000), "100000";
        /// Values of one label in one system. Over it new values become "other".
        values_per_label: usize = Bounds::default().values_per_label, form::count(100_000), "200";
        /// Lifecycles that are open at once. At the bound an opening is rejected, and nothing else. limits.memory may
        /// admit fewer: docs/operations.md says how many.
        open_cases: usize = Bounds::default().open_cases, form::count(100_000_000), "1000000";
        /// The last ids that are remembered: a repeat among them changes nothing. They take 34 bytes each; unless it is
        /// set, at most 2/15 of limits.memory is for them.
        dedupe_ids: usize = Bounds::default().dedupe_ids, form::count(100_000_000), "1000000", .unless_set(|limits| {
            let fitting = usize::try_from(shares::ids(limits.memory)).unwrap_or(usize::MAX);
            limits.dedupe_ids = limits.dedupe_ids.min(fitting);
        });
        /// The oldest time that an event may have. An older one is rejected: its time is wrong, or nobody can act on it.
        event_age: i64 = Bounds::default().event_age, form::duration(), "400d";
        /// The largest raw input of a mapping, a span, a webhook or a line of a file.
        input_bytes: u64 = MIB, form::size(KIB, GIB), "1MiB", .not_served(Served::NoEffect);
        /// What the history that the page shows may take, as a part of limits.memory. Unless it is set, at most 1/8 of it.
        history: u64 = 32 * MIB, form::size(KIB, TIB), "32MiB", .not_served(Served::NoEffect), .unless_set(|limits| {
            limits.history = limits.history.min(limits.memory / HISTORY_SHARE);
        });
        /// How long what comes in another order waits for what it needs: a completion for its opening, an opening for the
        /// end before it, a missed deadline for the stage that may have been in time. Also how long a clock that was set back, or
        /// forward by over a day, has to stay so until it is followed.
        arrival_grace: i64 = Bounds::default().arrival_grace, form::duration(), "5m";
        /// How long an acknowledgement, a reassignment or a resolution waits for its opening, and how long a finished
        /// lifecycle is remembered.
        lifecycle_memory: i64 = Bounds::default().lifecycle_memory, form::duration(), "1d";
        /// How long a closed case is remembered, to see what undoes its resolution.
        resolution_memory: i64 = Bounds::default().resolution_memory, form::duration(), "35d";
        /// What segments, checkpoints and kept torn tails take on disk together, with the space reserved ahead. At the
        /// limit events get 503 until a checkpoint has made room. At least 16MiB and twice `decompressed_bytes`.
        journal_bytes: u64 = GIB, form::size(MIB, 16 * TIB), "1GiB";
        /// Resident memory of the process. Everything that a sender can make grow has a share of it (docs/operations.md);
        /// over a share requests get 503, openings are rejected, new label values become "other". Limits that don't fit
        /// into it together are a mistake.
        memory: u64 = 256 * MIB, form::size(shares::MEMORY_MIN, TIB), "256MiB";
    }
}
