//! Settings → [`Config`]: defaults filled in, the operating model put together.
//!
//! Nothing is judged here: every value was in the right form when it was read, and [`super::rules`] looks at what
//! no single key can break alone.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::budget::{self, Budget};
use super::model::{
    Boundary, Bounds, Changes, ExceptionPath, Maintenance, Model, Objectives, Owner, Reviewers, RollbackPlan, Route,
    System, TaskDuration, Trust,
};
use super::settings::{Settings, Value};
use super::{
    At, Auth, Config, FollowedFile, Limits, Mapping, Metrics, Otlp, Overrides, Server, Sources, TokenFile, Unix,
    Webhook,
};
use crate::event::time::DAY;
use crate::event::{ChangeKind, Fixed, Mode, RollbackTo};

/// The header that signs a webhook when the file names none.
const SIGNATURE: &str = "x-hub-signature-256";
/// Who may connect to the socket when the file doesn't say: its user and its group.
const SOCKET_MODE: u64 = 0o660;
/// How long an attestation of ownership holds when the file doesn't say.
const ATTEST_EVERY: i64 = 90 * DAY;

/// The configuration that a file describes, under what flags and variables say.
pub fn config(root: &Settings, overrides: &Overrides) -> Config {
    let limits = limits(root.map("limits"));
    let server = server(root.map("server"), overrides);
    let systems = named(root.table("systems"), system);
    // Where it doesn't fit, `rules` says so.
    let budget = budget::of(&limits, &server, systems.len()).unwrap_or_else(|misfit| misfit.parts);
    let metrics = metrics(root.map("metrics"));
    Config {
        server,
        auth: auth(root.map("auth")),
        sources: sources(root.map("sources")),
        mappings: named(root.table("mappings"), mapping),
        default_system: root.text("default_system").map(str::to_owned),
        model: Arc::new(Model {
            limits: Bounds { created: metrics.created, ..bounds(&limits, &budget) },
            systems,
            buckets: buckets(root.map("metrics").table("buckets")),
        }),
        metrics,
        limits,
        ..Config::default()
    }
}

fn server(written: &Settings, overrides: &Overrides) -> Server {
    let default = Server::default();
    Server {
        listen: overrides.listen.or(written.address("listen")).unwrap_or(default.listen),
        metrics_listen: overrides.metrics_listen.or(written.address("metrics_listen")),
        data_dir: overrides.data_dir.clone().or_else(|| path(written, "data_dir")).unwrap_or(default.data_dir),
        web_config: path(written, "web_config"),
        insecure_listen: overrides.insecure_listen,
    }
}

fn limits(written: &Settings) -> Limits {
    let default = Limits::default();
    let bytes = |key: &str, default: u64| written.whole(key).unwrap_or(default);
    let memory = bytes("memory", default.memory);
    let dedupe_ids = usize::try_from(budget::ids_within(memory)).unwrap_or(usize::MAX);
    let count = |key: &str, default: usize| written.whole(key).and_then(|n| usize::try_from(n).ok()).unwrap_or(default);
    Limits {
        body_bytes: bytes("body_bytes", default.body_bytes.min(budget::body_within(memory))),
        decompressed_bytes: bytes(
            "decompressed_bytes",
            default.decompressed_bytes.min(budget::decompressed_within(memory)),
        ),
        decompression_ratio: bytes("decompression_ratio", default.decompression_ratio),
        connections: count("connections", default.connections),
        series: count("series", default.series),
        values_per_label: count("values_per_label", default.values_per_label),
        open_cases: count("open_cases", default.open_cases),
        dedupe_ids: count("dedupe_ids", default.dedupe_ids.min(dedupe_ids)),
        lifecycle_memory: written.nanos("lifecycle_memory").unwrap_or(default.lifecycle_memory),
        journal_bytes: bytes("journal_bytes", default.journal_bytes),
        memory,
    }
}

/// The limits that change what is counted where.
pub fn bounds(limits: &Limits, budget: &Budget) -> Bounds {
    Bounds {
        series: limits.series,
        values_per_label: limits.values_per_label,
        open_cases: limits.open_cases,
        dedupe_ids: limits.dedupe_ids,
        lifecycle_memory: limits.lifecycle_memory,
        state_bytes: budget.state,
        exposition_bytes: budget.exposition(),
        created: false,
    }
}

fn metrics(written: &Settings) -> Metrics {
    let default = Metrics::default();
    Metrics {
        gzip: written.boolean("gzip").unwrap_or(default.gzip),
        native_histograms: written.boolean("native_histograms").unwrap_or(default.native_histograms),
        created: written.boolean("created").unwrap_or(default.created),
    }
}

fn buckets(written: &[(String, At, Value)]) -> BTreeMap<String, Vec<Fixed>> {
    written.iter().map(|(family, _, bounds)| (family.clone(), bounds.numbers())).collect()
}

fn auth(written: &Settings) -> Auth {
    let token = |role: &str| path(written.map(role), "token_file").map(|path| TokenFile { path });
    Auth { ingest: token("ingest"), scrape: token("scrape"), admin: token("admin") }
}

fn sources(written: &Settings) -> Sources {
    let otlp = |written: &Settings| Otlp { grpc: written.address("grpc"), http: written.address("http") };
    Sources {
        otlp: written.optional("otlp").map(otlp),
        unix: written.optional("unix").and_then(unix),
        files: written.list("files").iter().filter_map(|file| followed(file.settings())).collect(),
        webhooks: named(written.table("webhooks"), webhook),
    }
}

