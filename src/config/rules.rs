//! The rules that no single key can break alone: what refers to nothing, what can never happen, what contradicts
//! itself, and who could reach a listener unasked.

use crate::state::FAMILIES;
use std::collections::BTreeMap;

use super::budget::Misfit;
use super::settings::{Settings, Value};
use super::units::{shown, size_text};
use super::{At, Config, Overrides, Problems, problem};

/// Its buckets follow the declared scale.
const RATING: &str = "day90_feedback_rating";

/// The smallest `limits.journal_bytes`, beside what requests need: segments, and checkpoints of a small state.
const JOURNAL_BYTES_LEAST: u64 = 16 << 20;
/// A Unix socket's path on Linux, without the zero at its end.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Everything about a file that is wrong, or probably not meant, though each value is in its form.
pub fn check(root: &Settings, config: &Config, overrides: &Overrides, problems: &mut Problems) {
    limits(root.map("limits"), config, problems);
    listeners(root, config, overrides, problems);
    buckets(root.map("metrics"), problems);
    sources(root, problems);
    default_system(root, problems);
    for (_, _, system) in root.table("systems") {
        let system = system.settings();
        routes(system, problems);
        approvers(system, problems);
        maintenance(system.map("maintenance"), problems);
        declared_values(system, config.limits.values_per_label, problems);
    }
}

fn limits(written: &Settings, config: &Config, problems: &mut Problems) {
    let limits = &config.limits;
    let mut least = |key: &str, value: u64, least: u64, what: &str| {
        if value < least {
            let (value, least) = (size_text(value), size_text(least));
            problems.error(written.at(key), &written.field(key), format!("{value} is less than {what} ({least})"));
        }
    };
    least("decompressed_bytes", limits.decompressed_bytes, limits.body_bytes, "limits.body_bytes");
    least(
        "journal_bytes",
        limits.journal_bytes,
        limits.decompressed_bytes.saturating_mul(2).saturating_add(JOURNAL_BYTES_LEAST),
        "16MiB and two requests of limits.decompressed_bytes",
    );
    if let Err(misfit) = super::budget::of(limits, &config.server, config.model.systems.len()) {
        memory(written, &misfit, problems);
    }
}

/// Bounds of histograms that there are, each above the one before.
fn buckets(written: &Settings, problems: &mut Problems) {
    let known = || FAMILIES.iter().filter(|family| !family.buckets.is_empty() && family.name != RATING);
    for (name, at, bounds) in written.table("buckets") {
        let field = format!("{}.{name}", written.field("buckets"));
        if known().all(|family| family.name != name) {
            let hint = problem::did_you_mean(name, known().map(|family| family.name));
            let message = match name == RATING {
                true => "its buckets follow trust.rating_scale of each system; leave it out here".to_owned(),
                false => format!("no histogram of the events is called {}{hint}", shown(name)),
            };
            problems.error(*at, &field, message);
        }
        let numbers = bounds.numbers();
        if let Some(index) = numbers.windows(2).position(|pair| pair[0] >= pair[1]) {
            let message =
                format!("{} follows {}; each bound must be above the one before", numbers[index + 1], numbers[index]);
            problems.error(bounds.at, &format!("{field}[{}]", index + 1), message);
        }
    }
}

/// Limits that each are in order, and together don't fit.
fn memory(written: &Settings, misfit: &Misfit, problems: &mut Problems) {
    // Whole mebibytes: nobody sets a limit to the byte.
    let shown = |bytes: u64| format!("{}MiB", bytes.div_ceil(1 << 20));
    let parts: Vec<String> =
        misfit.largest().into_iter().map(|(what, bytes, _)| format!("{what} {}", shown(bytes))).collect();
    let lower = misfit.largest().into_iter().find(|(.., key)| !key.is_empty()).map_or("limits.memory", |part| part.2);
    let message = format!(
        "{} doesn't hold what the other limits reserve ({}): that needs more than {}; lower {lower} or raise \
         limits.memory",
        shown(misfit.parts.memory),
        parts.join(", "),
        shown(misfit.needed)
    );
    problems.error(written.at("memory"), &written.field("memory"), message);
}

/// Each address once, and none beyond this host without TLS and authentication.
fn listeners(root: &Settings, config: &Config, overrides: &Overrides, problems: &mut Problems) {
    let server = root.map("server");
    let otlp = root.map("sources").map("otlp");
    let mut taken = vec![("server.listen", config.server.listen)];
    let others = [
        ("server.metrics_listen", server.at("metrics_listen"), config.server.metrics_listen),
        ("sources.otlp.grpc", otlp.at("grpc"), otlp.address("grpc")),
        ("sources.otlp.http", otlp.at("http"), otlp.address("http")),
    ];
    for (field, at, address) in others {
        let Some(address) = address else { continue };
        // Port 0 asks the system for a free one.
        if let Some((other, _)) = taken.iter().find(|(_, other)| *other == address && address.port() != 0) {
            problems.error(at, field, format!("{address} is already taken by {other}"));
        }
        taken.push((field, address));
    }
    exposure(server, config, overrides, problems);
}

