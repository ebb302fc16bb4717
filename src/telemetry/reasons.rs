//! The closed sets of label values of day90's own metrics.

use crate::event::words;

words!(/// Why a connection was closed by day90: the label `reason` of `day90_connections_closed_total`.
    Closed { Done = "done", FirstByte = "first_byte", Head = "head", BodyIdle = "body_idle", BodyTotal = "body_total",
        KeepAlive = "keep_alive", WriteStall = "write_stall", Malformed = "malformed", Evicted = "evicted",
        Refused = "refused", Stopped = "stopped" });

words!(/// What a whole request to `POST /v1/events` was refused for: the label `reason` of `day90_ingest_refused_total`.
    Refused { Queue = "queue", Requests = "requests", Memory = "memory", Disk = "disk", JournalLimit = "journal_limit",
        JournalLost = "journal_lost", Draining = "draining" });

words!(/// What a scrape was answered in: the label `format` of `day90_scrape_seconds`.
    Format { Text = "text", OpenMetrics = "openmetrics", Protobuf = "protobuf" });