fn unix(written: &Settings) -> Option<Unix> {
    let mode = u32::try_from(written.whole("mode").unwrap_or(SOCKET_MODE)).ok()?;
    Some(Unix { path: path(written, "path")?, mode })
}

fn followed(written: &Settings) -> Option<FollowedFile> {
    Some(FollowedFile { path: path(written, "path")?, mapping: text(written, "mapping") })
}

fn webhook(written: &Settings) -> Option<Webhook> {
    let secret_file = path(written, "secret_file");
    let signature = secret_file.is_some().then(|| text(written, "signature").unwrap_or_else(|| SIGNATURE.to_owned()));
    Some(Webhook { mapping: text(written, "mapping")?, secret_file, signature })
}

fn mapping(written: &Settings) -> Option<Mapping> {
    let samples = texts(written.list("samples")).map(PathBuf::from).collect();
    Some(Mapping { program: text(written, "program")?, samples })
}

fn system(written: &Settings) -> Option<System> {
    let trust = Trust::default();
    Some(System {
        launched: written.moment("launched"),
        timezone: text(written, "timezone").unwrap_or_default(),
        owner: written.optional("owner").and_then(owner),
        boundaries: named(written.table("boundaries"), boundary),
        exception_path: exception_path(written.map("exception_path")),
        review_queues: named(written.map("review").table("queues"), reviewers),
        changes: changes(written.map("changes")),
        rollback: written.optional("rollback").map(rollback),
        inputs: named(written.table("inputs"), |input| Some(input.nanos("max_age"))),
        objectives: objectives(written.map("objectives")),
        trust: Trust {
            rating_scale: written.map("trust").scale("rating_scale").unwrap_or(trust.rating_scale),
            durable_after: written.map("trust").nanos("durable_after").unwrap_or(trust.durable_after),
        },
        maintenance: written.optional("maintenance").map(maintenance),
    })
}

fn owner(written: &Settings) -> Option<Owner> {
    let attest_every = written.nanos("attest_every").unwrap_or(ATTEST_EVERY);
    Some(Owner { name: text(written, "name")?, contact: text(written, "contact")?, attest_every })
}

fn boundary(written: &Settings) -> Option<Boundary> {
    Some(Boundary { mode: Mode::from_word(written.text("mode")?)?, limit: text(written, "limit") })
}

fn exception_path(written: &Settings) -> ExceptionPath {
    let route = |written: &Settings| {
        Some(Route { reason: text(written, "reason")?, queue: text(written, "queue")?, owner: text(written, "owner") })
    };
    ExceptionPath {
        acknowledge_within: written.nanos("acknowledge_within"),
        resolve_within: written.nanos("resolve_within"),
        drill_every: written.nanos("drill_every"),
        routes: written.list("routes").iter().filter_map(|item| route(item.settings())).collect(),
    }
}

fn reviewers(written: &Settings) -> Option<Reviewers> {
    let reviewers = u32::try_from(written.whole("reviewers")?).ok()?;
    Some(Reviewers { reviewers, hours_per_day: written.number("hours_per_day")? })
}

fn changes(written: &Settings) -> Changes {
    let declared = written.map("approvers");
    let of = |kind: &ChangeKind| {
        let people: Vec<String> = texts(declared.list(kind.as_str())).map(str::to_owned).collect();
        (!people.is_empty()).then_some((*kind, people))
    };
    let failure_window = written.nanos("failure_window").unwrap_or(Changes::default().failure_window);
    Changes { approvers: ChangeKind::ALL.iter().filter_map(of).collect(), failure_window }
}

fn rollback(written: &Settings) -> RollbackPlan {
    RollbackPlan {
        to: written.text("to").and_then(RollbackTo::from_word),
        plan: text(written, "plan"),
        drill_every: written.nanos("drill_every"),
        within: written.nanos("within"),
    }
}

fn objectives(written: &Settings) -> Objectives {
    let task_duration = |written: &Settings| {
        Some(TaskDuration { seconds: written.number("seconds")?, ratio: written.number("ratio")? })
    };
    Objectives {
        escalation_ratio: written.number("escalation_ratio"),
        false_pages_per_month: written.number("false_pages_per_month"),
        task_duration: written.optional("task_duration").and_then(task_duration),
        override_ratio: written.number("override_ratio"),
        trust_ratio: written.number("trust_ratio"),
        rubber_stamp_seconds: written.number("rubber_stamp_seconds"),
    }
}

fn maintenance(written: &Settings) -> Maintenance {
    Maintenance {
        currency: text(written, "currency"),
        cost_per_month: written.number("cost_per_month"),
        hours_per_month: written.number("hours_per_month"),
        evaluate_every: written.nanos("evaluate_every"),
        suites: texts(written.list("suites")).map(str::to_owned).collect(),
    }
}

fn text(written: &Settings, key: &str) -> Option<String> {
    written.text(key).map(str::to_owned)
}

fn path(written: &Settings, key: &str) -> Option<PathBuf> {
    written.text(key).map(PathBuf::from)
}

fn texts(list: &[Value]) -> impl Iterator<Item = &str> {
    list.iter().filter_map(Value::text)
}

/// A table by name; what lacks a required key is already reported, and missing.
fn named<T>(table: &[(String, super::At, Value)], read: impl Fn(&Settings) -> Option<T>) -> BTreeMap<String, T> {
    table.iter().filter_map(|(name, _, value)| Some((name.clone(), read(value.settings())?))).collect()
}
