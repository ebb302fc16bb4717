//! The table of every key of `day90.yaml`: form, default, meaning.
//!
//! Reading, the JSON Schema and docs/configuration.md are all made from it, so that none of them can lag behind.

use super::form::{Form, Key};
use crate::event::{Mode, RollbackTo};
use crate::state::engine::family::BUCKETS_MAX;

/// Declared systems in one file.
pub const SYSTEMS_MAX: usize = 10_000;
/// Actions, routes, queues or inputs of one system. (Each is a label value, so the metrics bound them too.)
pub const DECLARED_MAX: usize = 1_000;
/// Approvers of one kind of change, and suites of one system.
pub const PEOPLE_MAX: usize = 100;
/// Mappings, samples of a mapping, followed files, webhooks.
pub const SOURCES_MAX: usize = 100;
/// Letters of a contact: it is a label, and people read it in a page.
const CONTACT_BYTES_MAX: usize = 256;
const NOTE_BYTES_MAX: usize = 2_048;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

const fn key(name: &'static str, form: Form, default: &'static str, example: &'static str, help: &'static str) -> Key {
    Key { name, form, required: false, default, help, example }
}
const fn required(name: &'static str, form: Form, example: &'static str, help: &'static str) -> Key {
    Key { name, form, required: true, default: "", help, example }
}
const fn map(name: &'static str, keys: &'static [Key], help: &'static str) -> Key {
    key(name, Form::Map(keys), "", "", help)
}
const fn bytes(min: u64, max: u64) -> Form {
    Form::Size { min, max }
}
const fn count(max: u64) -> Form {
    Form::Count { min: 1, max }
}
/// 0 to 1.
const RATIO: Form = Form::Number { zero: true, max: 1 };

/// The whole file.
pub const ROOT: &[Key] = &[
    map("server", SERVER, "Where the daemon listens and keeps its data."),
    map(
        "limits",
        LIMITS,
        "The bounds of everything that a sender can make grow. Over a bound requests are refused; nothing is dropped after it was acknowledged.",
    ),
    map("metrics", METRICS, "How /metrics answers. The format itself is chosen by the scraper: see metrics.md."),
    map("auth", AUTH, "Bearer tokens, each from a file. A role without one is open to whoever reaches the listener."),
    map("sources", SOURCES, "The ways in beside HTTP, which is always there."),
    key(
        "mappings",
        Form::Table { names: &Form::Name, of: &Form::Map(MAPPING), max: SOURCES_MAX },
        "",
        "",
        "jq programs that turn any JSON into events: one input in, any number of events out.",
    ),
    key(
        "default_system",
        Form::Slug,
        "",
        "refund-agent",
        "The system of events that name none. Without it such an event is rejected.",
    ),
    key(
        "systems",
        Form::Table { names: &Form::Slug, of: &Form::Map(SYSTEM), max: SYSTEMS_MAX },
        "",
        "",
        "The operating model of each AI system, by the name that its events carry. A system that sends events and is not declared is unowned.",
    ),
];

const SERVER: &[Key] = &[
    key(
        "listen",
        Form::Address,
        "127.0.0.1:9790",
        "127.0.0.1:9790",
        "Address and port of ingest, metrics, status page and administration. Beyond this host it needs TLS and authentication, or --insecure-listen. Flag --listen, variable DAY90_LISTEN.",
    ),
    key(
        "metrics_listen",
        Form::Address,
        "",
        "0.0.0.0:9791",
        "A second listener with /metrics and health alone, for a Prometheus on another host. Flag --metrics-listen, variable DAY90_METRICS_LISTEN.",
    ),
    key(
        "data_dir",
        Form::File,
        "./day90-data",
        "/var/lib/day90",
        "The directory of the journal and its checkpoints. Flag --data-dir, variable DAY90_DATA_DIR.",
    ),
    key(
        "web_config",
        Form::File,
        "",
        "web.yml",
        "TLS, client certificates and basic auth, in the web configuration format of the Prometheus exporter-toolkit, unchanged.",
    ),
];

