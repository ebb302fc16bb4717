//! The families of [`super::Telemetry`], as docs/metrics.md prints them.

use crate::state::engine::family::{Family, Type, open};

/// From a tenth of a millisecond, an idle daemon on a fast disk, to ten seconds, a disk in trouble.
const WAITS: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// From a millisecond to the timeout that Prometheus has by default.
const SCRAPES: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

macro_rules! families {
    ($($constant:ident = $name:literal $kind:ident [$($label:literal)*] $buckets:expr, $help:literal;)+) => {
        $(pub(super) static $constant: Family = Family {
            name: $name, kind: Type::$kind, labels: &[$(open($label)),*], help: $help, buckets: $buckets, exemplars: false,
        };)+
        /// Every family that day90 keeps about itself, save those that `state` counts and the `process_*` ones.
        pub static FAMILIES: &[&Family] = &[$(&$constant),+];
    };
}

families! {
    BUILD_INFO = "day90_build_info" Gauge ["version" "revision" "rustversion"] &[],
        "Always 1; the labels say which day90 this is: its version, the commit it was built from, and the oldest Rust \
         that builds it.";
    INGEST_REQUESTS = "day90_ingest_requests_total" Counter ["code"] &[],
        "Requests to POST /v1/events by the status they got. 202: something was taken; 400: nothing could be; 503: the \
         sender must send again, because the queue is full or the disk cannot be written.";
    INGEST_REFUSED = "day90_ingest_refused_total" Counter ["reason"] &[],
        "Requests to POST /v1/events that got 503, by reason; nothing of them was counted, and a sender that retries loses \
         nothing. queue: too much waits for the journal's writer; requests: too many bytes of bodies are handled at once; \
         memory: the process is near limits.memory, and takes little at once; \
         disk: the disk is full, or keeps only what the next checkpoint needs, or fails; journal_limit: the data would \
         exceed limits.journal_bytes; journal_lost: a sync failed, and only a restart helps; draining: day90 is stopping.";
    INGEST_BYTES = "day90_ingest_bytes_total" Counter [] &[],
        "Bytes of request bodies that were received, as they came over the wire, before decompression.";
    INGEST_ACKNOWLEDGE = "day90_ingest_acknowledge_seconds" Histogram [] WAITS,
        "From the headers of a request to its 202: reading the body, parsing, and the sync that makes its events durable. \
         Hold it against day90_journal_sync_seconds: the difference is queueing and parsing.";
    INGEST_QUEUE = "day90_ingest_queue_bytes" Gauge [] &[],
        "Bytes of parsed events that wait for the journal's writer. At its bound, requests get 503.";
    EVENTS_REJECTED = "day90_events_rejected_total" Counter ["source" "reason" "type" "system"] &[],
        "Events that were refused one by one, by the way they came in, why, their type (`unknown` where it could not be \
         read) and their system (a declared one, else `other`); their senders got an answer that names the field. Any increase \
         means that a sender loses events until it is changed.";
    EVENTS_DUPLICATE = "day90_events_duplicate_total" Counter ["source"] &[],
        "Events whose id was known already, so that they changed nothing. Senders that retry make some; a steady rate \
         means that acknowledgements do not reach a sender.";
    JOURNAL_BYTES = "day90_journal_bytes" Gauge [] &[],
        "Bytes of journal segments on disk. Old segments go when a checkpoint covers them.";
    JOURNAL_SEGMENTS = "day90_journal_segments" Gauge [] &[],
        "Files that the journal consists of, the one being written included.";
    JOURNAL_CHECKPOINTS = "day90_journal_checkpoint_bytes" Gauge [] &[],
        "Bytes of checkpoints on disk: two in the long run, each about as large as the state.";
    JOURNAL_USED = "day90_journal_used_bytes" Gauge [] &[],
        "Bytes that count against day90_journal_limit_bytes: segments with the space reserved in the newest, checkpoints \
         with the one that is being written, and torn tails that were kept.";
    JOURNAL_LIMIT = "day90_journal_limit_bytes" Gauge [] &[],
        "limits.journal_bytes. Checkpoints are taken early enough that ordinary work stays far below; at the limit events \
         are refused with 503, reason journal_limit, until a checkpoint has made room.";
    DISK_FREE = "day90_disk_free_bytes" Gauge [] &[],
        "Bytes that day90 could still write to the disk of its data, looked at every 10 seconds, every second while events \
         are refused. Hold it against day90_disk_reserve_bytes.";
    DISK_RESERVE = "day90_disk_reserve_bytes" Gauge [] &[],
        "Bytes that day90 leaves free for its next checkpoints, which are what makes room. When the next mebibyte of journal \
         would cut into them, events are refused with 503, reason disk.";
    JOURNAL_SYNC = "day90_journal_sync_seconds" Histogram [] WAITS,
        "How long the disk took for each sync of the journal. Every acknowledgement waits for one; when this grows, so \
         does day90_ingest_acknowledge_seconds.";
    JOURNAL_TORN = "day90_journal_torn_bytes_total" Counter [] &[],
        "Bytes at the journal's end that the last start found half written and cut off, kept next to the journal. A crash \
         in the middle of a write makes some; no acknowledged event is among them.";
    JOURNAL_CHECKPOINT = "day90_journal_checkpoint_timestamp_seconds" Gauge [] &[],
        "When the newest checkpoint was taken, in seconds since 1970. What came later is replayed at a restart. Absent \
         before the first checkpoint.";
    JOURNAL_WRITABLE = "day90_journal_writable" Gauge [] &[],
        "1 while events can be made durable, 0 while the disk refuses them and senders get 503. Absent until the journal \
         has been opened.";
    SCRAPE = "day90_scrape_seconds" Histogram ["format"] SCRAPES,
        "How long it took to render and compress /metrics, by exposition format; waiting for earlier scrapes is included.";
    RELOAD_SUCCESSFUL = "day90_config_last_reload_successful" Gauge [] &[],
        "1 if the configuration was accepted when it was last read, 0 if it was refused and the one before stays in force.";
    RELOAD_AT = "day90_config_last_reload_success_timestamp_seconds" Gauge [] &[],
        "When a configuration was last accepted, in seconds since 1970.";
    MEMORY_LIMIT = "day90_memory_limit_bytes" Gauge [] &[],
        "limits.memory as it was at the start. Hold process_resident_memory_bytes against it: near the limit, day90 takes \
         little at once, and refuses the rest with 503.";
    CONNECTIONS = "day90_connections" Gauge [] &[],
        "HTTP connections that are open now, over all listeners.";
    CONNECTIONS_CLOSED = "day90_connections_closed_total" Counter ["reason"] &[],
        "HTTP connections that ended, by reason. done: either side had finished; first_byte, head, body_idle, body_total, \
         keep_alive, write_stall: the peer was too slow for that deadline; malformed: not HTTP; evicted: idle, or the \
         slowest of those under 1 KiB/s, and closed to make room; refused: over limits.connections, answered 503; stopped: \
         cut off when the daemon's grace was over.";
    STATE_AHEAD = "day90_state_ahead_seconds" Gauge [] &[],
        "How far the time of the state is ahead of this machine's clock, which was ahead before and was set back. For \
         limits.arrival_grace ages and deadlines wait; then the state goes back, see day90_clock_corrected_seconds_total. \
         0 when it isn't ahead.";
    LOG_LINES_DROPPED = "day90_log_lines_dropped_total" Counter [] &[],
        "Lines of day90's own log that were dropped, because nobody read the log or it could not be written. No event is \
         among them, and nothing waits for the log.";
}

/// What the `prometheus` crate says about the process, in its words.
pub static PROCESS: &[Family] = &[
    process("process_cpu_seconds_total", Type::Counter, "Total user and system CPU time spent in seconds."),
    process("process_max_fds", Type::Gauge, "Maximum number of open file descriptors."),
    process("process_open_fds", Type::Gauge, "Number of open file descriptors."),
    process("process_resident_memory_bytes", Type::Gauge, "Resident memory size in bytes."),
    process("process_start_time_seconds", Type::Gauge, "Start time of the process since unix epoch in seconds."),
    process("process_threads", Type::Gauge, "Number of OS threads in the process."),
    process("process_virtual_memory_bytes", Type::Gauge, "Virtual memory size in bytes."),
];

const fn process(name: &'static str, kind: Type, help: &'static str) -> Family {
    Family { name, kind, labels: &[], help, buckets: &[], exemplars: false }
}
