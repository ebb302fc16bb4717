//! The rules that no single key can break alone: what refers to nothing, what can never happen, and what contradicts
//! itself. A value comes from the [`Config`], and its place from the [`Settings`].

mod access;
mod calendar;
mod listeners;
mod metrics;
mod names;
mod sources;
mod systems;
mod waivers;

use super::budget::{self, Misfit};
use super::effective::{Config, Overrides};
use super::file::limits::HISTORY_SHARE;
use super::given::Given;
use super::key::Settings;
use super::part::FilePart;
use super::problem::Problems;
use super::units::size_text;

/// The smallest `limits.journal_bytes` besides what requests need: segments, and checkpoints of a small state.
const JOURNAL_BYTES_LEAST: u64 = 16 << 20;

/// Reports what is wrong, or probably not meant, though each value is in its form. The first part is the main file.
pub fn check(parts: &mut [FilePart], config: &Config, overrides: &Overrides, given: &Given) {
    names::check(parts);
    if let Some(FilePart { written: root, problems, .. }) = parts.first_mut() {
        limits(root.map("limits"), config, problems);
        access::check(root, config, problems);
        listeners::check(root, config, overrides, problems);
        metrics::buckets(root.map("metrics"), config, &given.histograms, problems);
        sources::check(root, problems);
        systems::default_system(root, config, problems);
    }
    for part in parts {
        systems::check(&part.written, config, given, &mut part.problems);
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
    let most = limits.memory / HISTORY_SHARE;
    if limits.history > most {
        let (value, most) = (size_text(limits.history), size_text(most));
        let message = format!("{value} is more than an eighth of limits.memory ({most})");
        problems.error(written.at("history"), &written.field("history"), message);
    }
    if let Err(misfit) = budget::of(limits, &config.server, config.model.systems.len()) {
        memory(written, &misfit, problems);
    }
}

/// Limits that are each in order, and together don't fit.
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