const LIMITS: &[Key] = &[
    key(
        "body_bytes",
        bytes(KIB, GIB),
        "8MiB",
        "8MiB",
        "The largest request body on the wire. Larger ones get 413. Unless it is set, at most 1/12 of limits.memory.",
    ),
    key(
        "decompressed_bytes",
        bytes(KIB, GIB),
        "32MiB",
        "32MiB",
        "The largest request body after decompression. Unless it is set, at most 1/8 of limits.memory.",
    ),
    key("decompression_ratio", count(10_000), "100", "100", "How many times its size on the wire a body may grow."),
    key(
        "connections",
        count(65_535),
        "512",
        "512",
        "Connections at once. Over it an idle one is closed, or the new one gets 503.",
    ),
    key(
        "series",
        count(10_000_000),
        "100000",
        "100000",
        "Series in all; a histogram counts as one. Over it, or over their share of limits.memory, new label values become \"other\", counted in day90_series_limited_total.",
    ),
    key(
        "values_per_label",
        count(100_000),
        "200",
        "200",
        "Values of one label in one system. Over it new values become \"other\".",
    ),
    key(
        "open_cases",
        count(100_000_000),
        "1000000",
        "1000000",
        "Lifecycles that are open at once. At the bound an opening is rejected, and nothing else. limits.memory may admit fewer: docs/operations.md says how many.",
    ),
    key(
        "dedupe_ids",
        count(100_000_000),
        "1000000",
        "1000000",
        "The last ids that are remembered: a repeat among them changes nothing. They take 34 bytes each; unless it is set, at most 2/15 of limits.memory is for them.",
    ),
    key(
        "lifecycle_memory",
        Form::Duration,
        "1d",
        "1d",
        "How long an acknowledgement, a resolution or another later stage waits for its opening, and how long a finished lifecycle is remembered.",
    ),
    key(
        "journal_bytes",
        bytes(MIB, 16 * TIB),
        "1GiB",
        "1GiB",
        "What segments, checkpoints and kept torn tails take on disk together, with the space reserved ahead. At the limit events get 503 until a checkpoint has made room. At least 16MiB and twice `decompressed_bytes`.",
    ),
    key(
        "memory",
        bytes(super::budget::MEMORY_MIN, TIB),
        "256MiB",
        "256MiB",
        "Resident memory of the process. Everything that a sender can make grow has a share of it (docs/operations.md); over a share requests get 503, openings are rejected, new label values become \"other\". Limits that don't fit into it together are a mistake.",
    ),
];

const METRICS: &[Key] = &[
    key("gzip", Form::Bool, "true", "true", "Whether scrapes that accept gzip get it."),
    key(
        "native_histograms",
        Form::Bool,
        "true",
        "true",
        "Whether a scrape in protobuf has native histograms beside the classic buckets. A Prometheus that takes the native ones leaves the classic series out unless its scrape configuration asks for both, which the shipped rules need: see metrics.md.",
    ),
    key(
        "created",
        Form::Bool,
        "false",
        "false",
        "Whether OpenMetrics says of each counter and histogram when it began, in a series that ends in _created: one more for each. Protobuf always says it, and takes no series for it.",
    ),
    key(
        "buckets",
        Form::Table { names: &Form::Name, of: &BUCKETS, max: HISTOGRAMS_MAX },
        "",
        "",
        "Upper bounds of the classic buckets of a histogram, by its name, where those of metrics.md don't suit. They may change at any time and nothing is lost: what was counted before stands at the first new bound that it is certain to be under.",
    ),
];

/// Histograms whose buckets can be chosen: more than there are.
const HISTOGRAMS_MAX: usize = 100;
const BUCKETS: Form = Form::List { of: &Form::Number { zero: true, max: 1_000_000_000 }, min: 1, max: BUCKETS_MAX };

const AUTH: &[Key] = &[
    map("ingest", TOKEN, "Sending events."),
    map("scrape", TOKEN, "Reading /metrics, the status page and the API."),
    map("admin", TOKEN, "Reloading the configuration."),
];

const TOKEN: &[Key] = &[required(
    "token_file",
    Form::File,
    "/run/secrets/token",
    "A file with the token on one line, at least 16 bytes of visible ASCII.",
)];

const SOURCES: &[Key] = &[
    map("otlp", OTLP, "OpenTelemetry logs and traces."),
    map("unix", UNIX, "HTTP over a Unix socket."),
    key(
        "files",
        Form::List { of: &Form::Map(FILE), min: 0, max: SOURCES_MAX },
        "",
        "",
        "Log files that are followed, one JSON value a line.",
    ),
    key(
        "webhooks",
        Form::Table { names: &Form::Slug, of: &Form::Map(WEBHOOK), max: SOURCES_MAX },
        "",
        "",
        "Webhooks of other products, by the last part of their path.",
    ),
];

const OTLP: &[Key] = &[
    key("grpc", Form::Address, "", "127.0.0.1:4317", "Address of OTLP over gRPC."),
    key("http", Form::Address, "", "127.0.0.1:4318", "Address of OTLP over HTTP. (The main listener serves it too.)"),
];