fn exposure(server: &Settings, config: &Config, overrides: &Overrides, problems: &mut Problems) {
    let listen = config.server.listen;
    if listen.ip().is_loopback() || overrides.insecure_listen || config.server.web_config.is_some() {
        return;
    }
    let at = if overrides.listen.is_some() { At::FILE } else { server.at("listen") };
    let message = format!(
        "{listen} is reachable from other hosts without TLS and authentication: set server.web_config, listen on \
         127.0.0.1, or accept it with --insecure-listen (Prometheus on another host needs only server.metrics_listen)"
    );
    problems.error(at, "server.listen", message);
}

fn sources(root: &Settings, problems: &mut Problems) {
    let sources = root.map("sources");
    let mappings: Vec<&str> = root.table("mappings").iter().map(|(name, ..)| name.as_str()).collect();
    let mut used = Vec::new();
    let webhooks = sources.table("webhooks").iter().map(|(_, _, webhook)| webhook.settings());
    for source in sources.list("files").iter().map(Value::settings).chain(webhooks) {
        let Some(mapping) = source.text("mapping") else { continue };
        if !mappings.contains(&mapping) {
            let hint = problem::did_you_mean(mapping, mappings.iter().copied());
            let message = format!("no mapping is called {}{hint}", shown(mapping));
            problems.error(source.at("mapping"), &source.field("mapping"), message);
        }
        used.push(mapping);
    }
    for (name, at, _) in root.table("mappings").iter().filter(|(name, ..)| !used.contains(&name.as_str())) {
        problems.warn(*at, &format!("mappings.{name}"), "no source uses this mapping");
    }
    for (_, _, webhook) in sources.table("webhooks") {
        let webhook = webhook.settings();
        if webhook.has("signature") && !webhook.has("secret_file") {
            problems.error(
                webhook.at("signature"),
                &webhook.field("signature"),
                "needs a secret_file to check it with",
            );
        }
    }
    let unix = sources.map("unix");
    if let Some(path) = unix.text("path").filter(|path| path.len() > SOCKET_PATH_BYTES_MAX) {
        let message = format!("has {} bytes; the path of a socket has at most {SOCKET_PATH_BYTES_MAX}", path.len());
        problems.error(unix.at("path"), &unix.field("path"), message);
    }
}

fn default_system(root: &Settings, problems: &mut Problems) {
    let systems = root.table("systems");
    let Some(name) = root.text("default_system").filter(|_| !systems.is_empty()) else { return };
    if systems.iter().all(|(system, ..)| system != name) {
        let hint = problem::did_you_mean(name, systems.iter().map(|(system, ..)| system.as_str()));
        let message = format!("{} is not declared under systems{hint}", shown(name));
        problems.warn(root.at("default_system"), "default_system", message);
    }
}

fn routes(system: &Settings, problems: &mut Problems) {
    let mut reasons: BTreeMap<&str, At> = BTreeMap::new();
    for route in system.map("exception_path").list("routes").iter().map(Value::settings) {
        let Some(reason) = route.text("reason") else { continue };
        let at = route.at("reason");
        if let Some(first) = reasons.get(reason) {
            let message =
                format!("{} has a route in line {} already; this one can never match", shown(reason), first.line);
            problems.error(at, &route.field("reason"), message);
        } else if let Some(every) = reasons.get("*") {
            let message =
                format!("can never match: the route for \"*\" in line {} takes every reason; put it last", every.line);
            problems.error(at, &route.field("reason"), message);
        }
        reasons.entry(reason).or_insert(at);
        if !route.has("owner") {
            let message = format!(
                "queue {} has no owner: nobody answers for what it receives",
                shown(route.text("queue").unwrap_or(""))
            );
            problems.warn(route.at, &route.field("owner"), message);
        }
    }
}

fn approvers(system: &Settings, problems: &mut Problems) {
    let approvers = system.map("changes").map("approvers");
    for kind in crate::event::ChangeKind::WORDS {
        once_each(approvers, kind, problems);
    }
}

fn maintenance(written: &Settings, problems: &mut Problems) {
    let mut needs = |key: &str, other: &str, why: &str| {
        if written.has(key) && !written.has(other) {
            problems.error(written.at(key), &written.field(key), format!("needs {other}: {why}"));
        }
    };
    needs("cost_per_month", "currency", "an amount without one means nothing");
    needs("evaluate_every", "suites", "there is nothing to run");
    if written.has("evaluate_every") && written.has("suites") && written.list("suites").is_empty() {
        problems.error(
            written.at("suites"),
            &written.field("suites"),
            "is empty, so evaluate_every has nothing to run",
        );
    }
    once_each(written, "suites", problems);
}

/// A name that stands twice in a list is a slip for another.
fn once_each(written: &Settings, key: &str, problems: &mut Problems) {
    let list = written.list(key);
    for (index, value) in list.iter().enumerate() {
        if let Some(text) = value.text().filter(|text| list[..index].iter().any(|other| other.text() == Some(text))) {
            problems.error(
                value.at,
                &format!("{}[{index}]", written.field(key)),
                format!("{} stands twice", shown(text)),
            );
        }
    }
}

/// Declared names are label values: over the bound they would be counted as `other`.
fn declared_values(system: &Settings, values_per_label: usize, problems: &mut Problems) {
    let queues = system.map("review");
    for (written, key) in [(system, "boundaries"), (system, "inputs"), (queues, "queues")] {
        let declared = written.table(key).len();
        if declared > values_per_label {
            let message = format!(
                "{declared} names are declared, more than limits.values_per_label ({values_per_label}): some will be \
                 counted as \"other\""
            );
            problems.warn(written.at(key), &written.field(key), message);
        }
    }
}
