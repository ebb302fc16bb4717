//! The rules that no single key can break alone: what refers to nothing, what can never happen, and what contradicts
//! itself. A value comes from the [`Config`], and its place from the [`Settings`].

mod listeners;
mod metrics;
mod sources;
mod systems;

use super::budget::{self, Misfit};
use super::effective::{Config, Overrides};
use super::given::Given;
use super::key::Settings;
use super::problem::Problems;
use super::units::size_text;

/// The smallest `limits.journal_bytes` besides what requests need: segments, and checkpoints of a small state.
const JOURNAL_BYTES_LEAST: u64 = 16 << 20;

/// Reports what is wrong, or probably not meant, though each value is in its form.
pub fn check(root: &Settings, config: &Config, overrides: &Overrides, given: &Given, problems: &mut Problems) {
    limits(root.map("limits"), config, problems);
    listeners::check(root, config, overrides, problems);
    metrics::buckets(root.map("metrics"), config, &given.histograms, problems);
    sources::check(root, problems);
    systems::check(root, config.limits.values_per_label, problems);
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