const UNIX: &[Key] = &[
    required("path", Form::File, "/run/day90/day90.sock", "The path of the socket."),
    key("mode", Form::Permissions, "\"0660\"", "\"0660\"", "Who may connect: four octal digits, in quotes."),
];

const FILE: &[Key] = &[
    required("path", Form::Pattern, "/var/log/agent/*.ndjson", "The files to follow; * and ? match."),
    key(
        "mapping",
        Form::Name,
        "",
        "agent-log",
        "The mapping that turns a line into events. Without one the lines are day90's own events.",
    ),
];

const WEBHOOK: &[Key] = &[
    required("mapping", Form::Name, "helpdesk", "The mapping that turns a body into events."),
    key(
        "secret_file",
        Form::File,
        "",
        "/run/secrets/helpdesk",
        "A file with the secret that the sender signs with, on one line, at least 16 bytes.",
    ),
    key(
        "signature",
        Form::Word(&["x-hub-signature-256"]),
        "",
        "x-hub-signature-256",
        "The header that carries the signature: HMAC-SHA256 of the body. It is x-hub-signature-256 when there is a secret.",
    ),
];

const MAPPING: &[Key] = &[
    required(
        "program",
        Form::Program,
        "'select(.msg == \"handoff\") | {type: \"escalation.opened\", case: .conversation}'",
        "A jq program. Each of its results is an event in the short form.",
    ),
    key(
        "samples",
        Form::List { of: &Form::File, min: 0, max: SOURCES_MAX },
        "",
        "[samples/handoff.json]",
        "Files with inputs that the program must turn into events; day90 check runs them.",
    ),
];

const SYSTEM: &[Key] = &[
    key("launched", Form::Moment, "", "2026-09-01", "The day it went into production: day 90 counts from here."),
    key(
        "timezone",
        Form::Timezone,
        "UTC",
        "Europe/Berlin",
        "Whose hours of the day the spike detector learns: an IANA name.",
    ),
    map("owner", OWNER, "The day-90 owner: who answers for this system in production."),
    key(
        "boundaries",
        Form::Table { names: &Form::Name, of: &Form::Map(BOUNDARY), max: DECLARED_MAX },
        "",
        "",
        "What each action may do at most. Every observed action is held against it; an action that stands nowhere is a finding of its own.",
    ),
    map("exception_path", EXCEPTION_PATH, "Who receives a case when the agent is unsure or wrong, and by when."),
    map("review", REVIEW, "Human review."),
    map("changes", CHANGES, "Who approves changes of behavior."),
    map("rollback", ROLLBACK, "The way back to the version or the process before."),
    key(
        "inputs",
        Form::Table { names: &Form::Name, of: &Form::Map(INPUT), max: DECLARED_MAX },
        "",
        "",
        "The inputs that it depends on.",
    ),
    map(
        "objectives",
        OBJECTIVES,
        "What is good enough. Alerts and rules read these, so that one set of rules serves every system.",
    ),
    map("trust", TRUST, "How user trust is read."),
    map("maintenance", MAINTENANCE, "The budget of keeping it good, a calendar month (UTC) at a time."),
];

const OWNER: &[Key] = &[
    required("name", Form::Name, "payments-ops", "The team or person, as people know them. It becomes a label."),
    required(
        "contact",
        Form::Text { bytes_max: CONTACT_BYTES_MAX },
        "\"#payments-ops\"",
        "Where to reach them: a channel, an address, a number.",
    ),
    key("attest_every", Form::Duration, "90d", "90d", "How long an attestation (the event owner.attested) holds."),
];

const BOUNDARY: &[Key] = &[
    required(
        "mode",
        Form::Word(Mode::WORDS),
        "decide",
        "The most the action may do: never < escalate < suggest < decide.",
    ),
    key(
        "limit",
        Form::Text { bytes_max: NOTE_BYTES_MAX },
        "",
        "\"up to 50 EUR\"",
        "A condition in words, for people; it is shown and not checked.",
    ),
];

const EXCEPTION_PATH: &[Key] = &[
    key(
        "acknowledge_within",
        Form::Duration,
        "",
        "15m",
        "The deadline for somebody to take an escalation on. Fixed when it opens.",
    ),
    key("resolve_within", Form::Duration, "", "8h", "The deadline for resolving it."),
    key(
        "drill_every",
        Form::Duration,
        "",
        "90d",
        "How often the path must be proven, by a drill or by a real escalation acknowledged in time.",
    ),
    key(
        "routes",
        Form::List { of: &Form::Map(ROUTE), min: 0, max: DECLARED_MAX },
        "",
        "",
        "In order; the first that matches decides. The last should be for \"*\".",
    ),
];

const ROUTE: &[Key] = &[
    required("reason", Form::Name, "low_confidence", "The reason of the escalation, or \"*\" for every other."),
    required("queue", Form::Name, "billing", "The queue that receives the case."),
    key("owner", Form::Name, "", "billing-leads", "Who answers for the queue."),
];

const REVIEW: &[Key] = &[key(
    "queues",
    Form::Table { names: &Form::Name, of: &Form::Map(QUEUE), max: DECLARED_MAX },
    "",
    "",
    "The capacity of each review queue.",
)];

const QUEUE: &[Key] = &[
    required("reviewers", Form::Count { min: 1, max: 100_000 }, "4", "How many people review."),
    required("hours_per_day", Form::Number { zero: false, max: 24 }, "6", "Hours a day that each of them reviews."),
];

const CHANGES: &[Key] = &[
    map(
        "approvers",
        APPROVERS,
        "Who may approve each kind of change. A kind without approvers is approved by anybody but its author.",
    ),
    key(
        "failure_window",
        Form::Duration,
        "1d",
        "1d",
        "A rollback that names no change is put down to the last change within this.",
    ),
];

const PEOPLE: Form = Form::List { of: &Form::Name, min: 1, max: PEOPLE_MAX };
const fn approvers(name: &'static str, help: &'static str) -> Key {
    key(name, PEOPLE, "", "[platform-lead]", help)
}
/// The kinds of change; a test holds them to those of the events.
const APPROVERS: &[Key] = &[
    approvers("prompt", "Prompts."),
    approvers("tool", "Tools and their definitions."),
    approvers("policy", "Policies and guardrails."),
    approvers("model", "Models and their settings."),
    approvers("data", "Data, indexes and knowledge."),
    approvers("code", "Code."),
];

const ROLLBACK: &[Key] = &[
    key("to", Form::Word(RollbackTo::WORDS), "", "previous_process", "What it goes back to."),
    key(
        "plan",
        Form::Text { bytes_max: NOTE_BYTES_MAX },
        "",
        "\"https://wiki.example.com/refund-agent/rollback\"",
        "Where the steps are written down.",
    ),
    key(
        "drill_every",
        Form::Duration,
        "",
        "90d",
        "How often the way back must be proven, by a drill or by a real rollback.",
    ),
    key("within", Form::Duration, "1d", "15m", "How long it may take. After this a rollback counts as unfinished."),
];

const INPUT: &[Key] = &[key("max_age", Form::Duration, "", "1h", "The oldest that the input may be.")];

const OBJECTIVES: &[Key] = &[
    key("escalation_ratio", RATIO, "", "0.08", "Escalations opened per task completed, at most."),
    key(
        "false_pages_per_month",
        Form::Number { zero: false, max: 1_000 },
        "1",
        "1",
        "The false pages that on-call accepts: the one setting of the spike detector.",
    ),
    map("task_duration", TASK_DURATION, "The latency of a task: this ratio of tasks within this many seconds."),
    key("override_ratio", RATIO, "", "0.15", "Reviews edited or rejected, of those decided by a person, at most."),
    key("trust_ratio", RATIO, "", "0.80", "Positive feedback, of the positive and negative, at least."),
    key(
        "rubber_stamp_seconds",
        Form::Number { zero: false, max: 86_400 },
        "",
        "3",
        "An approval in less time than this was not read.",
    ),
];

const TASK_DURATION: &[Key] = &[
    required("seconds", Form::Number { zero: false, max: 31_536_000 }, "20", "Seconds that a task may take."),
    required("ratio", RATIO, "0.95", "The share of tasks that keeps to it."),
];

const TRUST: &[Key] = &[
    key("rating_scale", Form::Scale, "[1, 5]", "[1, 5]", "The lowest and the highest rating that users can give."),
    key(
        "durable_after",
        Form::Duration,
        "7d",
        "7d",
        "A case closed by the AI is durable after this without a reopening.",
    ),
];

const MAINTENANCE: &[Key] = &[
    key(
        "currency",
        Form::Currency,
        "",
        "EUR",
        "The currency of the budget: ISO 4217. Costs in others count apart and are never summed with it.",
    ),
    key("cost_per_month", Form::Number { zero: true, max: 1_000_000_000 }, "", "4000", "Money for a calendar month."),
    key("hours_per_month", Form::Number { zero: true, max: 100_000 }, "", "40", "Working hours for a calendar month."),
    key("evaluate_every", Form::Duration, "", "7d", "How often each suite must run."),
    key(
        "suites",
        Form::List { of: &Form::Name, min: 0, max: PEOPLE_MAX },
        "",
        "[golden]",
        "The evaluation suites that must keep passing.",
    ),
];
